// The audit over HTTP: who may read it, that entries are sealed, and that tampering with the database is detected.

import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import t from 'tap';
import { type Checkpoint, isGenuine, signCheckpoint } from '../../../src/oversight/audit/checkpoint.ts';
import { exportCheckpoint } from '../../../src/runtime/jobs/checkpoints.ts';
import { sealAll } from '../../../src/runtime/jobs/sealing.ts';
import { type Problem, setup } from '../../helper.ts';
import { comesTrue } from '../../program.ts';
import { strictMatch } from '../../strict-match.ts';

interface Entry {
  readonly entryId: number;
  readonly operation: string;
  readonly actor: { readonly account: string };
  readonly targetId: string;
}

interface Trace {
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

interface Verification {
  readonly intact: boolean;
  readonly entries: number;
  readonly firstBad: { readonly sequence: number; readonly flaw: string } | null;
}

t.test('every action on a case is in the audit, under the officer who did it', async (t) => {
  const { call, approved } = await setup(t);
  const { id } = await approved();
  const { body } = await call<{ items: Entry[] }>('auditor', 'GET', '/v1/audit-entries', {
    query: { targetKind: 'application', targetId: id, limit: '200' },
    status: 200,
  });
  const acts = body.items.map((entry) => entry.operation);
  t.strictSame(acts, [
    'createApplication',
    'submitApplication',
    'acceptApplication',
    'compareApplication',
    'decideApplication',
  ]);
  t.match(body.items.at(-1)?.actor.account, /reviewer-360203/);
});

t.test('the audit of a change holds old and new values as digests, and the source address', async (t) => {
  const { call, drafted, nextResident, app, token } = await setup(t);
  const applicant = nextResident();
  const draft = await drafted(applicant);
  const change = async (version: number, phone: string) => {
    const entered = { name: applicant.name, phone };
    const response = await app.inject({
      method: 'PATCH',
      url: `/v1/applications/${draft.id}`,
      remoteAddress: '10.20.30.40',
      headers: {
        authorization: `Bearer ${await token('platform-ganfutong')}`,
        'idempotency-key': `a-change-${version}`,
        'if-match': `"${version}"`,
      },
      payload: {
        applicant: entered,
        account: { bank: '工商银行', number: applicant.account, holder: applicant.name },
      },
    });
    if (response.statusCode !== 200) throw new Error(response.body);
  };
  await change(1, '13911112222');
  await change(2, applicant.phone);
  const { body } = await call<{ items: (Entry & { change: Trace; sourceAddress: string })[] }>(
    'auditor',
    'GET',
    '/v1/audit-entries',
    { query: { operation: 'updateDraft' }, status: 200 },
  );
  const [first, second] = body.items;
  t.equal(first?.sourceAddress, '10.20.30.40');
  t.strictSame(
    Object.keys(first?.change.before ?? {}).sort(),
    ['bank', 'phone'],
    'the name and the account are as they were',
  );
  t.match(first?.change.before['phone'], /^[0-9a-f]{64}$/);
  t.equal(first?.change.before['bank'], '景德镇农商银行');
  t.equal(first?.change.after['bank'], '工商银行');
  t.strictSame(Object.keys(second?.change.before ?? {}), ['phone']);
  t.equal(
    second?.change.after['phone'],
    first?.change.before['phone'],
    'and the same number is the same digest',
  );
  t.notMatch(JSON.stringify(body), new RegExp(`13911112222|${applicant.phone}`));
});

t.test('the audit also holds digests of the first entered values, and of a corrected account', async (t) => {
  const { call, drafted, nextResident, db } = await setup(t);
  const applicant = nextResident();
  const draft = await drafted(applicant);
  const read = async (operation: string) =>
    (
      await call<{ items: (Entry & { change: Trace })[] }>('auditor', 'GET', '/v1/audit-entries', {
        query: { operation },
        status: 200,
      })
    ).body.items;
  const [created] = await read('createApplication');
  t.equal(created?.targetId, draft.id);
  t.strictSame(created?.change.before, {});
  strictMatch(t, created?.change.after, { name: /^[0-9a-f]{64}$/, bank: '景德镇农商银行' });
  await call('platform-ganfutong', 'PATCH', `/v1/applications/${draft.id}`, {
    ifMatch: 1,
    body: { account: { bank: '景德镇农商银行', number: '622202150000012345', holder: applicant.name } },
    status: 200,
  });
  const [updated] = await read('updateDraft');
  t.equal(updated?.change.before['account'], created?.change.after['account']);
  const { rows } = await sql<{
    all: string;
  }>`select string_agg(change::text, ' ') as all from audit_entry`.execute(db.kysely);
  t.notMatch(rows[0]?.all, new RegExp(`${applicant.phone}|${applicant.account}|${applicant.name}`));
});

t.test('only an auditor reads or verifies the audit', async (t) => {
  const { call } = await setup(t);
  for (const persona of ['administrator', 'reviewer-360203', 'platform-ganfutong', 'provincial-system']) {
    await call(persona, 'GET', '/v1/audit-entries', { status: 403 });
    await call(persona, 'POST', '/v1/audit-verifications', { body: {}, status: 403 });
  }
});

t.test('a page of the audit follows the one before it', async (t) => {
  const { call, approved } = await setup(t);
  await approved();
  const all = await call<{ items: Entry[] }>('auditor', 'GET', '/v1/audit-entries', {
    query: { limit: '200' },
  });
  const seen: number[] = [];
  let after: string | null = null;
  do {
    const query: Record<string, string> = after === null ? { limit: '2' } : { limit: '2', after };
    const { body } = await call<{ items: Entry[]; next: string | null }>(
      'auditor',
      'GET',
      '/v1/audit-entries',
      {
        query,
        status: 200,
      },
    );
    seen.push(...body.items.map((entry) => entry.entryId));
    after = body.next;
  } while (after !== null);
  t.strictSame(
    seen,
    all.body.items.map((entry) => entry.entryId),
  );
});

t.test('the audit cannot be changed or emptied', async (t) => {
  const { db, approved } = await setup(t);
  await approved();
  await sealAll(db, 'sha256');
  for (const table of ['audit_entry', 'audit_seal'] as const) {
    await t.rejects(sql`delete from ${sql.table(table)}`.execute(db.kysely), /append-only/);
  }
  await t.rejects(sql`update audit_entry set actor = 'nobody'`.execute(db.kysely), /append-only/);
});

t.test('two concurrent sealers seal each audit entry once', async (t) => {
  const { db, approved, call } = await setup(t);
  await approved();
  await Promise.all([sealAll(db, 'sha256'), sealAll(db, 'sha256'), sealAll(db, 'sm3')]);
  await sealAll(db, 'sha256');
  const { body } = await call<Verification>('auditor', 'POST', '/v1/audit-verifications', {
    body: {},
    status: 200,
  });
  const counts = await sql<{ entries: number }>`select count(*) as entries from audit_entry`.execute(
    db.kysely,
  );
  strictMatch(t, body, { intact: true, entries: counts.rows[0]?.entries });
});

t.test(
  'tampering by the database’s owner is named, and a truncated audit differs from an exported checkpoint',
  async (t) => {
    const { db, approved, call } = await setup(t);
    await approved();
    await sealAll(db, 'sha256');
    const checkpoint = (await call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint', { status: 200 }))
      .body;
    t.ok(isGenuine(checkpoint));
    const verify = async (body: object) =>
      (await call<Verification>('auditor', 'POST', '/v1/audit-verifications', { body, status: 200 })).body;
    strictMatch(t, await verify({ checkpoint }), { intact: true, entries: checkpoint.sequence });

    // The database's owner can disable triggers; the chain still detects the change.
    await sql`alter table audit_entry disable trigger append_only`.execute(db.kysely);
    await sql`alter table audit_seal disable trigger append_only`.execute(db.kysely);
    const third = sql`(select entry_id from audit_seal where sequence = 3)`;
    await sql`update audit_entry set role = 'payer' where entry_id = ${third}`.execute(db.kysely);
    strictMatch(t, await verify({}), { intact: false, firstBad: { sequence: 3, flaw: 'entry-changed' } });

    await sql`delete from audit_seal where sequence >= 3`.execute(db.kysely);
    strictMatch(
      t,
      await verify({}),
      { firstBad: { flaw: 'entry-unsealed' } },
      'entries that lost their seals are missed',
    );
    await sql`delete from audit_entry e where not exists (select from audit_seal s where s.entry_id = e.entry_id)`.execute(
      db.kysely,
    );
    strictMatch(
      t,
      await verify({}),
      { firstBad: { flaw: 'act-without-entry' } },
      'and so are the acts of kept answers',
    );
    await sql`delete from idempotency_key`.execute(db.kysely);
    strictMatch(
      t,
      await verify({}),
      { intact: true },
      'whoever deletes those too is found by a checkpoint alone',
    );
    strictMatch(t, await verify({ checkpoint }), {
      intact: false,
      firstBad: { sequence: 3, flaw: 'tail-cut' },
    });
  },
);

t.test('removed audit entries, removed seals and swapped entries are each named', async (t) => {
  const { db, approved, call } = await setup(t);
  await approved();
  await sealAll(db, 'sha256');
  const { body: checkpoint } = await call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint');
  const firstBad = async () =>
    (await call<Verification>('auditor', 'POST', '/v1/audit-verifications', { body: {}, status: 200 })).body
      .firstBad;
  // As the database's owner, with triggers disabled; each case continues from the chain that the one before left
  // intact.
  await sql`alter table audit_entry disable trigger all`.execute(db.kysely);
  await sql`alter table audit_seal disable trigger all`.execute(db.kysely);
  t.equal(await firstBad(), null);
  const ofSequence = (sequence: number) =>
    sql`(select entry_id from audit_seal where sequence = ${sequence})`;
  const last = checkpoint.sequence;
  await sql`delete from audit_entry where entry_id = ${ofSequence(last)}`.execute(db.kysely);
  strictMatch(t, await firstBad(), { sequence: last, flaw: 'entry-missing' });
  await sql`delete from audit_seal where sequence = ${last - 1}`.execute(db.kysely);
  strictMatch(t, await firstBad(), { sequence: last - 1, flaw: 'seal-missing' });
  await sql`with pair as (select ${ofSequence(2)} as one, ${ofSequence(3)} as other)
    update audit_entry e set role = o.role, operation = o.operation, target_id = o.target_id, change = o.change, at = o.at,
      actor = o.actor, client_id = o.client_id, request_id = o.request_id
    from pair join audit_entry o on o.entry_id in (one, other)
    where e.entry_id in (one, other) and e.entry_id <> o.entry_id`.execute(db.kysely);
  strictMatch(t, await firstBad(), { sequence: 2, flaw: 'entry-changed' });
});

t.test('text moved from one audit column to the next is detected', async (t) => {
  const { db, approved, call } = await setup(t);
  await approved();
  const verify = async () =>
    (await call<Verification>('auditor', 'POST', '/v1/audit-verifications', { body: {}, status: 200 })).body;
  await sql`alter table audit_entry disable trigger append_only`.execute(db.kysely);
  const third = sql`(select entry_id from audit_entry order by entry_id offset 2 limit 1)`;
  const write = async (actor: string, client: string, role: string, agency: string | null) =>
    await sql`update audit_entry set actor = ${actor}, client_id = ${client}, role = ${role}, agency_code = ${agency}
      where entry_id = ${third}`.execute(db.kysely);
  await write('one two', 'three', 'payer', '360203');
  await sealAll(db, 'sha256');
  strictMatch(t, await verify(), { intact: true });
  await write('one', 'two three', 'payer', '360203');
  strictMatch(t, await verify(), { intact: false, firstBad: { sequence: 3, flaw: 'entry-changed' } });
  await write('one two', 'three', 'payer 360203', null);
  strictMatch(t, await verify(), { intact: false, firstBad: { sequence: 3, flaw: 'entry-changed' } });
  await write('one two', 'three', 'payer', '360203');
  strictMatch(t, await verify(), { intact: true });
});

t.test('the audit verifies across entries sealed as JSON and entries sealed as columns', async (t) => {
  const { db, approved, call } = await setup(t);
  const verify = async () =>
    (await call<Verification>('auditor', 'POST', '/v1/audit-verifications', { body: {}, status: 200 })).body;
  await approved();
  await sql`do $$
    declare
      before bytea := decode(repeat('0', 64), 'hex');
      place int := 0;
      e audit_entry;
    begin
      for e in select * from audit_entry order by entry_id loop
        place := place + 1;
        before := sha256(before || convert_to('sha256 ' || place || chr(10) || json_build_array(
          e.entry_id, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.operation, e.actor, e.client_id,
          e.role, e.agency_code, e.target_kind, e.target_id, e.person_id, e.change::text, e.request_id,
          e.source_address)::text, 'UTF8'));
        insert into audit_seal (sequence, entry_id, algorithm, form, hash)
          values (place, e.entry_id, 'sha256', 'json', before);
      end loop;
    end $$`.execute(db.kysely);
  const { entries: old } = await verify();
  strictMatch(t, await verify(), { intact: true });
  await approved();
  await sealAll(db, 'sha256');
  const { entries, intact } = await verify();
  t.ok(intact && entries > old && old > 0, `${old} of ${entries} as JSON`);
  await sql`alter table audit_entry disable trigger append_only`.execute(db.kysely);
  await sql`update audit_entry set role = 'payer' where entry_id = (select entry_id from audit_seal where sequence = 2)`.execute(
    db.kysely,
  );
  strictMatch(t, await verify(), { intact: false, firstBad: { sequence: 2, flaw: 'entry-changed' } });
});

t.test('npm run verify-audit reports by its exit code, with a checkpoint and without', async (t) => {
  const { db, approved, call } = await setup(t);
  await approved();
  await sealAll(db, 'sm3');
  const { body: checkpoint } = await call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint');
  const file = join(t.testdir({}), 'checkpoint.json');
  writeFileSync(file, JSON.stringify(checkpoint));
  const { connectionString: url = '' } = db.pool.options;
  const run = async (...options: string[]) =>
    await promisify(execFile)(process.execPath, ['src/start.js', 'verify-audit', ...options], {
      env: { PATH: process.env['PATH'], DATABASE_URL: url },
    });
  t.match((await run('--checkpoint', file)).stdout, /完好 · intact: [1-9]/);
  await sql`alter table audit_seal disable trigger append_only`.execute(db.kysely);
  await sql`delete from audit_seal where sequence = ${checkpoint.sequence}`.execute(db.kysely);
  await t.rejects(run('--checkpoint', file), { code: 1, stdout: /tail-cut/ });
  writeFileSync(file, JSON.stringify({ ...checkpoint, sequence: 1 }));
  await t.rejects(run('--checkpoint', file), { code: 2, stderr: /not a genuine checkpoint/ });
});

t.test('an altered audit checkpoint is refused', async (t) => {
  const { db, approved, call } = await setup(t);
  await approved();
  await sealAll(db, 'sha256');
  const { body: checkpoint } = await call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint');
  for (const altered of [
    { sequence: 1 },
    { hash: '0'.repeat(64) },
    { signature: '' },
    { publicKey: 'AA==' },
  ]) {
    const { body } = await call<{ code: string }>('auditor', 'POST', '/v1/audit-verifications', {
      body: { checkpoint: { ...checkpoint, ...altered } },
      status: 400,
    });
    t.equal(body.code, 'invalid-fields');
  }
});

t.test(
  'the service’s account cannot write an audit entry that is never sealed, nor remove one before it is sealed',
  async (t) => {
    const { approved, serviceUrl, call, db } = await setup(t);
    await approved();
    const client = new pg.Client({ connectionString: serviceUrl });
    await client.connect();
    t.teardown(() => client.end());
    await client.query(
      `set subsidy.city = 'yes'; set subsidy.actor = 'somebody'; set subsidy.audit = 'read'`,
    );
    const forged = (entryId: string) =>
      client.query(
        `insert into audit_entry (entry_id, at, operation, actor, client_id, role, target_kind, target_id, change,
         request_id, source_address)
       overriding system value
       values ($1, now(), 'decideApplication', 'somebody', 'c', 'reviewer', 'application', 'x', '{}', 'r', 'a')`,
        [entryId],
      );
    const denied = { code: '42501' };
    await t.rejects(forged('-5'), denied, 'a negative id');
    await t.rejects(forged('9000000000000000'), denied, 'a huge id');
    await t.rejects(client.query('delete from audit_entry'), denied, 'an act deleted before it is sealed');
    await t.rejects(client.query('delete from audit_unsealed'), denied);
    await t.rejects(
      client.query('insert into audit_unsealed (entry_id) select entry_id from audit_seal'),
      denied,
    );
    await t.rejects(client.query(`select setval('audit_entry_entry_id_seq', 1)`), denied);
    await sealAll(db, 'sha256');
    const { body } = await call<Verification>('auditor', 'POST', '/v1/audit-verifications', {
      body: {},
      status: 200,
    });
    t.equal(body.firstBad, null);
  },
);

t.test(
  'audit entries that the owner forges with chosen ids, or deletes before they are sealed, are sealed or named',
  async (t) => {
    const { approved, call, db } = await setup(t);
    await approved();
    const verify = async () =>
      (await call<Verification>('auditor', 'POST', '/v1/audit-verifications', { body: {}, status: 200 }))
        .body;
    const insert = (entryId: string) =>
      db.pool.query(
        `insert into audit_entry (entry_id, at, operation, actor, client_id, role, target_kind, target_id, change,
         request_id, source_address)
       overriding system value
       values (${entryId}, now(), 'decideApplication', 'somebody', 'c', 'reviewer', 'application', 'x', '{}', 'r', 'a')`,
      );
    await insert('-5');
    await insert('9000000000000000');
    await sealAll(db, 'sha256');
    const sealed = await db.pool.query(
      'select entry_id from audit_seal where entry_id in (-5, 9000000000000000) order by entry_id',
    );
    t.strictSame(
      sealed.rows.map((row: { entry_id: number }) => Number(row.entry_id)),
      [-5, 9_000_000_000_000_000],
      'sealed like any other',
    );
    t.equal((await verify()).firstBad, null);

    await approved();
    await db.pool.query('alter table audit_entry disable trigger append_only');
    await db.pool.query('delete from audit_unsealed');
    await db.pool.query(`delete from audit_entry e where not exists (select from audit_seal s
    where s.entry_id = e.entry_id) and operation in ('createApplication', 'submitApplication')`);
    const outside = await verify();
    t.equal(outside.firstBad?.flaw, 'entry-unsealed', 'what was taken out of the queue is missed');
    await db.pool.query(`insert into audit_unsealed (entry_id) select entry_id from audit_entry e
    where not exists (select from audit_seal s where s.entry_id = e.entry_id)`);
    await sealAll(db, 'sha256');
    t.equal((await verify()).firstBad?.flaw, 'act-without-entry', 'and so is an act whose entry is gone');
  },
);

t.test(
  'an audit entry unsealed for over a minute is reported by readiness and by the verifier',
  async (t) => {
    const { approved, call, db } = await setup(t);
    await approved();
    await sealAll(db, 'sha256');
    const isTold = async (waiting: number) => {
      const { body } = await call<{ unsealedAuditEntries: number }>(null, 'GET', '/health/ready', {
        status: 200,
      });
      return body.unsealedAuditEntries === waiting;
    };
    t.ok(await isTold(0));
    await approved();
    await db.pool.query(`update audit_unsealed set since = since - interval '61 seconds'`);
    const { rows } = await db.pool.query('select count(*)::int as waiting from audit_unsealed');
    t.ok(rows[0].waiting > 0);
    t.ok(await comesTrue(() => isTold(rows[0].waiting)), 'with the next look');
    const { body } = await call<Verification>('auditor', 'POST', '/v1/audit-verifications', {
      body: {},
      status: 200,
    });
    t.equal(body.firstBad?.flaw, 'entry-unsealed');
  },
);

t.test('an audit checkpoint signed by another key is refused', async (t) => {
  const { db, approved, call } = await setup(t);
  await approved();
  await sealAll(db, 'sha256');
  const { body: ours } = await call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint');
  const { privateKey } = generateKeyPairSync('ed25519');
  const theirs = signCheckpoint(ours, { keyId: ours.keyId, privateKey });
  t.ok(isGenuine(theirs));
  const { body } = await call<Problem>('auditor', 'POST', '/v1/audit-verifications', {
    body: { checkpoint: theirs },
    status: 400,
  });
  t.strictSame(
    body.errors.map(({ pointer, code }) => ({ pointer, code })),
    [{ pointer: '/body/checkpoint/publicKey', code: 'other-key' }],
  );
});

t.test('audit checkpoints are written to the operator’s folder, one per place of the chain', async (t) => {
  const { approved, services, db, call } = await setup(t);
  const folder = t.testdir({});
  t.equal(await exportCheckpoint(services, folder), null, 'nothing is sealed yet');
  await approved();
  await sealAll(db, 'sha256');
  const first = await exportCheckpoint(services, folder);
  t.equal(await exportCheckpoint(services, folder), null, 'nothing new');
  await approved();
  await sealAll(db, 'sha256');
  const second = await exportCheckpoint(services, folder);
  t.strictSame(readdirSync(folder).sort(), [first, second].map((path) => basename(path ?? '')).sort());
  const checkpoint = JSON.parse(readFileSync(first ?? '', 'utf8'));
  const { body } = await call<Verification>('auditor', 'POST', '/v1/audit-verifications', {
    body: { checkpoint },
    status: 200,
  });
  t.equal(body.firstBad, null);
});
