// Remembers decisions, which are written once, and why the months of a closed case were refused.

import type { Tx } from '../../platform/database/connect.ts';
import type { Decision, DecisionConfirmation } from '../../platform/database/tables.ts';

/**
 * Keeps a decision. It takes the place of the case's last one, which must have been undone: the table refuses anything
 * else. Answers the id of the replaced decision, or null for the first.
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

/** Forgets why the months of a case were refused, which an undone decision had said. */
export async function deleteRefusalReasons(tx: Tx, { personId, applicationId }: CaseKey): Promise<void> {
  await tx
    .deleteFrom('refusalReason')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .execute();
}

/** Keeps the checks that each month of a closed case failed. */
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
