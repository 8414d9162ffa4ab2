// Stores decisions, which are never changed, and why months of a closed case were refused.

import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import type { Decision, DecisionConfirmation } from '../../platform/database/tables.ts';

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

/**
 * Stores a decision. It replaces the case's last one, which must have been undone: a constraint refuses anything else.
 * Returns the id of the replaced decision, or null for the first.
 */
export async function insertDecision(
  tx: Tx,
  row: Omit<Decision, 'replacesDecisionId'>,
): Promise<string | null> {
  const { replacesDecisionId } = await tx
    .insertInto('decision')
    .values((eb) => ({
      ...row,
      replacesDecisionId: eb
        .selectFrom('decision as last')
        .select('last.decisionId')
        .where('last.personId', '=', row.personId)
        .where('last.applicationId', '=', row.applicationId)
        .orderBy('last.decisionId', 'desc')
        .limit(1),
    }))
    .returning('replacesDecisionId')
    .executeTakeFirstOrThrow();
  return replacesDecisionId;
}

export async function insertConfirmations(tx: Tx, rows: readonly DecisionConfirmation[]): Promise<void> {
  if (rows.length > 0) await tx.insertInto('decisionConfirmation').values(rows).execute();
}

interface CaseKey {
  readonly personId: string;
  readonly applicationId: string;
}

/** Deletes the refusal reasons of an undone decision. */
export async function deleteRefusalReasons(tx: Tx, { personId, applicationId }: CaseKey): Promise<void> {
  await tx
    .deleteFrom('refusalReason')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .execute();
}

/** Stores the failing checks of each month of a closed case. */
export async function insertRefusalReasons(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  reasons: readonly { readonly month: string; readonly check: string }[],
): Promise<void> {
  if (reasons.length === 0) return;
  await tx
    .insertInto('refusalReason')
    .values(reasons.map(({ month, check }) => ({ personId, applicationId, month, checkCode: check })))
    .execute();
}
