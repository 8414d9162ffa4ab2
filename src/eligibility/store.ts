// Reads what the rules need of a person, and which decision first approved a month for them. Read only.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../platform/database/connect.ts';
import { statement } from '../platform/database/statement.ts';
import type { SubsidyMonth, Term } from '../platform/database/tables.ts';
import { type CoveredKind, coveredKinds, evidence, type SourcedRecord } from '../registers/records/parts.ts';

import type { OwedMonth } from '../rules/assess.ts';
import type { Day } from '../values/days.ts';

/** What is on file of a person now. */
export interface OnFile {
  /** Given, or of the household by the registers; null if none states one. */
  readonly agencyCode: string | null;
  readonly records: readonly SourcedRecord[];
  /** By what the registers vouch for to this agency. */
  readonly covered: readonly CoveredKind[];
  /** Every month that the person ever claimed, in the order of the months. */
  readonly months: readonly Pick<SubsidyMonth, 'month' | 'state'>[];
  /** Paid, recovered and not fully repaid. */
  readonly owedMonths: readonly OwedMonth[];
  readonly term: Omit<Term, 'personId' | 'liveMonths'> | null;
}

const all = (select: RawBuilder<unknown>) =>
  sql`(select coalesce(json_agg(row), '[]') from (${select}) as row)`;

const findAll = statement<{ personId: string; agencyCode: string | null; day: Day }, OnFile>(
  (given) => sql`
  select asked.agency_code,
    ${all(evidence(sql`asked.person_id`))} as records,
    ${all(coveredKinds(sql`asked.person_id`, sql`asked.agency_code`))} as covered,
    ${all(sql`select month, state from subsidy_month where person_id = asked.person_id order by month, application_id`)} as months,
    ${all(sql`select month, sum(owed_fen)::bigint as "owedFen" from recovery
      where person_id = asked.person_id and owes group by month order by month`)} as owed_months,
    (select json_build_object('firstApprovedOn', first_approved_on, 'retirementMonth', retirement_month, 'near', near,
      'cap', cap, 'policyVersion', policy_version, 'importedMonths', imported_months)
      from term where person_id = asked.person_id) as term
  from (select ${given('personId')}::uuid as person_id, coalesce(${given('agencyCode')}::text, (
    select agency_code from street_agency
    where street_code = registered_street(${given('personId')}::uuid, ${given('day')}::date)
      and valid_from <= ${given('day')}::date and coalesce(valid_to, 'infinity') >= ${given('day')}::date
    order by valid_from desc limit 1)) as agency_code offset 0) as asked`,
);

/**
 * What is on file of a person, in one statement.
 *
 * @param agencyCode null: of the household on that day
 */
export async function findOnFile(
  tx: Tx,
  personId: string,
  agencyCode: string | null,
  day: Day,
): Promise<OnFile> {
  const [onFile] = await findAll(tx, { personId, agencyCode, day });
  if (onFile === undefined) throw new Error('a select without a table has one row');
  return onFile;
}

/** The decision that fixed a person's term, with its case; undefined if nothing was approved here. */
export async function findFirstApproval(tx: Tx, personId: string) {
  return await tx
    .selectFrom('decision')
    .innerJoin('application', (join) =>
      join
        .onRef('application.personId', '=', 'decision.personId')
        .onRef('application.applicationId', '=', 'decision.applicationId'),
    )
    .select(['decision.decidedAt', 'application.caseNumber'])
    .where('decision.personId', '=', personId)
    .where('decision.outcome', '=', 'approved')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('decisionUndo as u')
            .select('u.decisionId')
            .whereRef('u.personId', '=', 'decision.personId')
            .whereRef('u.decisionId', '=', 'decision.decisionId'),
        ),
      ),
    )
    .orderBy('decision.decidedAt')
    .limit(1)
    .executeTakeFirst();
}
