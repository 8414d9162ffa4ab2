// Reads a case with all its parts in one statement.

import { type RawBuilder, sql } from 'kysely';
import type { Officer } from '../../platform/access/officers.ts';
import type { ReadContext } from '../../platform/context.ts';
import { statement } from '../../platform/database/statement.ts';
import type { CasePart } from '../../platform/database/tables.ts';
import { Problem } from '../../platform/problem.ts';
import { type NewestName, newestNames } from '../../registers/people/operations.ts';
import {
  type BelievedRecord,
  believedRecords,
  type CoveredKind,
  coveredKinds,
} from '../../registers/records/parts.ts';
import { waivingKinds } from '../../rules/required-materials.ts';
import { listOpenItems, type OpenItem } from '../acceptance/store.ts';
import { lateQuartersOn, seesOfficersFlags } from '../flags/operations.ts';
import { type CaseConditions, conditions } from '../flags/store.ts';
import { type MaterialRow, materialsOf } from '../materials/store.ts';
import { isInScope } from './lifecycle.ts';
import { type MonthAndMoney, monthsWithMoney } from './money-store.ts';
import { type ConfirmedChange, confirmedChanges } from './payee.ts';
import type { ApplicationRow } from './store.ts';

/** A case, and what its description says besides. Instants as text, bytes in hexadecimal. */
export interface CaseParts extends CaseConditions {
  /** The person's, masked. */
  readonly identityMasked: string;
  readonly payeeChanges: readonly ConfirmedChange[];
  /** Of a submitted case. */
  readonly claimed: readonly MonthAndMoney[];
  readonly materials: readonly MaterialRow[];
  /** For officers, of a submitted case. */
  readonly parts: readonly {
    part: CasePart['part'];
    agencyCode: string;
    actedAt: string;
    officer: Officer;
  }[];
  readonly transfers: readonly Transfer[];
  /** Of the kinds that can waive a paper. */
  readonly records: readonly BelievedRecord[];
  readonly covered: readonly CoveredKind[];
  /** For officers. */
  readonly names: readonly NewestName[];
}

interface Transfer {
  readonly fromAgency: string;
  readonly fromStreet: string;
  readonly toAgency: string;
  readonly toStreet: string;
  readonly reason: string;
  readonly transferredAt: string;
}

export type WholeCase = ApplicationRow & CaseParts & { readonly openItems: readonly OpenItem[] };

/** The rows of a select as a JSON array, in its order. */
function all(select: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(select coalesce(json_agg(row), '[]') from (${select}) as row)`;
}

const person = sql`application.person_id`;
const application = sql`application.application_id`;
const ofThisCase = (table: string) =>
  sql`${sql.ref(`${table}.person_id`)} = application.person_id
    and ${sql.ref(`${table}.application_id`)} = application.application_id`;

const parts = sql`
  select part, agency_code as "agencyCode", instant(acted_at) as "actedAt", officer_at(officer, acted_at) as officer
  from case_part where ${ofThisCase('case_part')} order by acted_at, part`;

const transfers = sql`
  select from_agency as "fromAgency", from_street as "fromStreet", to_agency as "toAgency", to_street as "toStreet",
    reason, instant(transferred_at) as "transferredAt"
  from case_transfer where ${ofThisCase('case_transfer')} order by transfer_id`;

interface Asked {
  readonly applicationId: string;
  readonly lateQuarters: number;
}

// Two statements, not one with a condition: PostgreSQL would plan it anew each time, because the plan without the
// officers' parts costs less than a plan for both.
const findForOfficers = wholeCase(true);
const findForPlatforms = wholeCase(false);

function wholeCase(isForOfficers: boolean) {
  const none = sql`'[]'::json`;
  const unlessDraft = (part: RawBuilder<unknown>) =>
    sql`case when application.state = 'draft' then ${none} else ${part} end`;
  const forOfficers = (part: RawBuilder<unknown>) => (isForOfficers ? part : none);
  return statement<Asked, ApplicationRow & CaseParts>(
    (given) => sql`
    select application.*,
      (select identity_masked from person where person.person_id = application.person_id),
      ${all(confirmedChanges(person, application))} as payee_changes,
      ${unlessDraft(all(monthsWithMoney(person, application, sql`application.state = 'approved'`)))} as claimed,
      ${all(materialsOf(person, application))} as materials,
      ${unlessDraft(forOfficers(all(parts)))} as parts,
      ${unlessDraft(all(transfers))} as transfers,
      ${all(believedRecords(person, waivingKinds))} as records,
      ${all(coveredKinds(person, sql`application.agency_code`))} as covered,
      ${forOfficers(all(newestNames(person)))} as names,
      ${conditions(given('lateQuarters'), isForOfficers)}
    from application where application_id = ${given('applicationId')}`,
  );
}

/** A case in scope with all that its description says. @throws Problem not-found */
export async function foundWhole(context: ReadContext, applicationId: string): Promise<WholeCase> {
  const find = seesOfficersFlags(context) ? findForOfficers : findForPlatforms;
  const [found] = await find(context.tx, { applicationId, lateQuarters: lateQuartersOn(context) });
  if (found === undefined || !isInScope(context.scope, found)) throw new Problem('not-found');
  // Apart: few cases wait for a correction, and PostgreSQL sets up every part of a statement, also those that it skips.
  const openItems = found.state === 'correction-requested' ? await listOpenItems(context.tx, found) : [];
  return { ...found, openItems };
}
