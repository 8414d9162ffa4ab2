// Remembers what applicants were asked to correct, what had been seen when they were asked, and what they have answered.

import type { Tx } from '../../platform/database/connect.ts';
import type { Correction, CorrectionItem } from '../../platform/database/tables.ts';

export type CorrectionRow = Correction;
export type CorrectionItemRow = CorrectionItem;
type Case = { readonly personId: string; readonly applicationId: string };

export async function insertCorrection(
  tx: Tx,
  correction: CorrectionRow,
  items: readonly CorrectionItemRow[],
): Promise<void> {
  await tx.insertInto('correction').values(correction).execute();
  await tx
    .insertInto('correctionItem')
    .values([...items])
    .execute();
}

export async function findLatestCorrection(tx: Tx, { personId, applicationId }: Case) {
  return await tx
    .selectFrom('correction')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('round', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function listItems(tx: Tx, { personId, correctionId }: CorrectionRow) {
  return await tx
    .selectFrom('correctionItem')
    .selectAll()
    .where('personId', '=', personId)
    .where('correctionId', '=', correctionId)
    .orderBy('item')
    .execute();
}

/** The open items about these subjects have been answered. */
export async function setAnswered(
  tx: Tx,
  { personId, applicationId }: Case,
  subjects: readonly CorrectionItemRow['subject'][],
  answeredAt: string,
): Promise<void> {
  if (subjects.length === 0) return;
  const open = tx
    .selectFrom('correction')
    .select('correctionId')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('closedAt', 'is', null);
  await tx
    .updateTable('correctionItem')
    .set({ answeredAt })
    .where('personId', '=', personId)
    .where('correctionId', 'in', open)
    .where('subject', 'in', [...subjects])
    .where('answeredAt', 'is', null)
    .execute();
}

export async function closeCorrection(
  tx: Tx,
  { personId, applicationId }: Case,
  closedAt: string,
): Promise<void> {
  await tx
    .updateTable('correction')
    .set({ closedAt })
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('closedAt', 'is', null)
    .execute();
}
