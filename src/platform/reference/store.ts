// Stores reference data: streets and agencies with the days on which they are open, the working calendar, and
// the published policy versions. Published data are never changed.

import { type Insertable, sql } from 'kysely';
import type { Day } from '../../values/days.ts';
import type { WorkingCalendar } from '../../values/working-days.ts';
import type { Tx } from '../database/connect.ts';
import type { Agency, PolicyVersion, Street, StreetAgency } from '../database/tables.ts';
import type { CalendarYear } from './schemas.ts';

/**
 * A street open on that day with the agency that then handles it, by the newest assignment; undefined when
 * there is none.
 */
export async function findStreet(tx: Tx, streetCode: string, day: Day) {
  return await tx
    .selectFrom('street')
    .innerJoin('streetAgency', 'streetAgency.streetCode', 'street.streetCode')
    .select(['street.streetCode', 'street.name', 'streetAgency.agencyCode'])
    .where('street.streetCode', '=', streetCode)
    .where('street.validFrom', '<=', day)
    .where((eb) => eb.or([eb('street.validTo', 'is', null), eb('street.validTo', '>=', day)]))
    .where('streetAgency.validFrom', '<=', day)
    .where((eb) => eb.or([eb('streetAgency.validTo', 'is', null), eb('streetAgency.validTo', '>=', day)]))
    .orderBy('streetAgency.validFrom', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The streets that an agency handles on a day. */
export async function listStreetsOfAgency(
  tx: Tx,
  agencyCode: string,
  day: Day,
): Promise<ReadonlySet<string>> {
  const rows = await tx
    .selectFrom('streetAgency')
    .select('streetCode')
    .where('agencyCode', '=', agencyCode)
    .where('validFrom', '<=', day)
    .where((eb) => eb.or([eb('validTo', 'is', null), eb('validTo', '>=', day)]))
    .execute();
  return new Set(rows.map(({ streetCode }) => streetCode));
}

/** Every place that ever existed: records refer to closed ones too. */
export interface Places {
  /** The four digits that begin the city's codes. */
  readonly city: string;
  readonly streets: ReadonlySet<string>;
  /** Six-digit codes: the city, its urban area 市辖区 and its counties. */
  readonly divisions: ReadonlySet<string>;
  readonly agencies: ReadonlySet<string>;
}

export async function listPlaces(tx: Tx): Promise<Places> {
  const streets = await tx.selectFrom('street').select('streetCode').execute();
  const agencies = await tx.selectFrom('agency').select(['agencyCode', 'kind']).execute();
  const counties = agencies.filter(({ kind }) => kind === 'county').map(({ agencyCode }) => agencyCode);
  const city = '3602';
  return {
    city,
    streets: new Set(streets.map(({ streetCode }) => streetCode)),
    divisions: new Set([`${city}00`, `${city}01`, ...counties]),
    agencies: new Set(agencies.map(({ agencyCode }) => agencyCode)),
  };
}

/** Names of an agency and a street on papers, even if closed, and the county of the street. */
export async function findPlaceNames(tx: Tx, agencyCode: string, streetCode: string) {
  return await tx
    .selectFrom('agency')
    .innerJoin('street', (join) => join.on('street.streetCode', '=', streetCode))
    .select(['agency.name as agencyName', 'street.name as streetName', 'street.countyCode'])
    .where('agency.agencyCode', '=', agencyCode)
    .executeTakeFirstOrThrow();
}

/** Names of an agency and its funding bureau on papers, even if closed. */
export async function findAgencyNames(tx: Tx, agencyCode: string) {
  return await tx
    .selectFrom('agency')
    .select(['name as agencyName', 'financeName'])
    .where('agencyCode', '=', agencyCode)
    .executeTakeFirstOrThrow();
}

/** Names of every agency and street, by code. */
export async function listPlaceNames(tx: Tx): Promise<ReadonlyMap<string, string>> {
  const streets = await tx.selectFrom('street').select(['streetCode as code', 'name']).execute();
  const agencies = await tx.selectFrom('agency').select(['agencyCode as code', 'name']).execute();
  return new Map([...streets, ...agencies].map(({ code, name }) => [code, name]));
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

/** The whole calendar: about forty rows per announced year. */
export async function readCalendar(tx: Tx): Promise<WorkingCalendar> {
  const rows = await tx
    .selectFrom('workingCalendarYear as year')
    .leftJoin('workingCalendarException as exception', 'exception.year', 'year.year')
    .select(['year.year', 'exception.day', 'exception.works'])
    .execute();
  return {
    years: new Set(rows.map(({ year }) => year)),
    exceptions: new Map(
      rows.flatMap(({ day, works }) => (day === null || works === null ? [] : [[day, works] as const])),
    ),
  };
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
 * Stages a recount of the time limits of cases and notices that reach into the year, which were counted
 * Monday to Friday until now. Stages nothing when there are none, as in a new database.
 */
export async function stageRecount(tx: Tx, year: number): Promise<void> {
  const [first, last] = [`${year}-01-01`, `${year}-12-31`];
  await sql`select graphile_worker.add_job('recount-time-limits', ${JSON.stringify({ year })}::json,
      job_key => ${`recount-time-limits ${year}`}, max_attempts => 10)
    where exists (select from application where time_limit_from <= ${last} and time_limit_due_on >= ${first})
      or exists (select from notice where told_at is null and tell_by >= ${first}
        and issued_at < ${`${year + 1}-01-01T00:00:00+08:00`}::timestamptz)`.execute(tx);
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
