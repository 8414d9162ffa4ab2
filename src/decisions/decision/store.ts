// Stores decisions, which are never changed, and why months of a closed case were refused.

import type { Tx } from '../../platform/database/connect.ts';
import { insertLater } from '../../platform/database/insert.ts';
import { officerAt } from '../../platform/database/officers.ts';
import type { Decision, DecisionConfirmation } from '../../platform/database/tables.ts';
import { ask, later } from '../../platform/database/transaction.ts';

/** The decision on a case that was not undone, with its comparison and the state of its quality review. */
export async function findStandingDecision(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('decision as d')
    .innerJoin('comparison as c', (join) =>
      join.onRef('c.personId', '=', 'd.personId').onRef('c.comparisonId', '=', 'd.comparisonId'),
    )
    .innerJoin('person', 'person.personId', 'd.personId')
    .leftJoin('decisionUndo as u', (join) =>
      join.onRef('u.personId', '=', 'd.personId').onRef('u.decisionId', '=', 'd.decisionId'),
    )
    .leftJoin('qualityReview as q', (join) =>
      join.onRef('q.personId', '=', 'd.personId').onRef('q.decisionId', '=', 'd.decisionId'),
    )
    .select(['d.personId', 'd.decisionId', 'd.outcome', 'd.decidedAt', 'd.amountFen'])
    .select(officerAt('d.officer', 'd.decidedAt').as('officer'))
    .select(['c.snapshot', 'c.snapshotDigest', 'c.assessment'])
    .select(['person.identityEncrypted', 'q.state as reviewState'])
    .where('d.personId', '=', personId)
    .where('d.applicationId', '=', applicationId)
    .where('u.decisionId', 'is', null)
    .executeTakeFirst();
}

/** The last decision on a case, undone or not: a new one replaces it. Null for the first. */
export async function findLastDecision(tx: Tx, { personId, applicationId }: CaseKey): Promise<string | null> {
  const [last] = await ask<{ decisionId: string }>(
    tx,
    `select decision_id as "decisionId" from decision where person_id = $1 and application_id = $2
    order by decision_id desc limit 1`,
    [personId, applicationId],
  );
  return last?.decisionId ?? null;
}

/**
 * Sends a decision. It replaces the case's last one, which must have been undone: a constraint refuses anything else.
 */
export function insertDecision(tx: Tx, row: Decision): void {
  insertLater(tx, 'decision', [row]);
}

/** Sent without waiting. */
export function insertConfirmations(tx: Tx, rows: readonly DecisionConfirmation[]): void {
  insertLater(tx, 'decisionConfirmation', rows);
}

interface CaseKey {
  readonly personId: string;
  readonly applicationId: string;
}

/** Deletes the refusal reasons of an undone decision. Sent without waiting. */
export function deleteRefusalReasons(tx: Tx, { personId, applicationId }: CaseKey): void {
  later(
    tx,
    tx
      .deleteFrom('refusalReason')
      .where('personId', '=', personId)
      .where('applicationId', '=', applicationId),
  );
}

/** Sends the failing checks of each month of a closed case. */
export function insertRefusalReasons(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  reasons: readonly { readonly month: string; readonly check: string }[],
): void {
  const rows = reasons.map(({ month, check }) => ({ personId, applicationId, month, checkCode: check }));
  insertLater(tx, 'refusalReason', rows);
}
