// Counts cases, money, terms and refusal reasons. Each figure is one statement over the facts, with hash joins over
// whole tables; no counters are stored that could diverge from them.

import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { HardshipCategory } from '../../rules/facts.ts';
import type { TermGroup } from '../../rules/forecast.ts';
import type { Dimension } from './dimensions.ts';
import type { CaseFigures } from './schemas.ts';

interface PlaceFilter {
  readonly agencyCode: string | null;
  readonly streetCode: string | null;
}

export interface CaseFilter extends PlaceFilter {
  readonly fromQuarter: string;
  readonly toQuarter: string;
  /** The first month of those quarters. */
  readonly firstMonth: string;
  readonly lastMonth: string;
  readonly channel: string | null;
  readonly category: HardshipCategory | null;
}

const keys: Readonly<Record<Dimension, RawBuilder<string | null>>> = {
  quarter: sql`quarter::text`,
  agency: sql`agency_code`,
  street: sql`street_code`,
  category: sql`category`,
  channel: sql`channel`,
  outcome: sql`state`,
};

/**
 * Makes the planner join whole tables. By default it expects a few rows and uses index lookups, which take twice as
 * long for a hundred thousand cases.
 */
async function joinWholeSets(tx: Tx): Promise<void> {
  await sql`select set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true)`.execute(tx);
}

/** Whether a case is within scope, and in the requested agency and street. */
function isAsked(scope: Scope, { agencyCode, streetCode }: PlaceFilter): RawBuilder<unknown> {
  if (scope.relation === 'own') return sql`false`;
  const is = (column: 'agency_code' | 'street_code', code: string | null) =>
    code === null ? sql`true` : sql`${sql.id(column)} = ${code}`;
  const ofScope = scope.relation === 'city' ? sql`true` : is(`${scope.relation}_code`, scope.code);
  return sql`${ofScope} and ${is('agency_code', agencyCode)} and ${is('street_code', streetCode)}`;
}

/** The requested submitted cases, each with the hardship category of its quarter if needed. */
function cases(scope: Scope, filter: CaseFilter, needsCategory: boolean): RawBuilder<unknown> {
  const { fromQuarter, toQuarter, channel, category } = filter;
  const hardship = sql`
    recognition as materialized (
      select person_id, from_day, to_day, details ->> 'category' as category from (
        select distinct on (person_id, source, source_key) * from record where kind = 'hardship-recognition'
        order by person_id, source, source_key, version desc) as newest
      where not removed
    ), hardship as materialized (
      select distinct on (a.application_id) a.application_id, r.category
      from application a join recognition r on r.person_id = a.person_id and r.from_day < ${quarterEnd}
        and (r.to_day is null or r.to_day >= ${quarterEnd} - interval '3 months')
      where a.quarter >= ${fromQuarter} and a.quarter <= ${toQuarter}
      order by a.application_id, r.from_day desc, r.category
    ),`;
  return sql`
    ${needsCategory ? hardship : sql``}
    chosen as materialized (
      select a.person_id, a.application_id, a.quarter, a.agency_code, a.street_code, a.channel, a.state,
        cardinality(a.months) as months_claimed, a.time_limit_due_on,
        ${day(sql`a.submitted_at`)} as submitted_on, ${day(sql`a.accepted_at`)} as accepted_on,
        case when a.state in ('approved', 'refused', 'not-accepted') then ${day(sql`a.closed_at`)} end as decided_on,
        ${needsCategory ? sql`coalesce(hardship.category, 'none')` : sql`null::text`} as category
      from application a ${needsCategory ? sql`left join hardship using (application_id)` : sql``}
      where a.submitted_at is not null and a.quarter >= ${fromQuarter} and a.quarter <= ${toQuarter} and ${isAsked(scope, filter)}
        and (${channel}::text is null or a.channel = ${channel})
        ${category === null ? sql`` : sql`and hardship.category = ${category}`}
    )`;
}

/** The day after a case's quarter. */
const quarterEnd = sql`(make_date(left(a.quarter, 4)::int, right(a.quarter, 1)::int * 3, 1) + interval '1 month')`;

/** The day of an instant in Asia/Shanghai. */
function day(instant: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(${instant} at time zone 'Asia/Shanghai')::date`;
}

const waitOf = (name: string, days: RawBuilder<unknown>) => sql`
  count(${days}) as ${sql.id(`${name}_cases`)}, max(${days}) as ${sql.id(`${name}_longest`)},
  percentile_disc(0.5) within group (order by ${days}) as ${sql.id(`${name}_median`)},
  percentile_disc(0.9) within group (order by ${days}) as ${sql.id(`${name}_ninth_decile`)}`;

type Counted = Omit<CaseFigures, 'acceptance' | 'decision'> & {
  readonly key: string | null;
  readonly isTotal: number;
} & {
  readonly [K in `${'acceptance' | 'decision'}${'Longest' | 'Median' | 'NinthDecile'}`]: number | null;
} & {
  readonly [K in `${'acceptance' | 'decision'}Cases`]: number;
};

/** Figures for each value of a dimension, in its order, and in total. */
export async function countCases(
  tx: Tx,
  scope: Scope,
  by: Dimension,
  filter: CaseFilter,
  today: string,
): Promise<{ groups: { key: string; figures: CaseFigures }[]; total: CaseFigures }> {
  await joinWholeSets(tx);
  const needsCategory = by === 'category' || filter.category !== null;
  const { firstMonth, lastMonth } = filter;
  const { rows } = await sql<Counted>`
    with ${cases(scope, filter, needsCategory)},
    granted as materialized (
      select application_id, count(*) as months, sum(amount_fen) as fen from subsidy_month
      where state in ('live', 'recovered') and month between ${firstMonth} and ${lastMonth} group by application_id
    ), paid as materialized (
      select m.application_id, count(*) as months, sum(m.amount_fen) as fen
      from payment_line l join payment_line_month m using (line_id)
      where l.state = 'paid' and m.live and m.month between ${firstMonth} and ${lastMonth} group by m.application_id
    ), recovered as materialized (
      select application_id, count(*) as months, sum(amount_fen) as fen, sum(repaid_fen) as repaid_fen,
        count(*) filter (where was_paid) as months_paid, sum(amount_fen) filter (where was_paid) as paid_fen
      from recovery where state in ('confirmed', 'repaid') and month between ${firstMonth} and ${lastMonth}
      group by application_id
    )
    select ${keys[by]} as key, grouping(${keys[by]}) as is_total,
      count(*) as cases, count(distinct person_id) as people,
      count(*) filter (where state in ('submitted', 'correction-requested', 'accepted')) as open,
      count(*) filter (where time_limit_due_on < ${today}) as overdue,
      count(*) filter (where state = 'approved') as approved, count(*) filter (where state = 'refused') as refused,
      count(*) filter (where state = 'not-accepted') as not_accepted,
      count(*) filter (where state = 'withdrawn') as withdrawn,
      coalesce(sum(months_claimed), 0)::bigint as months_claimed,
      coalesce(sum(granted.months), 0)::bigint as months_granted,
      coalesce(sum(granted.fen), 0)::bigint as granted_fen,
      -- A month that was paid and then recovered has no live payment line, but it was paid.
      (coalesce(sum(paid.months), 0) + coalesce(sum(recovered.months_paid), 0))::bigint as months_paid,
      (coalesce(sum(paid.fen), 0) + coalesce(sum(recovered.paid_fen), 0))::bigint as paid_fen,
      coalesce(sum(recovered.months), 0)::bigint as months_recovered,
      coalesce(sum(recovered.fen), 0)::bigint as recovered_fen,
      coalesce(sum(recovered.repaid_fen), 0)::bigint as repaid_fen,
      ${waitOf('acceptance', sql`accepted_on - submitted_on`)}, ${waitOf('decision', sql`decided_on - submitted_on`)}
    from chosen left join granted using (application_id) left join paid using (application_id)
      left join recovered using (application_id)
    group by grouping sets ((${keys[by]}), ()) order by is_total, key`.execute(tx);
  const groups = rows.flatMap((row) =>
    row.isTotal === 0 && row.key !== null ? [{ key: row.key, figures: figuresOf(row) }] : [],
  );
  const total = rows.find(({ isTotal }) => isTotal === 1);
  if (total === undefined) throw new Error('an empty grouping set has one row');
  return { groups, total: figuresOf(total) };
}

function figuresOf(row: Counted): CaseFigures {
  const { key: _key, isTotal: _isTotal, ...figures } = row;
  const {
    acceptanceCases,
    acceptanceMedian,
    acceptanceNinthDecile,
    acceptanceLongest,
    decisionCases,
    decisionMedian,
    decisionNinthDecile,
    decisionLongest,
    ...counts
  } = figures;
  return {
    ...counts,
    acceptance: {
      cases: acceptanceCases,
      medianDays: acceptanceMedian,
      ninthDecileDays: acceptanceNinthDecile,
      longestDays: acceptanceLongest,
    },
    decision: {
      cases: decisionCases,
      medianDays: decisionMedian,
      ninthDecileDays: decisionNinthDecile,
      longestDays: decisionLongest,
    },
  };
}

/** For the selected closed cases, how many cases and months failed each check. A month may fail several. */
export async function countReasons(
  tx: Tx,
  scope: Scope,
  filter: CaseFilter,
): Promise<{ check: string; cases: number; months: number }[]> {
  await joinWholeSets(tx);
  const needsCategory = filter.category !== null;
  const { rows } = await sql<{ check: string; cases: number; months: number }>`
    with ${cases(scope, filter, needsCategory)}
    select check_code as check, count(distinct r.application_id) as cases, count(*) as months
    from chosen join refusal_reason r using (application_id)
    where decided_on is not null group by check_code`.execute(tx);
  return rows;
}

export type ForecastRow = TermGroup & { readonly agencyCode: string; readonly streetCode: string };

/**
 * Living people whose term has started, with the agency and street of their newest approved case, grouped by equal
 * attributes.
 */
export async function groupTerms(tx: Tx, scope: Scope, filter: PlaceFilter): Promise<ForecastRow[]> {
  await joinWholeSets(tx);
  const { rows } = await sql<ForecastRow>`
    with home as materialized (
      select * from (
        select distinct on (person_id) person_id, agency_code, street_code from application
        where state = 'approved' order by person_id, application_id desc) as newest
      where ${isAsked(scope, filter)}
    ), granted as materialized (
      select person_id, max(month) as last from subsidy_month where state = 'live' group by person_id
    ), known as materialized (
      select person_id, kind, from_day, details from (
        select distinct on (kind, person_id, source, source_key) * from record
        where kind in ('retirement-category', 'pension', 'death')
        order by kind, person_id, source, source_key, version desc) as newest
      where not removed
    ), fact as materialized (
      select person_id, min(details ->> 'category') filter (where kind = 'retirement-category') as recorded_category,
        to_char(min(from_day) filter (where kind = 'pension'), 'YYYY-MM') as pension_from,
        bool_or(kind = 'death') as has_died
      from known group by person_id
    )
    select agency_code, street_code, sex, born_month,
      case recorded_category when 'F50' then 'F50' when 'F55' then 'F55' end as recorded_category,
      cap - imported_months - live_months as left, granted.last as last_granted, pension_from, count(*) as people
    from home join term using (person_id) join person using (person_id)
    left join granted using (person_id) left join fact using (person_id)
    where has_died is not true
    group by 1, 2, 3, 4, 5, 6, 7, 8`.execute(tx);
  return rows;
}
