// Keys are rotated while the service runs: no request fails, old values stay readable, and finally none uses
// an old key. SOAK_SECONDS extends the load.

import { execFile } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Reveal } from '../../../src/oversight/reveals/schemas.ts';
import { makeMasterKey, readMasterKeys } from '../../../src/platform/encryption/data-keys.ts';
import { createEncryption } from '../../../src/platform/encryption/encryption.ts';
import {
  addEncryptionKey,
  newestKey,
  reencryptAll,
  retireKeys,
  rewrapAll,
  staleIn,
  standings,
} from '../../../src/platform/encryption/rotation.ts';
import { materialForm } from '../../applications/material-form.ts';
import { type City, setup } from '../../helper.ts';
import { hookTo, sendAll, startReceiver, verify } from '../../notifications/webhooks/receiver.ts';
import { cleanRecords } from '../../registers/residents.ts';
import { strictMatch } from '../../strict-match.ts';
import { goodClaims, makeKey, type SigningKey, signWith, startIssuer } from '../access/loopback-issuer.ts';

const soakSeconds = Number(process.env['SOAK_SECONDS'] ?? '1');
const everything = ['identityNumber', 'name', 'phone', 'account'] as const;
t.setTimeout(60_000 + soakSeconds * 2_000);

const keyFile = join(t.testdir({}), 'master_key');
writeFileSync(keyFile, makeMasterKey());
const city = await setup(t, { SUBSIDY_MASTER_KEY_FILE: keyFile });
const { db, call, clock, services } = city;
const masterKeys = () => readMasterKeys(readFile(keyFile));

/** Reloads the keys, as the service does once a minute. */
async function reload({ db, services }: City, path: string): Promise<void> {
  const rows = await db.kysely.selectFrom('dataKey').selectAll().execute();
  services.encryption.load(rows, readMasterKeys(readFile(path)));
}

function readFile(path: string): string {
  return readFileSync(path, 'utf8');
}

/** A person with a value in every encrypted column of a case. */
async function filed() {
  const somebody = city.nextResident();
  await city.deliver(cleanRecords(somebody, ['2025-04', '2025-05', '2025-06']), '2025-06');
  const application = await city.applied(somebody);
  return { somebody, application };
}

async function reveal(personId: string, fields: readonly string[], status = 200): Promise<Reveal> {
  const body = { fields, purpose: 'verify-identity' };
  const url = `/v1/people/${personId}/reveals`;
  return (await call<Reveal>('handler-360203', 'POST', url, { body, status })).body;
}

t.test('rotation finds every encrypted column and re-encrypts it under a key of another suite', async (t) => {
  const { somebody, application } = await filed();
  const draft = await city.drafted(await city.resident());
  const form = materialForm('contribution-proof', Buffer.from('%PDF-1.4\n%%EOF'));
  await call('platform-ganfutong', 'POST', `/v1/applications/${draft.id}/materials`, {
    ...form,
    status: 201,
  });
  const app = { apiClientId: 'of-a-test', name: '测试应用', scopes: ['eligibility'] };
  await call('administrator', 'POST', '/v1/api-clients', { body: app, status: 201 });
  const receiver = await startReceiver(t);
  const hook = await hookTo(city, receiver.url);

  const old = (await newestKey(db)).keyId;
  const before = await standings(db);
  const filled = before
    .filter(({ byKey }) => byKey.size > 0)
    .map(({ column }) => `${column.table}.${column.column}`);
  strictMatch(t, filled, [
    'api_client_key.secret_encrypted',
    'application.account_encrypted',
    'application.name_encrypted',
    'application.phone_encrypted',
    'idempotency_key.body_encrypted',
    'material.content_encrypted',
    'person.identity_encrypted',
    'person_name.name_encrypted',
    'webhook_secret.secret_encrypted',
  ]);
  const made = await addEncryptionKey(db, masterKeys(), 'sm4-ctr-hmac-sm3', clock.now());
  t.equal(staleIn(before, old), 0);
  const all = staleIn(await standings(db), made.keyId);
  const told: number[] = [];
  const { reencrypted, broken } = await reencryptAll(db, masterKeys(), made.keyId, clock.now, (done) =>
    told.push(done),
  );
  t.strictSame({ reencrypted, broken }, { reencrypted: all, broken: [] });
  t.equal(told.at(-1), all, 'and says how far it is');
  t.equal(staleIn(await standings(db), made.keyId), 0);

  await reload(city, keyFile);
  await sendAll(city);
  for (const message of receiver.messages) t.strictSame(verify(hook.secret, message), message.event);
  t.equal(receiver.messages.length, 1, 'signed with a secret that was encrypted anew');
  strictMatch(t, await reveal(application.personId, everything), {
    identityNumber: somebody.identityNumber,
    name: somebody.name,
    phone: somebody.phone,
    account: somebody.account,
  });
  t.equal(
    (await reencryptAll(db, masterKeys(), made.keyId, clock.now, () => {})).reencrypted,
    0,
    'again it finds nothing',
  );
  const { encryption } = services;
  clock.set('2025-07-05T04:00:00Z');
  await reload(city, keyFile);
  t.equal(
    encryption.encrypt('x', { table: 'a', column: 'b_encrypted', row: 'c' })[0],
    2,
    'and encrypts with it by now',
  );
});

t.test('npm run rotate-keys rewraps keys, reports progress and deletes no key in use', async (t) => {
  const { connectionString: url = '' } = db.pool.options;
  const env = { ...process.env, DATABASE_URL: url, SUBSIDY_MASTER_KEY_FILE: keyFile };
  const run = async (...options: string[]) =>
    (await promisify(execFile)(process.execPath, ['src/start.js', 'rotate-keys', ...options], { env }))
      .stdout;
  writeFileSync(keyFile, `${makeMasterKey()}\n${readFile(keyFile)}\n`);
  const told = await run('--master', '--retire');
  t.match(told, / · 4 data keys are now wrapped by the first master key\n.* · retired keys 1\n/);
  t.match(told, /person\.identity_encrypted {2}key 4: [1-9]/);
  await reload(city, keyFile);
  await t.rejects(run('--all'), { code: 2 });
});

t.test('a stolen dump does not decrypt with another master key', async (t) => {
  const { application, somebody } = await filed();
  const { personId } = application;
  const { rows } = await db.pool.query<{ identity_encrypted: Buffer }>(
    'select identity_encrypted from person where person_id = $1',
    [personId],
  );
  const stolen = rows[0]?.identity_encrypted ?? Buffer.alloc(0);
  t.notOk(stolen.includes(somebody.identityNumber));
  const dataKeys = await db.kysely.selectFrom('dataKey').selectAll().execute();
  const guess = createSecretKey(randomBytes(32));
  const { now } = clock;
  t.throws(() => createEncryption({ masterKeys: [guess], dataKeys, clock: now }), { name: 'WrongMasterKey' });
  const encryption = createEncryption({ masterKeys: masterKeys(), dataKeys, clock: now });
  const place = { table: 'person', column: 'identity_encrypted', row: personId };
  t.equal(encryption.decrypt(stolen, place), somebody.identityNumber);
});

t.test('a value moved to another row does not decrypt, and rotation names it', async (t) => {
  const one = (await filed()).application;
  const other = (await filed()).application;
  await db.pool.query(
    `update person set identity_encrypted = (select identity_encrypted from person where person_id = $1)
     where person_id = $2`,
    [other.personId, one.personId],
  );
  await db.pool.query(
    `update application set account_encrypted = phone_encrypted, phone_encrypted = account_encrypted where person_id = $1`,
    [other.personId],
  );
  await reveal(one.personId, ['identityNumber'], 500);
  await reveal(other.personId, ['account'], 500);
  const { keyId } = await addEncryptionKey(db, masterKeys(), 'aes-256-gcm', clock.now());
  const { broken } = await reencryptAll(db, masterKeys(), keyId, clock.now, () => {});
  t.strictSame([...broken].sort(), [
    `application.account_encrypted.${other.personId} ${other.id}: not-authentic`,
    `application.phone_encrypted.${other.personId} ${other.id}: not-authentic`,
    `person.identity_encrypted.${one.personId}: not-authentic`,
  ]);
});

t.test('keys of data, master and tokens are rotated under load, and no request fails', async (t) => {
  const keys = await Promise.all(['one', 'two'].map((kid) => makeKey('ES256', kid)));
  const [first, second] = keys as [SigningKey, SigningKey];
  const issuer = await startIssuer(t, [first]);
  const keyFile = join(t.testdir({}), 'another_master_key');
  const oldMaster = makeMasterKey();
  writeFileSync(keyFile, oldMaster);
  const city = await setup(t, { SUBSIDY_MASTER_KEY_FILE: keyFile }, { config: { issuers: [issuer.trust] } });
  const { db, clock, call, services } = city;
  const masterKeys = () => readMasterKeys(readFile(keyFile));

  let signing = first;
  const tokenOf = (role: string) => {
    const { agency: _, ...claims } = goodClaims(issuer.trust, clock.now());
    const scope = 'applications:write applications:read people:reveal';
    return signWith(signing, {
      ...claims,
      sub: role,
      roles: [role],
      scope,
      // The clock moves between the signing of a token and its use.
      exp: clock.now().epochMilliseconds / 1_000 + 3_600,
    });
  };
  const known: { personId: string; identityNumber: string; account: string }[] = [];
  const applying = async () => {
    const applicant = city.nextResident();
    const body = city.applicationOf(applicant);
    const { body: application } = await call<{ id: string; personId: string; agencyCode: string }>(
      await tokenOf('platform'),
      'POST',
      '/v1/applications',
      { body, status: 201 },
    );
    const url = `/v1/applications/${application.id}`;
    await call(await tokenOf('platform'), 'GET', url, { status: 200 });
    known.push({ ...applicant, personId: application.personId });
  };
  let requests = 0;
  let ending = false;
  const failures: unknown[] = [];
  const load = async () => {
    while (!ending) {
      await applying().catch((error: unknown) => failures.push(error));
      requests += 2;
    }
  };
  const lasting = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const phase = async (enough: number) => {
    const until = requests + enough;
    const started = performance.now();
    while (requests < until || performance.now() - started < soakSeconds * 200) await lasting(5);
  };

  const workers = Promise.all([load(), load(), load()]);
  await phase(12);
  // Data keys, to the national suite: created, loaded, waiting, encrypting.
  const { keyId } = await addEncryptionKey(db, masterKeys(), 'sm4-ctr-hmac-sm3', clock.now());
  await reload(city, keyFile);
  await phase(12);
  clock.set(clock.now().add({ minutes: 6 }).toString());
  await reload(city, keyFile);
  await phase(12);
  const { broken } = await reencryptAll(db, masterKeys(), keyId, clock.now, () => {});
  t.strictSame(broken, []);
  // The token issuer's key: published beside the old one, used, the old one withdrawn.
  issuer.published = [first, second];
  clock.set(clock.now().add({ seconds: 31 }).toString());
  signing = second;
  await phase(12);
  issuer.published = [second];
  clock.set(clock.now().add({ minutes: 11 }).toString());
  await phase(12);
  // The master key: the new one first, then all keys rewrapped, then the old one removed.
  writeFileSync(keyFile, `${makeMasterKey()}\n${oldMaster}\n`);
  t.equal(await rewrapAll(db, masterKeys(), 'aes-256-gcm', clock.now()), 4);
  await reload(city, keyFile);
  await phase(12);
  writeFileSync(keyFile, readFile(keyFile).split('\n')[0] ?? '');
  await reload(city, keyFile);
  await phase(12);
  ending = true;
  await workers;

  t.strictSame(failures, [], 'no request failed');
  t.equal(staleIn(await standings(db), keyId), 0, 'nothing stands under the old key');
  t.equal(await retireKeys(db, clock.now()), null, 'too early to take it away');
  clock.set(clock.now().add({ hours: 2 }).toString());
  t.strictSame(await retireKeys(db, clock.now()), [1]);
  const traces = await db.pool.query<{ target_id: string; change: object }>(
    "select target_id, change from audit_entry where operation = 'rotateKeys' order by entry_id",
  );
  strictMatch(
    t,
    traces.rows.slice(-4),
    [
      { target_id: String(keyId), change: { state: 'made', purpose: /sm4/ } },
      { target_id: String(keyId), change: { state: 'reencrypted', broken: 0 } },
      { target_id: 'master', change: { state: 'rewrapped', dataKeys: 4 } },
      { target_id: '1', change: { state: 'retired' } },
    ],
    'each step is in the audit',
  );
  await reload(city, keyFile);
  const { encryption } = services;
  const { rows } = await db.pool.query<{ person_id: string; identity_encrypted: Buffer }>(
    'select person_id, identity_encrypted from person',
  );
  const opened = new Map(
    rows.map(({ person_id, identity_encrypted }) => [
      person_id,
      encryption.decrypt(identity_encrypted, {
        table: 'person',
        column: 'identity_encrypted',
        row: person_id,
      }),
    ]),
  );
  t.ok(known.length >= 40, `${known.length} people, ${requests} requests`);
  t.strictSame(
    known.filter(({ personId, identityNumber }) => opened.get(personId) !== identityNumber),
    [],
    'everybody is readable',
  );
});
