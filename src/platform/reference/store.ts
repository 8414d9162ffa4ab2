// Stores reference data: streets and agencies with the days on which they are open, the working calendar, and
// the published policy versions. Published data are never changed.

import { setTimeout as delay } from 'node:timers/promises';
import { type Insertable, sql } from 'kysely';
import type { Day } from '../../values/days.ts';
import type { Db, Tx } from '../database/connect.ts';
import type { Agency, PolicyVersion, Street, StreetAgency } from '../database/tables.ts';
import { ask } from '../database/transaction.ts';
import type { CalendarYear } from './schemas.ts';

/** The rows that every process keeps in memory. */
export interface ReferenceRows {
  readonly version: number;
  readonly agencies: readonly Pick<Agency, 'agencyCode' | 'name' | 'kind' | 'financeName'>[];
  readonly streets: readonly Omit<Street, 'kind'>[];
  readonly streetAgencies: readonly StreetAgency[];
  readonly calendarYears: readonly number[];
  readonly calendarExceptions: readonly { readonly day: Day; readonly works: boolean }[];
}

/** Everything in one statement, so that it is of one snapshot. */
const referenceStatement = `select version,
  (select json_agg(json_build_object('agencyCode', agency_code, 'name', name, 'kind', kind,
    'financeName', finance_name)) from agency) as agencies,
  (select json_agg(json_build_object('streetCode', street_code, 'name', name, 'countyCode', county_code,
    'validFrom', valid_from, 'validTo', valid_to)) from street) as streets,
  (select json_agg(json_build_object('streetCode', street_code, 'agencyCode', agency_code,
    'validFrom', valid_from, 'validTo', valid_to)) from street_agency) as "streetAgencies",
  (select coalesce(json_agg(year), '[]') from working_calendar_year) as "calendarYears",
  (select coalesce(json_agg(json_build_object('day', day, 'works', works)), '[]')
    from working_calendar_exception) as "calendarExceptions"
  from reference_version`;

export async function readReferenceRows(tx: Tx): Promise<ReferenceRows> {
  const [rows] = await ask<ReferenceRows>(tx, referenceStatement, []);
  if (rows === undefined) throw new Error('reference_version is empty');
  return rows;
}

export async function readReferenceVersion(tx: Tx): Promise<number> {
  const { version } = await tx.selectFrom('referenceVersion').select('version').executeTakeFirstOrThrow();
  return version;
}

const lookAgainMs = 100;

/** Resolves when no transaction that had asked for a version by the time of the call is under way any more. */
export async function olderWritesAreOver(db: Db): Promise<void> {
  let open = await listWritesThatAsked(db);
  while (open.size > 0) {
    await delay(lookAgainMs);
    open = open.intersection(await listWritesThatAsked(db));
  }
}

async function listWritesThatAsked({ kysely }: Db): Promise<Set<string>> {
  const { rows } = await sql<{ transaction: string }>`
    select virtualtransaction as transaction from pg_locks
    where locktype = 'advisory' and classid = 'reference_version'::regclass and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())`.execute(kysely);
  return new Set(rows.map(({ transaction }) => transaction));
}

/** Inserts missing divisions. Agencies stored before bureaus were recorded get their bureau's name. */
export async function insertDivisions(
  tx: Tx,
  divisions: {
    readonly agencies: readonly Agency[];
    readonly streets: readonly Street[];
    readonly streetAgencies: readonly StreetAgency[];
  },
): Promise<void> {
  await tx
    .insertInto('agency')
    .values([...divisions.agencies])
    .onConflict((conflict) =>
      conflict
        .column('agencyCode')
        .doUpdateSet((eb) => ({ financeName: eb.ref('excluded.financeName') }))
        .where('agency.financeName', 'is', null),
    )
    .execute();
  await tx
    .insertInto('street')
    .values([...divisions.streets])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx
    .insertInto('streetAgency')
    .values([...divisions.streetAgencies])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function listCalendarYears(tx: Tx): Promise<CalendarYear[]> {
  const years = await tx.selectFrom('workingCalendarYear').selectAll().orderBy('year').execute();
  const days = await tx.selectFrom('workingCalendarException').selectAll().orderBy('day').execute();
  return years.map(({ year, announcement }) => {
    const named = (works: boolean) =>
      days
        .filter((exception) => exception.year === year && exception.works === works)
        .map(({ day, name }) => ({ day, name }));
    return { year, announcement, off: named(false), work: named(true) };
  });
}

/** Inserts a year; false when the database already has it. */
export async function insertCalendarYear(tx: Tx, calendar: CalendarYear): Promise<boolean> {
  const { year, announcement, off, work } = calendar;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('workingCalendarYear')
    .values({ year, announcement })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) return false;
  const exceptions = [
    ...off.map((exception) => ({ ...exception, year, works: false })),
    ...work.map((exception) => ({ ...exception, year, works: true })),
  ];
  await tx.insertInto('workingCalendarException').values(exceptions).execute();
  return true;
}

/**
 * Stages a recount of the time limits of cases, notices and appeals that reach into the year, which were counted
 * Monday to Friday until now. Stages nothing when there are none, as in a new database.
 */
export async function stageRecount(tx: Tx, year: number): Promise<void> {
  const [first, last] = [`${year}-01-01`, `${year}-12-31`];
  await sql`select graphile_worker.add_job('recount-time-limits', ${JSON.stringify({ year })}::json,
      job_key => ${`recount-time-limits ${year}`}, max_attempts => 10)
    where exists (select from application where time_limit_from <= ${last} and time_limit_due_on >= ${first})
      or exists (select from notice where told_at is null and tell_by >= ${first}
        and issued_at < ${`${year + 1}-01-01T00:00:00+08:00`}::timestamptz)
      or exists (select from appeal where state = 'open' and due_on between ${first} and ${last})`.execute(
    tx,
  );
}

/** The content of every published policy version, oldest first. */
export async function listPolicyContents(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.selectFrom('policyVersion').select('content').orderBy('fromDay').execute();
  return rows.map(({ content }) => content);
}

/** Inserts the next policy version of its mode; false when the database has other content under this version. */
export async function insertPolicyVersion(
  tx: Tx,
  policy: Omit<Insertable<PolicyVersion>, 'followsDay'>,
): Promise<boolean> {
  const stored = await tx
    .selectFrom('policyVersion')
    .select('contentDigest')
    .where('version', '=', policy.version)
    .executeTakeFirst();
  if (stored !== undefined) return stored.contentDigest.equals(policy.contentDigest);
  const before = await tx
    .selectFrom('policyVersion')
    .select((eb) => eb.fn.max('fromDay').as('day'))
    .where('statutoryAge', '=', policy.statutoryAge)
    .executeTakeFirst();
  await tx
    .insertInto('policyVersion')
    .values({ ...policy, followsDay: before?.day ?? null })
    .execute();
  return true;
}
