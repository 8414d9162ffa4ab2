// Reads decisions and payments in the order in which their cases last changed, for the provincial system. Writes
// nothing.

import { type RawBuilder, sql } from 'kysely';
import type { EventType } from '../../notifications/events/types.ts';
import type { Officer } from '../../platform/access/officers.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type {
  Application,
  Comparison,
  Decision,
  PayeeChange,
  PaymentLine,
  QualityReview,
  Recovery,
} from '../../platform/database/tables.ts';

/** A place in the list: the position of the case's newest event, then the id of the item. */
export interface Place {
  readonly position: number;
  readonly id: string;
}

/** Where an item stands now. It moves to a later place with every change of its case. */
interface Placed {
  readonly position: number;
  /** When the case last changed in what the list tells. */
  readonly changedAt: string;
}

interface CaseKey {
  readonly personId: string;
  readonly applicationId: string;
}

/**
 * The newest event of these types of each case, in order: one more case than the page has items, since the case of the
 * cursor may have no more. Conditions are bare subqueries, of which the planner believes that every second row meets
 * them; by an equality or a join it would expect a single row, read every event of the city and sort it.
 *
 * @param holds whether the case of the event `e` has an item
 */
const changedCases = (
  types: readonly EventType[],
  after: Place,
  limit: number,
  holds: RawBuilder<unknown>,
) => sql`
  select e.position, e.happened_at as changed_at, e.person_id, e.application_id from event e
  where e.position >= ${after.position} and e.type = any(${types}::text[])
    and (select max(later.position) <= e.position from event later
      where later.person_id = e.person_id and later.application_id = e.application_id
        and later.type = any(${types}::text[]))
    and ${holds}
  order by e.position limit ${atMost(limit + 1)}`;

export type DecisionRow = Placed &
  Pick<
    Decision,
    | 'personId'
    | 'applicationId'
    | 'decisionId'
    | 'replacesDecisionId'
    | 'outcome'
    | 'amountFen'
    | 'agencyCode'
    | 'role'
    | 'decidedAt'
  > &
  Pick<Comparison, 'policyVersion' | 'snapshot' | 'snapshotDigest' | 'assessment'> &
  Pick<Application, 'caseNumber' | 'quarter' | 'streetCode' | 'nameEncrypted'> & {
    /** Null: a decision keeps the name under which it was made. */
    readonly nameChangeId: null;
    readonly identityEncrypted: Buffer;
    readonly officer: Officer;
    readonly undoneAt: string | null;
    readonly undoneBy: Officer | null;
    readonly reviewState: QualityReview['state'] | null;
    readonly isUnderAppeal: boolean;
  };

/** Every decision of the changed cases, an undone one beside the one that replaced it. */
export async function listDecisions(
  tx: Tx,
  types: readonly EventType[],
  after: Place,
  limit: number,
): Promise<DecisionRow[]> {
  const { rows } = await sql<DecisionRow>`
    with changed as materialized (${changedCases(types, after, limit, sql`true`)}),
    placed as materialized (
      select c.position, c.changed_at, d.person_id, d.decision_id from changed c
      join decision d on d.person_id = c.person_id and d.application_id = c.application_id
      where (c.position, d.decision_id) > (${after.position}, ${after.id}::uuid)
      order by c.position, d.decision_id limit ${atMost(limit)}
    )
    select placed.position, placed.changed_at, d.person_id, d.application_id, d.decision_id, d.replaces_decision_id,
      d.outcome, d.amount_fen, officer_at(d.officer, d.decided_at) as officer, d.agency_code, d.role, d.decided_at, c.policy_version, c.snapshot,
      c.snapshot_digest, c.assessment, a.case_number, a.quarter, a.street_code, a.name_encrypted, null as name_change_id,
      p.identity_encrypted,
      u.undone_at, officer_at(u.undone_by, u.undone_at) as undone_by, q.state as review_state,
      exists (select from appeal where appeal.person_id = d.person_id and appeal.decision_id = d.decision_id
        and appeal.state = 'open') as is_under_appeal
    from placed
    join decision d using (person_id, decision_id)
    join comparison c using (person_id, comparison_id)
    join application a on a.person_id = d.person_id and a.application_id = d.application_id
    join person p on p.person_id = d.person_id
    left join decision_undo u on u.person_id = d.person_id and u.decision_id = d.decision_id
    left join quality_review q on q.person_id = d.person_id and q.decision_id = d.decision_id
    order by placed.position, d.decision_id`.execute(tx);
  return rows;
}

export type OutcomeRow = Placed &
  Pick<
    PaymentLine,
    'personId' | 'applicationId' | 'lineId' | 'amountFen' | 'failure' | 'batchNumber' | 'replacesLineId'
  > &
  Pick<Application, 'nameEncrypted'> & {
    readonly nameChangeId: string | null;
    readonly state: 'paid' | 'failed' | 'returned';
    readonly agencyCode: string;
    readonly disbursementNumber: string;
    readonly identityEncrypted: Buffer;
    readonly sentAt: string | null;
    readonly settledAt: string | null;
    readonly returnedOn: string | null;
    /** The heir who was paid; null where the applicant was. */
    readonly heir: string | null;
    readonly heirPersonId: string | null;
    readonly heirIdentityEncrypted: Buffer | null;
    readonly heirNameEncrypted: Buffer | null;
    readonly relation: PayeeChange['relation'];
  };

const hasOutcome = sql`(select count(*) > 0 from payment_line l join payment_line_month m using (person_id, line_id)
      where l.person_id = e.person_id and l.state in ('paid', 'failed', 'returned')
        and m.application_id = e.application_id)`;

/** Every line of the changed cases whose result is known. */
export async function listPaymentOutcomes(
  tx: Tx,
  types: readonly EventType[],
  after: Place,
  limit: number,
): Promise<OutcomeRow[]> {
  const { rows } = await sql<OutcomeRow>`
    with changed as materialized (${changedCases(types, after, limit, hasOutcome)}),
    placed as materialized (
      select c.position, c.changed_at, l.person_id, l.line_id from changed c
      join payment_line l on l.person_id = c.person_id and l.state in ('paid', 'failed', 'returned')
      where (c.position, l.line_id) > (${after.position}, ${after.id}::uuid)
        and exists (select from payment_line_month m
          where m.person_id = l.person_id and m.line_id = l.line_id and m.application_id = c.application_id)
      order by c.position, l.line_id limit ${atMost(limit)}
    )
    select placed.position, placed.changed_at, l.person_id, l.application_id, l.line_id, l.state, l.amount_fen, l.failure,
      l.batch_number, l.replaces_line_id, d.agency_code, d.disbursement_number, n.payee_change_id as name_change_id,
      h.payee_change_id as heir, h.heir_person_id, hp.identity_encrypted as heir_identity_encrypted,
      h.name_encrypted as heir_name_encrypted, h.relation,
      coalesce(n.name_encrypted, a.name_encrypted) as name_encrypted, p.identity_encrypted,
      f.made_at as sent_at, r.returned_on, l.settled_at
    from placed
    join payment_line l using (person_id, line_id)
    join disbursement d on d.disbursement_id = l.disbursement_id
    join application a on a.person_id = l.person_id and a.application_id = l.application_id
    join person p on p.person_id = l.person_id
    left join payee_change h on h.person_id = l.person_id and h.payee_change_id = l.name_change_id and h.kind = 'heir'
    left join person hp on hp.person_id = h.heir_person_id
    left join payee_change n on n.person_id = l.person_id and n.payee_change_id = case
      when h.payee_change_id is null then l.name_change_id
      else (select max(c.payee_change_id::text)::uuid from payee_change c where c.person_id = l.person_id
        and c.application_id = l.application_id and c.kind = 'name' and c.state = 'confirmed') end
    left join payment_file f on f.batch_number = l.batch_number
    left join payment_return r on r.person_id = l.person_id and r.line_id = l.line_id
    order by placed.position, l.line_id`.execute(tx);
  return rows;
}

const keysOf = (cases: readonly CaseKey[]) => sql`(
  select distinct * from unnest(${cases.map(({ personId }) => personId)}::uuid[],
    ${cases.map(({ applicationId }) => applicationId)}::uuid[]) as given (person_id, application_id)) as key`;

export interface MonthPayment extends CaseKey {
  readonly month: string;
  /** Null for a set-off. */
  readonly lineId: string | null;
  readonly state: PaymentLine['state'] | 'set-off';
}

/** The payment of each month of these cases: the one that it is in or, once recovered or replaced, the last one. */
export async function listMonthPayments(tx: Tx, cases: readonly CaseKey[]): Promise<MonthPayment[]> {
  const { rows } = await sql<MonthPayment>`
    select distinct on (m.person_id, m.application_id, m.month) m.person_id, m.application_id, m.month,
      m.paying_line_id as line_id, coalesce(l.state, 'set-off') as state
    from ${keysOf(cases)}
    join payment_line_month m on m.person_id = key.person_id and m.application_id = key.application_id
    left join payment_line l on l.person_id = m.person_id and l.line_id = m.paying_line_id
    where m.live or l.state in ('paid', 'failed', 'returned')
    order by m.person_id, m.application_id, m.month, m.live desc, m.line_id desc`.execute(tx);
  return rows;
}

export interface PaidMonth extends CaseKey {
  readonly lineId: string;
  readonly month: string;
  readonly amountFen: number;
  readonly caseNumber: string;
  readonly decisionId: string | null;
}

/** The months of these lines, each with its case and the decision that stands on it. */
export async function listPaidMonths(
  tx: Tx,
  lines: readonly Pick<OutcomeRow, 'personId' | 'lineId'>[],
): Promise<PaidMonth[]> {
  const { rows } = await sql<PaidMonth>`
    select m.person_id, m.application_id, m.line_id, m.month, m.amount_fen, a.case_number,
      (select d.decision_id from decision d where d.person_id = m.person_id and d.application_id = m.application_id
        and not exists (select from decision_undo u
          where u.person_id = d.person_id and u.decision_id = d.decision_id)) as decision_id
    from (select distinct * from unnest(${lines.map(({ personId }) => personId)}::uuid[],
      ${lines.map(({ lineId }) => lineId)}::uuid[]) as given (person_id, line_id)) as key
    join payment_line_month m using (person_id, line_id)
    join application a on a.person_id = m.person_id and a.application_id = m.application_id
    order by m.person_id, m.line_id, m.month`.execute(tx);
  return rows;
}

export type MonthRecovery = Pick<
  Recovery,
  | 'personId'
  | 'applicationId'
  | 'recoveryId'
  | 'month'
  | 'state'
  | 'cause'
  | 'wasPaid'
  | 'amountFen'
  | 'openedAt'
  | 'closedAt'
> & {
  readonly repaidFen: number;
  readonly setOffFen: number;
  readonly owedFen: number;
  readonly refundedFen: number;
};

/** The newest recovery of each month of these cases. */
export async function listMonthRecoveries(tx: Tx, cases: readonly CaseKey[]): Promise<MonthRecovery[]> {
  const { rows } = await sql<MonthRecovery>`
    select distinct on (r.person_id, r.application_id, r.month) r.person_id, r.application_id, r.recovery_id, r.month,
      r.state, r.cause, r.was_paid, r.amount_fen, r.repaid_fen, r.set_off_fen, r.owed_fen, r.refunded_fen, r.opened_at,
      r.closed_at
    from ${keysOf(cases)}
    join recovery r on r.person_id = key.person_id and r.application_id = key.application_id
    order by r.person_id, r.application_id, r.month, r.recovery_id desc`.execute(tx);
  return rows;
}
