// What must hold after every fault, read from the tables alone and compared with the log of the clients. Shares no SQL
// with the service. Holds no test.

import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Test } from 'tap';
import { followChain } from '../../src/oversight/audit/operations.ts';
import { reconcile } from '../../src/payments/reconciliation/whole-city.ts';
import type { Db, Tx } from '../../src/platform/database/connect.ts';
import { scopeOfAudit } from '../../src/platform/database/row-scope.ts';
import { transact } from '../../src/platform/database/transaction.ts';
import { brokenInvariants } from '../payments/invariants.ts';
import { comesTrue } from '../program.ts';
import type { Replicas } from './replicas.ts';
import type { Writers, Written } from './writers.ts';

/** A worker that died without a trace is noticed within half a minute. */
const workIsDoneWithinMs = 45_000;
/** Thousands of keys are compared with the tables. */
const checkedWithinMs = 120_000;
const replayed = 40;

/** Each lists what breaks it; `answered` are the answered requests. */
const questions: Readonly<Record<string, string>> = {
  'an answered write is not there': `
    select a.id from answered a where not exists (select from application p where p.application_id::text = a.id)
      and not exists (select from record_delivery d where d.delivery_id::text = a.id)`,
  'an answered key has no effect in the audit': `
    select a.key from answered a where not exists (
      select from audit_entry e where (e.operation, e.target_id) = (a.operation, a.id))`,
  'a key has two effects, or one that was not answered': `
    select operation, target_id from audit_entry e
    where operation in (select operation from answered)
    group by 1, 2
    having count(*) <> (select count(*) from answered a where (a.operation, a.id) = (e.operation, e.target_id))`,
  'an answer was not kept': `
    select a.key from answered a where not exists (select from idempotency_key k where k.key = a.key)`,
  'a kept answer is of a request without effect': `
    select k.key from idempotency_key k
    where k.request_id is not null and not exists (select from audit_entry e where e.request_id = k.request_id)`,
  'a case is not in the audit': `
    select p.application_id from application p where not exists (select from audit_entry e
      where (e.operation, e.target_id) = ('createApplication', p.application_id::text))`,
  'a submitted case does not hold its months': `
    select p.application_id from application p where p.state = 'submitted' and p.months::text[] is distinct from (
      select array_agg(m.month::text order by m.month) from subsidy_month m
      where m.application_id = p.application_id and m.state = 'claimed')`,
  'a month is held by no submitted case': `
    select m.month from subsidy_month m
    where not exists (select from application p where p.application_id = m.application_id and p.state <> 'draft')`,
  'a delivery has other records than it says': `
    select d.delivery_id from record_delivery d
    where d.rows_new + d.rows_superseding <> (select count(*) from record r where r.delivery_id = d.delivery_id)`,
  'a record came with no delivery': `
    select r.record_id from record r
    where not exists (select from record_delivery d where d.delivery_id = r.delivery_id)`,
  'a job is lost: a case was not looked at again after its records changed': `
    select p.application_id from application p join record r using (person_id)
    where p.state = 'submitted' and p.records_changed_at is null and r.version > 1`,
  // Without a key, another took its place. Figures are asked for anew every minute.
  'a job has failed for good': `
    select key, attempts, last_error from graphile_worker.jobs
    where attempts >= max_attempts and locked_at is null and key <> 'count-figures'`,
};

/** What is broken, in words; empty when all holds. */
export async function broken(tx: Tx, written: readonly Written[]): Promise<string[]> {
  const answered = JSON.stringify(written.map(({ key, operation, id }) => ({ key, operation, id })));
  const found: string[] = [];
  for (const [words, question] of Object.entries(questions)) {
    const { rows } = await sql`
      with answered as (select * from jsonb_to_recordset(${answered}::jsonb) as one (key text, operation text, id text))
      ${sql.raw(question)}`.execute(tx);
    if (rows.length > 0) found.push(`${words} (${rows.length}): ${JSON.stringify(rows[0])}`);
  }
  found.push(...(await brokenInvariants({ query: (text: string) => sql.raw(text).execute(tx) })));
  const { broken: untied, looseEnds } = await reconcile(tx, () => {});
  if (untied.length + looseEnds.length > 0) found.push('the money does not tie');
  const { firstBad } = await followChain([tx], null, null, () => {});
  if (firstBad !== null) found.push(`the audit is broken: ${firstBad.flaw}`);
  return found;
}

/** Asserts all that must hold when a fault is over: also that the processes live and take work. */
export async function holds(
  test: Test,
  { db, replicas, writers }: { db: Db; replicas: Replicas; writers: Writers },
): Promise<void> {
  await writers.stop();
  test.strictSame(writers.wrong, [], 'every client was served, or told to come back');
  if (writers.wrong.length > 0)
    for (const line of replicas.lines().filter((one) => one.includes('"level":50'))) test.comment(line);
  test.ok(writers.written.length > 0, `${writers.written.length} writes`);
  test.strictSame(await writers.sendAgain(replayed), [], 'what is sent again is answered as the first time');
  test.ok(await comesTrue(() => isWorkDone(db), workIsDoneWithinMs), 'the work in the background is done');
  const unhurried = db.another({ poolSize: 1, statementTimeoutMs: checkedWithinMs });
  const found = await transact(unhurried, scopeOfAudit, (tx) => broken(tx, writers.written), {
    readOnly: true,
  }).finally(() => unhurried.close());
  test.strictSame(found, [], 'nothing is lost, half or double');
  for (const [index, { exitCode }] of replicas.processes.entries()) {
    test.equal(exitCode, null, 'the process lives');
    const isReady = async () => (await fetch(`${replicas.urls[index]}/health/ready`)).status === 200;
    test.ok(await comesTrue(isReady), 'and is ready');
  }
}

/** No job waits but those of the clock, and every entry of the audit is sealed. */
async function isWorkDone({ pool }: Db): Promise<boolean> {
  const { rows } = await pool.query(`select from graphile_worker.jobs where task_identifier <> 'count-figures'
    union all select from audit_unsealed`);
  if (rows.length > 0) await delay(200);
  return rows.length === 0;
}
