// Finds people who may claim a quarter and have not applied for it, and those whose term is about to end. Writes nothing.

import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Application } from '../../platform/database/tables.ts';
import type { Month } from '../../values/days.ts';

const inScope = scopeFilter({
  agency: 'application.agencyCode',
  street: 'application.streetCode',
  client: 'application.clientId',
});

/** A person's last approved case. */
export type LastCase = Application & {
  /** The last month before retirement, by the law on the day of the first approval. */
  readonly retirementMonth: Month;
  /** Months left of the cap; null without one. */
  readonly monthsLeft: number | null;
};

export interface Asked {
  readonly scope: Scope;
  /** The id of a case; null from the beginning. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * A page of the last approved cases in scope of everybody whose term is not over and who has applied for no month of a
 * quarter. Without those who are barred or have one of the four records of which a platform must not learn, so that a
 * person's absence tells no more than the pre-check.
 *
 * @param months of the quarter, in order
 */
export async function listClaimable(
  tx: Tx,
  { scope, after, limit }: Asked,
  months: readonly Month[],
): Promise<LastCase[]> {
  const { rows } = await sql<LastCase>`${lastCases}
      and ${inScope(scope)} and ${isClaimable(months)}
      and ${after === null ? sql`true` : sql`application.application_id > ${after}`}
    order by application.application_id limit ${atMost(limit)}`.execute(tx);
  return rows;
}

/** A page of the approved cases of the city that came in by these channels, in the order of their ids. */
export async function listApproved(
  tx: Tx,
  channels: readonly Application['channel'][],
  after: string | null,
  limit: number,
): Promise<string[]> {
  let query = tx.selectFrom('application').select('applicationId').where('state', '=', 'approved');
  if (after !== null) query = query.where('applicationId', '>', after);
  const rows = await query
    .where('channel', 'in', [...channels])
    .orderBy('applicationId')
    .limit(atMost(limit))
    .execute();
  return rows.map(({ applicationId }) => applicationId);
}

/**
 * Those of these cases, locked, whose people may claim a quarter of which their platform has not been told. NO KEY leaves
 * other transactions free to refer to the cases: these are a thousand at a time, and a disbursement may be gathering them.
 */
export async function lockUntoldOfQuarter(
  tx: Tx,
  cases: readonly string[],
  quarter: string,
  months: readonly Month[],
): Promise<LastCase[]> {
  const { rows } = await sql<LastCase>`${lastCases}
      and application.application_id = any(${cases}::uuid[]) and ${isClaimable(months)}
      and not exists (select from event e where e.person_id = application.person_id
        and e.type = 'quarter-claimable' and e.content ->> 'quarter' = ${quarter})
    order by application.application_id for no key update of application`.execute(tx);
  return rows;
}

/**
 * Those of these cases, locked in the same way, whose people's term ends with one of these months if they claim every
 * month until then, by retirement or by the cap, and whose platform has not been told.
 */
export async function lockUntoldOfTerm(
  tx: Tx,
  cases: readonly string[],
  endMonths: readonly Month[],
): Promise<(LastCase & { readonly endMonth: Month })[]> {
  const { rows } = await sql<LastCase & { endMonth: Month }>`
    select * from (${lastCases}
      and application.application_id = any(${cases}::uuid[])
      and (t.cap is null or t.imported_months + t.live_months < t.cap)
      and not exists (select from event e where e.person_id = application.person_id and e.type = 'term-ending')
      and application.person_id not in (select person_id from people_who_died())
      order by application.application_id for no key update of application) ending
    cross join lateral (select least(ending.retirement_month, (
      select to_char(to_date(max(m.month), 'YYYY-MM') + make_interval(months => ending.months_left), 'YYYY-MM')
      from subsidy_month m where m.person_id = ending.person_id and m.state = 'live')) as end_month) ends
    where ends.end_month = any(${endMonths})`.execute(tx);
  return rows;
}

const lastCases = sql`
    select application.*, t.retirement_month, t.cap - t.imported_months - t.live_months as months_left
    from application join term t on t.person_id = application.person_id
    where application.state = 'approved'
      and not exists (select from application later where later.person_id = application.person_id
        and later.state = 'approved' and later.application_id > application.application_id)
      and application.person_id not in (select person_id from people_barred())`;

function isClaimable(months: readonly Month[]): RawBuilder<unknown> {
  const [first = ''] = months;
  const last = months.at(-1) ?? '';
  return sql`t.retirement_month >= ${first} and (t.cap is null or t.imported_months + t.live_months < t.cap)
      and application.person_id not in (select person_id from people_who_applied(array[${sql.join(months)}]))
      and not exists (select from record r where r.person_id = application.person_id
        and r.kind in ('imprisonment', 'public-payroll', 'dishonesty', 'death')
        and not r.removed and r.details ->> 'absent' is null
        and r.from_day < to_date(${last}, 'YYYY-MM') + interval '1 month'
        and (r.to_day is null or r.to_day >= to_date(${first}, 'YYYY-MM'))
        and not exists (select from record newer where newer.person_id = r.person_id and newer.source = r.source
          and newer.kind = r.kind and newer.source_key = r.source_key and newer.version > r.version))`;
}
