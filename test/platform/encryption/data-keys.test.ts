// Data keys: wrapping, unwrapping, and key files.

import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  type MasterKeys,
  makeDataKey,
  makeMasterKey,
  makeMissingDataKeys,
  readMasterKeys,
  rewrapDataKey,
  unwrapDataKey,
} from '../../../src/platform/encryption/data-keys.ts';
import { readOrCreateKeyFile } from '../../../src/platform/encryption/key-file.ts';
import { strictMatch } from '../../strict-match.ts';

const now = Temporal.Instant.from('2025-07-01T08:00:00Z');
const masterKey = createSecretKey(randomBytes(32));
const masterKeys: MasterKeys = [masterKey];

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'key-file-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('a data key unwraps to the same key each time, and two are never alike', async (t) => {
  const row = makeDataKey(masterKeys, 1, 'encrypt-aes-256-gcm', now, 'aes-256-gcm');
  const { key, keyId, purpose, createdAt } = unwrapDataKey(masterKeys, row);
  t.strictSame(
    [keyId, purpose, createdAt.toString(), key.symmetricKeySize],
    [1, 'encrypt-aes-256-gcm', now.toString(), 32],
  );
  t.ok(unwrapDataKey(masterKeys, row).key.equals(key));
  const another = unwrapDataKey(
    masterKeys,
    makeDataKey(masterKeys, 1, 'encrypt-aes-256-gcm', now, 'aes-256-gcm'),
  );
  t.notOk(another.key.equals(key));
});

t.test('a wrapped data key does not contain the key', async (t) => {
  const row = makeDataKey(masterKeys, 1, 'encrypt-aes-256-gcm', now, 'aes-256-gcm');
  t.notOk(Buffer.from(row.wrapped).includes(unwrapDataKey(masterKeys, row).key.export()));
  t.notOk(Buffer.from(row.wrapped).includes(masterKey.export()));
});

t.test('a wrong master key is distinguished from an altered row', async (t) => {
  const row = makeDataKey(masterKeys, 1, 'encrypt-aes-256-gcm', now, 'aes-256-gcm');
  const another = createSecretKey(randomBytes(32));
  t.throws(() => unwrapDataKey([another], row), {
    name: 'WrongMasterKey',
    message: /SUBSIDY_MASTER_KEY_FILE/,
  });
  const altered = Buffer.from(row.wrapped);
  altered[30] = (altered[30] ?? 0) ^ 1;
  t.throws(() => unwrapDataKey(masterKeys, { ...row, wrapped: altered }), {
    name: 'DecryptionError',
    reason: 'not-authentic',
  });
});

t.test('a wrapped key does not unwrap for another id or purpose', async (t) => {
  const row = makeDataKey(masterKeys, 1, 'encrypt-aes-256-gcm', now, 'aes-256-gcm');
  const refused = { name: 'DecryptionError', reason: 'not-authentic' };
  t.throws(() => unwrapDataKey(masterKeys, { ...row, keyId: 2 }), refused);
  t.throws(() => unwrapDataKey(masterKeys, { ...row, purpose: 'index-hmac-sha-256' }), refused);
  t.throws(() => unwrapDataKey(masterKeys, { ...row, purpose: 'other' }), /unknown purpose/);
});

t.test('a first start lacks one data key of each purpose, a later one none', async (t) => {
  const first = makeMissingDataKeys(masterKeys, [], now, 'aes-256-gcm');
  t.strictSame(
    first.map(({ keyId, purpose, createdAt }) => [keyId, purpose, createdAt]),
    [
      [1, 'encrypt-aes-256-gcm', '2025-07-01T08:00:00Z'],
      [2, 'index-hmac-sha-256', '2025-07-01T08:00:00Z'],
      [3, 'checkpoint-ed25519', '2025-07-01T08:00:00Z'],
    ],
  );
  t.strictSame(makeMissingDataKeys(masterKeys, first, now, 'sm4-ctr-hmac-sm3'), []);
  const [row] = makeMissingDataKeys(
    masterKeys,
    [{ keyId: 5, purpose: 'encrypt-aes-256-gcm' }],
    now,
    'aes-256-gcm',
  );
  strictMatch(t, row, { keyId: 6, purpose: 'index-hmac-sha-256' });
});

t.test('a master key is 32 bytes in base64 and nothing else', async (t) => {
  const text = makeMasterKey();
  t.equal(readMasterKeys(`${text}\n`)[0].symmetricKeySize, 32);
  t.ok(readMasterKeys(text)[0].equals(createSecretKey(Buffer.from(text, 'base64'))));
  const wrong = [
    '',
    'secret',
    text.slice(1),
    `${text}AAAA`,
    `!${text}`,
    randomBytes(32).toString('hex'),
    randomBytes(16).toString('base64'),
  ];
  for (const one of wrong) {
    t.throws(() => readMasterKeys(one), {
      message: / · must hold 32 bytes in base64, as `openssl rand -base64 32` writes them$/,
    });
  }
});

t.test('with several master keys, the first wraps and all unwrap', async (t) => {
  const [old, next] = [makeMasterKey(), makeMasterKey()];
  const row = makeDataKey(readMasterKeys(old), 1, 'encrypt-aes-256-gcm', now, 'aes-256-gcm');
  const both = readMasterKeys(`${next}\n${old}\n`);
  const { key } = unwrapDataKey(both, row);
  const wrapped = rewrapDataKey(both, row, 'sm4-ctr-hmac-sm3');
  if (wrapped === null) throw new Error('it was wrapped by the old key');
  t.ok(unwrapDataKey(readMasterKeys(next), { ...row, wrapped }).key.equals(key));
  t.equal(rewrapDataKey(both, { ...row, wrapped }, 'aes-256-gcm'), null, 'and is not wrapped again');
  t.throws(() => unwrapDataKey(readMasterKeys(old), { ...row, wrapped }), { name: 'WrongMasterKey' });
  t.throws(() => readMasterKeys(`${next}\n\nnonsense`), /must hold 32 bytes/);
});

t.test('a key file is created once, readable by its owner only, and kept', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'new', 'a.key');
  t.equal(await readOrCreateKeyFile(path, () => 'one'), 'one');
  t.equal(await readOrCreateKeyFile(path, () => 'two'), 'one');
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(statSync(join(folder, 'new')).mode & 0o777, 0o700);
});

t.test('twenty concurrent starts use the same key file and leave nothing else behind', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'a.key');
  const read = await Promise.all(Array.from({ length: 20 }, () => readOrCreateKeyFile(path, makeMasterKey)));
  t.equal(new Set(read).size, 1);
  t.equal(read[0], readFileSync(path, 'utf8'));
  t.strictSame(readdirSync(folder), ['a.key']);
});

t.test('a key file that cannot be read is not replaced', async (t) => {
  const folder = temporaryFolder(t);
  await t.rejects(
    readOrCreateKeyFile(folder, () => 'new'),
    { code: 'EISDIR' },
  );
});
