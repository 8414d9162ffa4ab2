// Tries to violate each critical constraint from outside the service, and shows that the checker used by the races
// detects the violation once the constraint is dropped.

import t from 'tap';
import { constraintOf } from '../../src/platform/database/transaction.ts';
import { type City, setup } from '../helper.ts';
import { priorBenefit } from '../registers/residents.ts';
import { brokenInvariants } from './invariants.ts';

interface Attempt {
  readonly constraint: string;
  /** What the checker reports once the constraint is dropped. */
  readonly broken: string;
  /** Drops the constraint. */
  readonly drop: string;
  /**
   * What must be refused; `$1` is a person whose only case is live and in payment, with 35 earlier months and one of
   * ours.
   */
  readonly attempt: string;
}

const attempts: readonly Attempt[] = [
  {
    constraint: 'one_live_claim_per_person_month',
    broken: 'a month is claimed or live twice',
    drop: 'drop index one_live_claim_per_person_month',
    attempt: `
      with another as (
        insert into application select (jsonb_populate_record(a, jsonb_build_object('application_id', gen_random_uuid(),
          'case_number', 'another'))).* from application a where person_id = $1 limit 1
        returning person_id, application_id
      )
      insert into subsidy_month select person_id, '2025-04', application_id, 'claimed', null from another`,
  },
  {
    constraint: 'months_within_cap',
    broken: 'more months are live than the term allows',
    drop: 'alter table term drop constraint months_within_cap',
    attempt: `update subsidy_month set state = 'live', amount_fen = 50000 where person_id = $1 and month = '2025-05'`,
  },
  {
    constraint: 'one_live_line_per_month',
    broken: 'a month is in two payments',
    drop: 'drop index one_live_line_per_month',
    attempt: `
      with another as (
        insert into payment_line select (jsonb_populate_record(l, jsonb_build_object('line_id', gen_random_uuid()))).*
        from payment_line l where person_id = $1 limit 1 returning person_id, line_id, application_id
      )
      insert into payment_line_month select person_id, line_id, '2025-04', application_id, 50000, true from another`,
  },
  {
    constraint: 'zero_is_never_paid_out',
    broken: 'a line pays another amount than its months',
    drop: 'alter table payment_line drop constraint zero_is_never_paid_out',
    attempt: 'update payment_line set amount_fen = 0 where person_id = $1',
  },
  {
    constraint: 'decision_is_append_only',
    broken: 'nothing was approved, or zero',
    drop: 'drop trigger append_only on decision; alter table decision drop constraint zero_is_never_paid; alter table decision drop constraint decision_amount_fen_check',
    attempt: 'update decision set amount_fen = 0 where person_id = $1',
  },
  {
    constraint: 'one_part_per_officer_on_a_case',
    broken: 'an officer has two parts on one case',
    drop: 'alter table case_part drop constraint one_part_per_officer_on_a_case',
    attempt: `insert into case_part select person_id, application_id, officer, 'payer', agency_code, acted_at
      from case_part where person_id = $1 and part = 'handler'`,
  },
];

/** A person of whose 36 months the last is in payment. */
async function lastMonthInPayment(city: City): Promise<string> {
  const resident = await city.resident();
  await city.deliver([priorBenefit(resident, 35)]);
  const { personId } = await city.approved(resident);
  await city.inPayment();
  return personId;
}

const city = await setup(t);
const { pool } = city.db;
const personId = await lastMonthInPayment(city);

for (const { constraint, broken, drop, attempt } of attempts) {
  t.test(`${constraint} refuses writes that bypass the service; the checker would detect them`, async (t) => {
    t.equal(constraintOf(await problemOf(attempt, [personId])), constraint);
    t.strictSame(await brokenInvariants(pool), []);

    const client = await pool.connect();
    await client.query('begin');
    await client.query(drop);
    await client.query(attempt, [personId]);
    const seen = await brokenInvariants(client);
    await client.query('rollback');
    client.release();
    t.ok(seen.includes(broken), `self-test: without the constraint ${broken}`);
  });
}

/** The constraint that refuses a statement; null if it is accepted. */
async function problemOf(statement: string, values: readonly unknown[] = []): Promise<unknown> {
  return await pool.query(statement, [...values]).then(
    () => null,
    (refusal: unknown) => refusal,
  );
}

t.test('foreign keys tie a payment line to its roster, case, batch and granted months', async (t) => {
  const another = (change: string) => `
    insert into payment_line select (jsonb_populate_record(l, jsonb_build_object('line_id', gen_random_uuid(), ${change}))).*
    from payment_line l where person_id = $1 limit 1`;
  for (const [constraint, statement] of [
    ['line_is_of_a_roster', another(`'street_code', '360203001'`)],
    ['line_is_of_a_case', another(`'application_id', gen_random_uuid()`)],
    ['line_is_in_a_batch_of_its_disbursement', another(`'batch_number', 'FF25-99999-01'`)],
    [
      'line_is_in_a_batch_of_its_disbursement',
      `update payment_line set batch_number = 'FF25-99999-01' where person_id = $1`,
    ],
    [
      'paid_month_is_of_a_case',
      `insert into payment_line_month select person_id, line_id, '2024-12', application_id, 50000, true
       from payment_line where person_id = $1`,
    ],
    [
      'paid_month_is_of_a_line',
      `insert into payment_line_month select person_id, gen_random_uuid(), '2025-04', application_id, 50000, false
       from payment_line where person_id = $1`,
    ],
    [
      'set_off_month_is_of_a_set_off',
      `update payment_line_month set set_off_id = line_id where person_id = $1`,
    ],
    ['paid_month_is_of_a_case', 'delete from subsidy_month where person_id = $1'],
    ['paid_month_is_of_a_line', 'delete from payment_line where person_id = $1'],
    ['paid_month_is_of_a_case', `update payment_line_month set month = '2024-12' where person_id = $1`],
    ['line_is_of_a_roster', `delete from roster where $1::uuid is not null`],
    ['line_is_in_a_batch_of_its_disbursement', `delete from payment_file where $1::uuid is not null`],
  ] as const) {
    t.equal(constraintOf(await problemOf(statement, [personId])), constraint, statement);
  }
});

t.test('records, comparisons, decisions, ledger and audit are never changed or deleted', async (t) => {
  for (const table of [
    'record',
    'coverage',
    'comparison',
    'decision',
    'ledger_entry',
    'audit_entry',
    'policy_version',
  ]) {
    const { rows } = await pool.query(`select count(*)::int as n from ${table}`);
    t.ok(rows[0].n > 0, `${table} has rows`);
    const { rows: columns } = await pool.query<{ name: string }>(
      'select attname as name from pg_attribute where attrelid = $1::regclass and attnum = 2',
      [table],
    );
    const column = columns[0]?.name ?? '';
    for (const statement of [`update ${table} set ${column} = ${column}`, `delete from ${table}`]) {
      t.equal(constraintOf(await problemOf(statement)), `${table}_is_append_only`, statement);
    }
  }
});
