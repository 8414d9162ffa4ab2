// The checks after a fault can fail: each reports what it is for when its guard is gone.

import { sql } from 'kysely';
import t from 'tap';
import type { Tx } from '../../src/platform/database/connect.ts';
import { scopeOfAudit } from '../../src/platform/database/row-scope.ts';
import { transact } from '../../src/platform/database/transaction.ts';
import { testDatabase } from '../database.ts';
import { comesTrue } from '../program.ts';
import { broken, holds } from './checks.ts';
import { startReplicas } from './replicas.ts';
import { randomOf } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(120_000);

const random = randomOf(t);
const { db, serviceUrl } = await testDatabase(t);
const replicas = await startReplicas(t, serviceUrl);
const writers = await startWriters({ urls: replicas.urls, random, writers: 2, cases: 1 });

t.test('without a fault every check is content', async (t) => {
  await holds(t, { db, replicas, writers });
});

/** What a fault would leave behind, and what the checks then say. Triggers and foreign keys are off. */
const damages: readonly [what: string, damage: string, said: RegExp][] = [
  [
    'a case that is gone',
    `delete from subsidy_month; delete from application`,
    /^an answered write is not there/,
  ],
  [
    'an act without its entry in the audit',
    `delete from audit_entry where operation = 'submitApplication'`,
    /^an answered key has no effect in the audit/,
  ],
  [
    'an act that was done twice',
    `insert into audit_entry (at, operation, actor, client_id, role, target_kind, target_id, change, request_id, source_address)
     select at, operation, actor, client_id, role, target_kind, target_id, change, 'again', source_address
     from audit_entry where operation = 'submitApplication'`,
    /^a key has two effects/,
  ],
  ['an answer that was not kept', 'delete from idempotency_key', /^an answer was not kept/],
  [
    'a kept answer without its effect',
    `update idempotency_key set request_id = 'of nothing'`,
    /^a kept answer is of a request without effect/,
  ],
  [
    'a case that nobody opened',
    `delete from audit_entry where operation = 'createApplication'`,
    /^a case is not in the audit/,
  ],
  [
    'half of a submission',
    `delete from subsidy_month where month = '2025-05'`,
    /^a submitted case does not hold its months/,
  ],
  [
    'months of a draft',
    `update application set state = 'draft', submitted_at = null`,
    /^a month is held by no submitted case/,
  ],
  [
    'half of a delivery',
    `delete from record where kind = 'household'`,
    /^a delivery has other records than it says/,
  ],
  ['records of no delivery', 'delete from record_delivery', /^a record came with no delivery/],
  [
    'a job that was deleted before it was done',
    'update application set records_changed_at = null',
    /^a job is lost/,
  ],
  [
    'a job that failed for good',
    `select graphile_worker.add_job('reassess-person', job_key => 'failed', max_attempts => 1);
     update graphile_worker._private_jobs set attempts = max_attempts where max_attempts = 1`,
    /^a job has failed for good/,
  ],
  [
    'a month claimed twice',
    `drop index one_live_claim_per_person_month;
     insert into subsidy_month (person_id, month, application_id, state)
     select person_id, month, gen_random_uuid(), state from subsidy_month`,
    /^a month is claimed or live twice/,
  ],
  [
    'money from nowhere',
    `insert into ledger_entry (entered_at, operation, agency_code, quarter, from_account, to_account, amount_fen)
     values (now(), 'decideApplication', '360203', '2025Q2', 'entitled', 'waiting', 1)`,
    /^the money does not tie/,
  ],
  [
    'a changed entry of the audit',
    `update audit_entry set actor = 'somebody else' where operation = 'createApplication'`,
    /^the audit is broken: entry-changed/,
  ],
];

for (const [what, damage, said] of damages) {
  t.test(`the checks report ${what}`, async (t) => {
    const found = await damaged(damage);
    t.ok(
      found.some((words) => said.test(words)),
      found.join('; '),
    );
  });
}

/** What the checks say of the damage, which is then undone. */
async function damaged(damage: string): Promise<string[]> {
  const undo = new Error('undo');
  let found: string[] = [];
  const act = async (tx: Tx) => {
    await sql.raw('set local session_replication_role = replica').execute(tx);
    for (const statement of damage.split(';')) await sql.raw(statement).execute(tx);
    found = await broken(tx, writers.written);
    throw undo;
  };
  await transact(db, scopeOfAudit, act).catch((error: unknown) => {
    if (error !== undo) throw error;
  });
  return found;
}

t.test('a repeated key is reported once its kept answer is gone', async (t) => {
  await db.pool.query(`delete from idempotency_key where operation = 'deliverRecords'`);
  t.not((await writers.sendAgain(20)).length, 0, 'a second answer is not the first');
  const isReported = async () => {
    const found = await transact(db, scopeOfAudit, (tx) => broken(tx, writers.written), { readOnly: true });
    return found.some((words) => words.startsWith('a key has two effects'));
  };
  t.ok(await comesTrue(isReported), 'nor is its effect');
});
