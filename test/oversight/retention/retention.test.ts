// Expired data are deleted, the audit records the numbers, and nothing else is deleted.

import { sql } from 'kysely';
import t from 'tap';
import type { Checkpoint } from '../../../src/oversight/audit/checkpoint.ts';
import { deleteExpired } from '../../../src/oversight/retention/operations.ts';
import { writeAsService } from '../../../src/platform/write-context.ts';
import { sealAll } from '../../../src/runtime/jobs/sealing.ts';
import { type City, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';

interface Verification {
  readonly intact: boolean;
  readonly entries: number;
  readonly deletedThrough: number;
  readonly firstBad: { readonly sequence: number; readonly flaw: string } | null;
}

const city = await setup(t, {
  SUBSIDY_KEEP_AUDIT_YEARS: '3',
  SUBSIDY_KEEP_REFUSALS_DAYS: '60',
  SUBSIDY_KEEP_QUESTIONS_DAYS: '60',
});
const { db, call, clock } = city;

async function countOf(table: string): Promise<number> {
  const { rows } = await sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)}`.execute(
    db.kysely,
  );
  return rows[0]?.rows ?? -1;
}

/** Audit entries as if written years ago. */
async function anciently(db: City['db'], day: string, entries: number): Promise<void> {
  await sql`insert into audit_entry (at, operation, actor, client_id, role, target_kind, target_id, change, request_id,
      source_address)
    select ${day}::timestamptz + n * interval '1 second', 'createApplication', 'someone', 'client', 'platform',
      'application', n::text, '{}', n::text, '127.0.0.1' from generate_series(1, ${entries}) n`.execute(
    db.kysely,
  );
}

async function deletions(): Promise<unknown[]> {
  const { body } = await call<{ items: { change: unknown }[] }>('auditor', 'GET', '/v1/audit-entries', {
    query: { operation: 'deleteExpired' },
    status: 200,
  });
  return body.items.map(({ change }) => change);
}

const verify = async (body: object) =>
  (await call<Verification>('auditor', 'POST', '/v1/audit-verifications', { body, status: 200 })).body;
const daily = () => writeAsService(city.services, 'deleteExpired', deleteExpired);

t.test(
  'idempotent answers, nonces, questions and refused rows are deleted when they expire, and not a day before',
  async (t) => {
    await city.applied();
    await city.asked(city.nextResident());
    await call('provincial-system', 'POST', '/v1/record-deliveries', {
      body: { source: 'jx-human-resources', rows: [{ kind: 'nothing' }] },
    });
    await sql`insert into api_client (api_client_id, name, role, scopes, created_at, created_by)
    values ('an-app', 'x', 'platform', '{eligibility}', now(), 'x')`.execute(db.kysely);
    await sql`insert into api_client_nonce values ('an-app', 'a-nonce-of-a-test', ${clock.now().add({ minutes: 5 }).toString()})`.execute(
      db.kysely,
    );
    const before = {
      answers: await countOf('idempotency_key'),
      refusals: await countOf('record_delivery_refusal'),
      deliveries: await countOf('record_delivery'),
      applications: await countOf('application'),
    };
    t.ok(before.answers > 0 && before.refusals > 0);

    clock.set('2025-08-03');
    t.equal(await daily(), false);
    t.equal(await countOf('api_client_nonce'), 0);
    t.equal(await countOf('idempotency_key'), before.answers, 'answers are kept for thirty days');
    clock.set('2025-08-05');
    await daily();
    t.equal(await countOf('idempotency_key'), 0);
    t.equal(await countOf('record_delivery_refusal'), before.refusals, 'refused rows for sixty, here');
    t.strictSame([await countOf('asked_day'), await countOf('asked_person')], [0, 0], 'counts for thirty');
    t.equal(await countOf('question'), 1, 'questions for sixty, here');
    clock.set('2025-09-05');
    await daily();
    t.equal(await countOf('record_delivery_refusal'), 0);
    t.equal(await countOf('question'), 0);
    t.equal(await countOf('record_delivery'), before.deliveries, 'the delivery itself stays');
    t.equal(await countOf('application'), before.applications);
    await daily();
    const none = {
      'keyed-answers': 0,
      nonces: 0,
      'delivery-refusals': 0,
      looks: 0,
      questions: 0,
      'counts-of-questions': 0,
      'webhook-secrets': 0,
      'webhook-deliveries': 0,
      audit: 0,
    };
    t.strictSame(
      await deletions(),
      [
        { deleted: { ...none, nonces: 1 } },
        { deleted: { ...none, 'keyed-answers': before.answers, 'counts-of-questions': 1 } },
        { deleted: { ...none, 'delivery-refusals': before.refusals, questions: 1 } },
      ],
      'each says what it deleted; one that deleted nothing says nothing',
    );
  },
);

t.test(
  'expired audit entries are deleted from the beginning only, and the rest still verifies',
  async (t) => {
    const { db, call, clock, services, approved } = await setup(t, { SUBSIDY_KEEP_AUDIT_YEARS: '3' });
    await anciently(db, '2020-03-01', 5);
    await anciently(db, '2021-03-01', 3);
    await sealAll(db, 'sha256');
    await approved();
    await sealAll(db, 'sm3');
    const verify = async (body: object) =>
      (await call<Verification>('auditor', 'POST', '/v1/audit-verifications', { body, status: 200 })).body;
    const checkpoint = (await call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint', { status: 200 }))
      .body;
    const whole = await verify({ checkpoint });
    strictMatch(t, whole, { intact: true, deletedThrough: 0 });

    clock.set('2023-03-02');
    await writeAsService(services, 'deleteExpired', deleteExpired);
    clock.set('2025-07-06');
    await sealAll(db, 'sha256');
    const { body } = await call<{ items: { targetId: string }[] }>('auditor', 'GET', '/v1/audit-entries', {
      query: { operation: 'createApplication' },
    });
    t.equal(body.items.length, 4, 'five of eight are gone');
    strictMatch(t, await verify({ checkpoint }), {
      intact: true,
      deletedThrough: 5,
      entries: whole.entries - 5 + 1,
    });

    await t.rejects(sql`delete from audit_entry`.execute(db.kysely), /append-only/);
    await sql`alter table audit_cut disable trigger append_only`.execute(db.kysely);
    await sql`update audit_cut set statement = jsonb_set(statement, '{at}', '"2001-01-01T00:00:00Z"')`.execute(
      db.kysely,
    );
    strictMatch(t, await verify({}), { intact: false, firstBad: { sequence: 5, flaw: 'cut-not-genuine' } });
  },
);

t.test('nobody can cut audit entries younger than three years', async (t) => {
  const last = sql`select max(sequence) from audit_seal`;
  await sealAll(db, 'sha256');
  const cut = sql`select cut_audit((${last}), ${Buffer.alloc(32)}, '{}', now())`;
  await t.rejects(cut.execute(db.kysely), /audit_seal is append-only/);
  strictMatch(t, await verify({}), { intact: true, deletedThrough: 0 });
  await t.rejects(sql`select delete_expired('ledger', now(), 1)`.execute(db.kysely), /nothing of the kind/);
});
