// Encryption of personal fields: what decrypts, what does not, and what a stolen table reveals.

import { createCipheriv, createSecretKey, hash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import {
  type DataKeyRow,
  type MasterKeys,
  makeEncryptionKey,
  makeMissingDataKeys,
} from '../../../src/platform/encryption/data-keys.ts';
import { DecryptionError, type Suite, suites } from '../../../src/platform/encryption/encrypted-value.ts';
import { createEncryption, type Place } from '../../../src/platform/encryption/encryption.ts';

const firstStart = Temporal.Instant.from('2025-07-01T08:00:00Z');
const masterKeys: MasterKeys = [createSecretKey(randomBytes(32))];
const identityNumber = '360299196603100011';
const where: Place = {
  table: 'person',
  column: 'identity_encrypted',
  row: '0197c3a0-0000-7000-8000-000000000001',
};

function setup(suite: Suite = 'aes-256-gcm') {
  let now = firstStart;
  let uptimeMs = 0;
  const rows = makeMissingDataKeys(masterKeys, [], firstStart, suite);
  const encryption = createEncryption({
    masterKeys,
    dataKeys: rows,
    clock: () => now,
    uptimeMs: () => uptimeMs,
  });
  const advance = (minutes: number) => {
    now = now.add({ minutes });
    uptimeMs += minutes * 60_000;
  };
  return { rows, encryption, advance };
}

for (const suite of suites) {
  t.test(`${suite}: any text decrypts unchanged`, async (t) => {
    const { encryption } = setup(suite);
    const anyText = fc.string({ unit: 'binary', maxLength: 300 }).filter((text) => text.isWellFormed());
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(anyText, (text) => encryption.decrypt(encryption.encrypt(text, where), where) === text),
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
      t.equal(encryption.decrypt(encryption.encrypt(text, where), where), text);
    }
  });

  t.test(`${suite}: any bytes decrypt unchanged`, async (t) => {
    const { encryption } = setup(suite);
    for (const size of [0, 1, 15, 16, 17, 5 * 1024 * 1024]) {
      const content = randomBytes(size);
      t.ok(
        encryption.decryptBytes(encryption.encryptBytes(content, where), where).equals(content),
        `${size} bytes`,
      );
    }
  });

  t.test(`${suite}: text that would not decrypt unchanged is not encrypted`, async (t) => {
    const { encryption } = setup(suite);
    t.throws(() => encryption.encrypt('\ud842', where), RangeError);
  });

  t.test(`${suite}: a value decrypts only in its own table, column and row`, async (t) => {
    const { encryption } = setup(suite);
    const encrypted = encryption.encrypt(identityNumber, where);
    const elsewhere: Place[] = [
      { ...where, row: '0197c3a0-0000-7000-8000-000000000002' },
      { ...where, column: 'account_encrypted' },
      { ...where, table: 'application' },
      { table: 'person', column: 'identity', row: `_encrypted${where.row}` },
      { ...where, row: '' },
    ];
    for (const place of elsewhere) {
      t.throws(
        () => encryption.decrypt(encrypted, place),
        { name: 'DecryptionError', reason: 'not-authentic' },
        JSON.stringify(place),
      );
    }
  });

  t.test(`${suite}: a change of any bit of an encrypted value is detected`, async (t) => {
    const { encryption } = setup(suite);
    const encrypted = encryption.encrypt(identityNumber, where);
    for (let bit = 0; bit < encrypted.length * 8; bit += 1) {
      const changed = Buffer.from(encrypted);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (opens(() => encryption.decrypt(changed, where))) t.fail(`bit ${bit} changed and it opened`);
    }
    t.equal(encryption.decrypt(encrypted, where), identityNumber, 'unchanged, it opens');
  });

  t.test(`${suite}: a byte removed or added at either end is detected`, async (t) => {
    const { encryption } = setup(suite);
    const encrypted = encryption.encrypt(identityNumber, where);
    for (let length = 0; length < encrypted.length; length += 1) {
      if (opens(() => encryption.decrypt(encrypted.subarray(0, length), where)))
        t.fail(`the first ${length} bytes opened`);
      if (opens(() => encryption.decrypt(encrypted.subarray(-length - 1, -1), where)))
        t.fail(`cut to ${length} it opened`);
    }
    t.throws(() => encryption.decrypt(Buffer.concat([encrypted, Buffer.alloc(1)]), where), DecryptionError);
    t.throws(() => encryption.decrypt(Buffer.concat([Buffer.alloc(1), encrypted]), where), DecryptionError);
  });
}

t.test('a stolen table contains no part of a number, and no encrypted value twice', async (t) => {
  const { encryption } = setup();
  const encrypted = Array.from({ length: 5_000 }, () => encryption.encrypt(identityNumber, where));
  t.equal(new Set(encrypted.map((value) => value.toString('hex'))).size, encrypted.length);
  t.equal(
    new Set(encrypted.map((value) => value.subarray(5, 17).toString('hex'))).size,
    encrypted.length,
    'no nonce twice',
  );
  t.notOk(encrypted.some((value) => value.includes(identityNumber.slice(0, 6))));
  t.equal(encrypted[0]?.length, identityNumber.length + 33);
});

t.test('an encrypted value begins with its suite and key id', async (t) => {
  const { rows, encryption } = setup();
  const encrypted = encryption.encrypt(identityNumber, where);
  t.equal(encrypted[0], 1);
  t.equal(encrypted.readUInt32BE(1), rows.find(({ purpose }) => purpose === 'encrypt-aes-256-gcm')?.keyId);
  const ofAnotherSuite = Buffer.from(encrypted);
  ofAnotherSuite[0] = 3;
  t.throws(() => encryption.decrypt(ofAnotherSuite, where), { name: 'DecryptionError', reason: 'format' });
});

t.test('a value names its national suite, and a key decrypts only values of its own suite', async (t) => {
  const { encryption } = setup('sm4-ctr-hmac-sm3');
  const encrypted = encryption.encrypt(identityNumber, where);
  t.equal(encrypted[0], 2);
  t.equal(encrypted.length, identityNumber.length + 5 + 16 + 32);
  const claimed = Buffer.from(encrypted);
  claimed[0] = 1;
  t.throws(() => encryption.decrypt(claimed, where), { name: 'DecryptionError', reason: 'not-authentic' });
  const others = Array.from({ length: 1_000 }, () => encryption.encrypt(identityNumber, where));
  t.equal(new Set(others.map((value) => value.subarray(5, 21).toString('hex'))).size, others.length);
});

t.test('SM4 and SM3 match the standards’ test vectors', async (t) => {
  // GB/T 32907-2016, example 1: one block with its own bytes as key.
  const block = Buffer.from('0123456789abcdeffedcba9876543210', 'hex');
  const cipher = createCipheriv('sm4-ecb', block, null).setAutoPadding(false);
  t.equal(cipher.update(block).toString('hex'), '681edf34d206965e86b3e94f536e4246');
  // GB/T 32905-2016, example 1.
  t.equal(hash('sm3', 'abc'), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0');
});

t.test('after half an hour without reloading keys, a process decrypts but no longer encrypts', async (t) => {
  const { rows, encryption, advance } = setup();
  const encrypted = encryption.encrypt(identityNumber, where);
  advance(30);
  encryption.encrypt(identityNumber, where);
  advance(1);
  t.throws(() => encryption.encrypt(identityNumber, where), { name: 'Unavailable' });
  t.equal(encryption.decrypt(encrypted, where), identityNumber);
  encryption.load(rows, masterKeys);
  encryption.encrypt(identityNumber, where);
});

t.test('a failed reload keeps the previous data keys', async (t) => {
  const { rows, encryption } = setup();
  const encrypted = encryption.encrypt(identityNumber, where);
  t.throws(() => encryption.load(rows, [createSecretKey(randomBytes(32))]), { name: 'WrongMasterKey' });
  t.equal(encryption.decrypt(encrypted, where), identityNumber);
});

t.test('the keys of another database do not decrypt a value', async (t) => {
  const encrypted = setup().encryption.encrypt(identityNumber, where);
  t.throws(() => setup().encryption.decrypt(encrypted, where), {
    name: 'DecryptionError',
    reason: 'not-authentic',
  });
});

t.test('a decryption error names the place and no content', async (t) => {
  const { encryption } = setup();
  const encrypted = encryption.encrypt(identityNumber, where);
  t.throws(() => encryption.decrypt(encrypted, { ...where, row: '7' }), {
    message: 'encrypted value of person.identity_encrypted.7: not-authentic',
  });
});

t.test('the blind index is equal for equal numbers and reveals nothing without its key', async (t) => {
  const { rows, encryption } = setup();
  const index = encryption.blindIndex(identityNumber);
  t.equal(index.length, 32);
  t.ok(encryption.blindIndex(identityNumber).equals(index));
  t.ok(
    createEncryption({ masterKeys, dataKeys: rows, clock: () => firstStart })
      .blindIndex(identityNumber)
      .equals(index),
  );
  t.notOk(encryption.blindIndex('360299197608150020').equals(index));
  t.notOk(setup().encryption.blindIndex(identityNumber).equals(index), 'another key, another index');
  t.notOk(encryption.digest('name', identityNumber).equals(index), 'another field, another hash');
});

t.test('a number that is not in normal form has no index, since it would be found nowhere', async (t) => {
  const { encryption } = setup();
  for (const odd of [
    '36029919690920039x',
    ' 360299196603100011',
    '３60299196603100011',
    '360299660310001',
    '',
  ]) {
    t.throws(() => encryption.blindIndex(odd), RangeError);
  }
  t.doesNotThrow(() => encryption.blindIndex('36029919690920039X'));
});

t.test('a new key encrypts five minutes after its creation, when every process has loaded it', async (t) => {
  const { rows, encryption, advance } = setup();
  const other = createEncryption({ masterKeys, dataKeys: rows, clock: () => firstStart });
  const before = encryption.encrypt(identityNumber, where);
  const rotated: DataKeyRow[] = [...rows, makeEncryptionKey(masterKeys, 7, firstStart, 'aes-256-gcm')];

  encryption.load(rotated, masterKeys);
  advance(4);
  encryption.load(rotated, masterKeys);
  t.equal(encryption.encrypt(identityNumber, where).readUInt32BE(1), before.readUInt32BE(1), 'not yet');
  advance(1);
  encryption.load(rotated, masterKeys);
  const after = encryption.encrypt(identityNumber, where);
  t.equal(after.readUInt32BE(1), 7);

  t.equal(encryption.decrypt(before, where), identityNumber, 'what the old key encrypted stays readable');
  t.throws(() => other.decrypt(after, where), { name: 'DecryptionError', reason: 'unknown-key' });
  other.load(rotated, masterKeys);
  t.equal(other.decrypt(after, where), identityNumber);
});

t.test('encryption needs a data key of each purpose', async (t) => {
  const { rows } = setup();
  for (const missing of rows) {
    const dataKeys = rows.filter((row) => row !== missing);
    t.throws(() => createEncryption({ masterKeys, dataKeys, clock: () => firstStart }), /lacks data keys/);
  }
});

function opens(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof DecryptionError) return false;
    throw error;
  }
}
