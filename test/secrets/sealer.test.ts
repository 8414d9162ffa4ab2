// Personal fields at rest: what opens, what does not, and what a stolen table still hides (promise P17).

import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { type DataKeyRow, makeDataKey, makeMissingDataKeys } from '../../src/secrets/data-keys.ts';
import { SealBroken } from '../../src/secrets/sealed-value.ts';
import { createSealer, type Place } from '../../src/secrets/sealer.ts';

const firstStart = Temporal.Instant.from('2025-07-01T08:00:00Z');
const masterKey = createSecretKey(randomBytes(32));
const identityNumber = '360299196603100011';
const where: Place = {
  table: 'person',
  column: 'identity_sealed',
  row: '0197c3a0-0000-7000-8000-000000000001',
};

function setup() {
  let now = firstStart;
  const rows = makeMissingDataKeys(masterKey, [], firstStart);
  const sealer = createSealer({ masterKey, dataKeys: rows, clock: () => now });
  const advance = (minutes: number) => {
    now = now.add({ minutes });
  };
  return { rows, sealer, advance };
}

t.test('any text comes back exactly', async (t) => {
  const { sealer } = setup();
  const anyText = fc.string({ unit: 'binary', maxLength: 300 }).filter((text) => text.isWellFormed());
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyText, (text) => sealer.open(sealer.seal(text, where), where) === text),
      { numRuns: 2_000, seed: 139 },
    ),
  );
  for (const text of [
    '',
    '王·芳',
    '𠮷野𡈽',
    '\u202eabc',
    'ａｂｃ',
    'é',
    '=1+1',
    'a\0b',
    'x'.repeat(100_000),
  ]) {
    t.equal(sealer.open(sealer.seal(text, where), where), text);
  }
});

t.test('any content comes back exactly', async (t) => {
  const { sealer } = setup();
  for (const size of [0, 1, 15, 16, 17, 5 * 1024 * 1024]) {
    const content = randomBytes(size);
    t.ok(sealer.openBytes(sealer.sealBytes(content, where), where).equals(content), `${size} bytes`);
  }
});

t.test('text that could not come back is not sealed', async (t) => {
  const { sealer } = setup();
  t.throws(() => sealer.seal('\ud842', where), RangeError);
});

t.test('P17: a value opens in its own table, column and row only', async (t) => {
  const { sealer } = setup();
  const sealed = sealer.seal(identityNumber, where);
  const elsewhere: Place[] = [
    { ...where, row: '0197c3a0-0000-7000-8000-000000000002' },
    { ...where, column: 'account_sealed' },
    { ...where, table: 'application' },
    { table: 'person', column: 'identity', row: `_sealed${where.row}` },
    { ...where, row: '' },
  ];
  for (const place of elsewhere) {
    t.throws(
      () => sealer.open(sealed, place),
      { name: 'SealBroken', reason: 'not-authentic' },
      JSON.stringify(place),
    );
  }
});

t.test('no bit of a sealed value can be changed', async (t) => {
  const { sealer } = setup();
  const sealed = sealer.seal(identityNumber, where);
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (opens(() => sealer.open(changed, where))) t.fail(`bit ${bit} changed and it opened`);
  }
  t.equal(sealer.open(sealed, where), identityNumber, 'unchanged, it opens');
});

t.test('no byte can be cut off or added, at either end', async (t) => {
  const { sealer } = setup();
  const sealed = sealer.seal(identityNumber, where);
  for (let length = 0; length < sealed.length; length += 1) {
    if (opens(() => sealer.open(sealed.subarray(0, length), where)))
      t.fail(`the first ${length} bytes opened`);
    if (opens(() => sealer.open(sealed.subarray(-length - 1, -1), where)))
      t.fail(`cut to ${length} it opened`);
  }
  t.throws(() => sealer.open(Buffer.concat([sealed, Buffer.alloc(1)]), where), SealBroken);
  t.throws(() => sealer.open(Buffer.concat([Buffer.alloc(1), sealed]), where), SealBroken);
});

t.test('P17: what a stolen table shows holds no trace of the number, and never repeats', async (t) => {
  const { sealer } = setup();
  const sealed = Array.from({ length: 5_000 }, () => sealer.seal(identityNumber, where));
  t.equal(new Set(sealed.map((value) => value.toString('hex'))).size, sealed.length);
  t.equal(
    new Set(sealed.map((value) => value.subarray(5, 17).toString('hex'))).size,
    sealed.length,
    'no nonce twice',
  );
  t.notOk(sealed.some((value) => value.includes(identityNumber.slice(0, 6))));
  t.equal(sealed[0]?.length, identityNumber.length + 33);
});

t.test('the first bytes name suite and key, so that others can stand beside them', async (t) => {
  const { rows, sealer } = setup();
  const sealed = sealer.seal(identityNumber, where);
  t.equal(sealed[0], 1);
  t.equal(sealed.readUInt32BE(1), rows.find(({ purpose }) => purpose === 'seal-aes-256-gcm')?.keyId);
  const ofAnotherSuite = Buffer.from(sealed);
  ofAnotherSuite[0] = 2;
  t.throws(() => sealer.open(ofAnotherSuite, where), { name: 'SealBroken', reason: 'format' });
});

t.test('P17: another database of the same city does not open it', async (t) => {
  const sealed = setup().sealer.seal(identityNumber, where);
  t.throws(() => setup().sealer.open(sealed, where), { name: 'SealBroken', reason: 'not-authentic' });
});

t.test('an error says where, and nothing of what', async (t) => {
  const { sealer } = setup();
  const sealed = sealer.seal(identityNumber, where);
  t.throws(() => sealer.open(sealed, { ...where, row: '7' }), {
    message: 'sealed value of person.identity_sealed.7: not-authentic',
  });
});

t.test('the blind index is equal for equal numbers and tells nothing without the key', async (t) => {
  const { rows, sealer } = setup();
  const index = sealer.blindIndex(identityNumber);
  t.equal(index.length, 32);
  t.ok(sealer.blindIndex(identityNumber).equals(index));
  t.ok(
    createSealer({ masterKey, dataKeys: rows, clock: () => firstStart })
      .blindIndex(identityNumber)
      .equals(index),
  );
  t.notOk(sealer.blindIndex('360299197608150020').equals(index));
  t.notOk(setup().sealer.blindIndex(identityNumber).equals(index), 'another key, another index');
  t.notOk(sealer.digest('name', identityNumber).equals(index), 'another field, another hash');
});

t.test('a number that is not in normal form has no index, since it would be found nowhere', async (t) => {
  const { sealer } = setup();
  for (const odd of [
    '36029919690920039x',
    ' 360299196603100011',
    '３60299196603100011',
    '360299660310001',
    '',
  ]) {
    t.throws(() => sealer.blindIndex(odd), RangeError);
  }
  t.doesNotThrow(() => sealer.blindIndex('36029919690920039X'));
});

t.test('a new key seals five minutes after it was made, when every process knows it', async (t) => {
  const { rows, sealer, advance } = setup();
  const other = createSealer({ masterKey, dataKeys: rows, clock: () => firstStart });
  const before = sealer.seal(identityNumber, where);
  const rotated: DataKeyRow[] = [...rows, makeDataKey(masterKey, 7, 'seal-aes-256-gcm', firstStart)];

  sealer.load(rotated);
  advance(4);
  sealer.load(rotated);
  t.equal(sealer.seal(identityNumber, where).readUInt32BE(1), before.readUInt32BE(1), 'not yet');
  advance(1);
  sealer.load(rotated);
  const after = sealer.seal(identityNumber, where);
  t.equal(after.readUInt32BE(1), 7);

  t.equal(sealer.open(before, where), identityNumber, 'what the old key sealed stays readable');
  t.throws(() => other.open(after, where), { name: 'SealBroken', reason: 'unknown-key' });
  other.load(rotated);
  t.equal(other.open(after, where), identityNumber);
});

t.test('without a key of each purpose there is no sealer', async (t) => {
  const { rows } = setup();
  for (const missing of rows) {
    const dataKeys = rows.filter((row) => row !== missing);
    t.throws(() => createSealer({ masterKey, dataKeys, clock: () => firstStart }), /lacks data keys/);
  }
});

function opens(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}
