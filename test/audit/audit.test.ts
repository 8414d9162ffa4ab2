// The audit over HTTP: who reads it, that it is sealed, and that tampering with the database shows.

import { sql } from 'kysely';
import t from 'tap';
import { type Checkpoint, isGenuine } from '../../src/audit/checkpoint.ts';
import { sealAll } from '../../src/running/sealing.ts';
import { setup } from '../helper.ts';

interface Entry {
  readonly entryId: number;
  readonly operation: string;
  readonly actor: string;
  readonly targetId: string;
}

interface Verification {
  readonly intact: boolean;
  readonly entries: number;
  readonly firstBad: { readonly sequence: number; readonly flaw: string } | null;
}

t.test('every act of a case is in the audit, under the officer who did it', async (t) => {
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
  t.match(body.items.at(-1)?.actor, /reviewer-360203/);
});

t.test('nobody but an auditor reads or verifies the audit', async (t) => {
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

t.test('two sealers at once seal each entry once', async (t) => {
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
  t.match(body, { intact: true, entries: counts.rows[0]?.entries });
});

t.test(
  'tampering by the owner of the database is named, and a cut tail shows against an exported checkpoint',
  async (t) => {
    const { db, approved, call } = await setup(t);
    await approved();
    await sealAll(db, 'sha256');
    const checkpoint = (await call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint', { status: 200 }))
      .body;
    t.ok(isGenuine(checkpoint));
    const verify = async (body: object) =>
      (await call<Verification>('auditor', 'POST', '/v1/audit-verifications', { body, status: 200 })).body;
    t.match(await verify({ checkpoint }), { intact: true, entries: checkpoint.sequence });

    // The owner may take the guards away; the chain is what is left.
    await sql`alter table audit_entry disable trigger append_only`.execute(db.kysely);
    await sql`alter table audit_seal disable trigger append_only`.execute(db.kysely);
    const third = sql`(select entry_id from audit_seal where sequence = 3)`;
    await sql`update audit_entry set role = 'payer' where entry_id = ${third}`.execute(db.kysely);
    t.match(await verify({}), { intact: false, firstBad: { sequence: 3, flaw: 'entry-changed' } });

    await sql`delete from audit_seal where sequence >= 3`.execute(db.kysely);
    t.match(await verify({}), { intact: true });
    t.match(await verify({ checkpoint }), { intact: false, firstBad: { sequence: 3, flaw: 'tail-cut' } });
  },
);

t.test('a checkpoint that was altered is refused', async (t) => {
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
