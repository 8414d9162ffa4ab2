// Counts cases and terms in SQL, over all that the transaction sees. Reads only.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { joinWholeSets } from '../../platform/database/whole-sets.ts';
import type { TermGroup } from '../../rules/forecast.ts';

/** The day of an instant in Asia/Shanghai. */
function day(instant: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(${instant} at time zone 'Asia/Shanghai')::date`;
}

/** By which cases are told apart, besides the quarter. */
const dimensions = sql`agency_code, street_code, channel, category, outcome`;

/**
 * The cells of submitted cases, of each quarter and for every selection by the dimensions: sums; the number of cases for
 * each number of days that a step took (`acceptance 3`) or that open ones are old (`age submitted 3`); cases and months that
 * failed a check (`reason dishonest months`).
 * For all quarters: the number of people by the quarters in which they have a case (`2025Q1 2025Q3`), because people of
 * two quarters are not the sum of theirs.
 */
export async function cellsOfCases(tx: Tx, today: string): Promise<RawBuilder<unknown>> {
  await joinWholeSets(tx);
  return sql`
    with hardship as materialized (
      select application_id, category from hardship_of_cases()
    ), granted as materialized (
      select application_id, count(*) as months, sum(amount_fen) as fen from subsidy_month
      where state in ('live', 'recovered') group by application_id
    ), paid as materialized (
      select m.application_id, count(*) as months, sum(m.amount_fen) as fen
      from payment_line l join payment_line_month m using (line_id)
      where l.state = 'paid' and m.live group by m.application_id
    ), recovered as materialized (
      select application_id, count(*) as months, sum(amount_fen) as fen, sum(repaid_fen) as repaid_fen,
        count(*) filter (where was_paid) as months_paid, sum(amount_fen) filter (where was_paid) as paid_fen
      from recovery where state in ('confirmed', 'repaid') group by application_id
    ), counted as materialized (
      select a.person_id, a.application_id, a.quarter::text as quarter, a.agency_code, a.street_code, a.channel,
        coalesce(hardship.category, 'none') as category, a.state as outcome, a.time_limit_due_on < ${today} as is_overdue,
        cardinality(a.months) as months_claimed, ${day(sql`a.accepted_at`)} - ${day(sql`a.submitted_at`)} as acceptance_days,
        case when a.state in ('approved', 'refused', 'not-accepted')
          then ${day(sql`a.closed_at`)} - ${day(sql`a.submitted_at`)} end as decision_days,
        case when a.state in ('submitted', 'correction-requested', 'accepted')
          then ${today}::date - ${day(sql`a.submitted_at`)} end as age_days,
        granted.months as months_granted, granted.fen as granted_fen, paid.months as months_paid, paid.fen as paid_fen,
        recovered.months_paid as months_paid_before, recovered.paid_fen as paid_before_fen,
        recovered.months as months_recovered, recovered.fen as recovered_fen, recovered.repaid_fen
      from application a left join hardship using (application_id) left join granted using (application_id)
        left join paid using (application_id) left join recovered using (application_id)
      where a.submitted_at is not null
    ), part as (
      select quarter, ${dimensions}, name, value from (
        select quarter, ${dimensions}, jsonb_build_object('cases', count(*), 'overdue', count(*) filter (where is_overdue),
          'monthsClaimed', sum(months_claimed),
          'monthsGranted', coalesce(sum(months_granted), 0), 'grantedFen', coalesce(sum(granted_fen), 0),
          -- A month that was paid and then recovered has no live payment line, but it was paid.
          'monthsPaid', coalesce(sum(months_paid), 0) + coalesce(sum(months_paid_before), 0),
          'paidFen', coalesce(sum(paid_fen), 0) + coalesce(sum(paid_before_fen), 0),
          'monthsRecovered', coalesce(sum(months_recovered), 0), 'recoveredFen', coalesce(sum(recovered_fen), 0),
          'repaidFen', coalesce(sum(repaid_fen), 0), outcome, count(*)) as sums
        from counted group by quarter, ${dimensions}
      ) as cell, lateral (select name, value::bigint from jsonb_each_text(sums) as sum (name, value)) as of_cell
      union all
      select quarter, ${dimensions}, 'acceptance ' || acceptance_days, count(*)
      from counted where acceptance_days is not null group by quarter, ${dimensions}, acceptance_days
      union all
      select quarter, ${dimensions}, 'decision ' || decision_days, count(*)
      from counted where decision_days is not null group by quarter, ${dimensions}, decision_days
      union all
      select quarter, ${dimensions}, 'age ' || outcome || ' ' || age_days, count(*)
      from counted where age_days is not null group by quarter, ${dimensions}, age_days
      union all
      select quarter, ${dimensions}, name, value from (
        select quarter, ${dimensions}, check_code, count(distinct application_id) as cases, count(*) as months
        from counted join refusal_reason using (application_id) where decision_days is not null
        group by quarter, ${dimensions}, check_code
      ) as failed, lateral (values ('reason ' || check_code || ' cases', cases), ('reason ' || check_code || ' months', months))
        as of_check (name, value)
    ), course as (
      -- People with the same cases are told apart by nothing.
      select row_number() over () as course, cells, count(*) as people from (
        select string_agg(distinct concat_ws(' ', quarter, ${dimensions}), ',') as cells from counted group by person_id
      ) as person group by cells
    ), seen as (
      select people, ${dimensions}, string_agg(distinct quarter, ' ' order by quarter) as name
      from course, unnest(string_to_array(cells, ',')) as one, lateral (
        select split_part(one, ' ', 1) as quarter, split_part(one, ' ', 2) as agency_code,
          split_part(one, ' ', 3) as street_code, split_part(one, ' ', 4) as channel, split_part(one, ' ', 5) as category,
          split_part(one, ' ', 6) as outcome offset 0) as cell
      group by course, people, cube (${dimensions})
    ), selected as (
      select quarter, ${dimensions}, name, sum(value) as value from part group by quarter, name, cube (${dimensions})
      union all
      select '*', ${dimensions}, name, sum(people) from seen group by ${dimensions}, name
    )
    select quarter, coalesce(agency_code, '*') as agency_code, coalesce(street_code, '*') as street_code,
      coalesce(channel, '*') as channel, coalesce(category, '*') as category, coalesce(outcome, '*') as outcome,
      jsonb_object_agg(name, value) as figures
    from selected group by 1, 2, 3, 4, 5, 6`;
}

export type ForecastRow = TermGroup & { readonly agencyCode: string; readonly streetCode: string };

/**
 * Living people whose term has started, with the agency and street of their newest approved case, grouped by equal
 * attributes.
 */
export async function groupTerms(tx: Tx): Promise<ForecastRow[]> {
  await joinWholeSets(tx);
  const { rows } = await sql<ForecastRow>`
    with home as materialized (
      select person_id, agency_code, street_code from homes_of_terms()
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
