// Reads and writes corrections: what was requested, what had been seen then, and what has been answered. A correction
// is open exactly while its case is in the state correction-requested.

import type { Tx } from '../../platform/database/connect.ts';
import type { Correction, CorrectionItem } from '../../platform/database/tables.ts';
import type { CaseKey } from '../application/store.ts';

export async function insertCorrection(
  tx: Tx,
  correction: Correction,
  items: readonly CorrectionItem[],
): Promise<void> {
  await tx.insertInto('correction').values(correction).execute();
  await tx
    .insertInto('correctionItem')
    .values([...items])
    .execute();
}

/** The newest correction of a case, open or closed. */
export async function findLatestCorrection(tx: Tx, { personId, applicationId }: CaseKey) {
  return await tx
    .selectFrom('correction')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('round', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export type OpenItem = Awaited<ReturnType<typeof listOpenItems>>[number];

/** Every item of the open correction with its notice; empty if none is open. */
export async function listOpenItems(tx: Tx, { personId, applicationId }: CaseKey) {
  return await tx
    .selectFrom('correction as c')
    .innerJoin('correctionItem as i', (join) =>
      join.onRef('i.personId', '=', 'c.personId').onRef('i.correctionId', '=', 'c.correctionId'),
    )
    .selectAll('i')
    .select(['c.noticeId', 'c.round', 'c.requestedAt'])
    .where('c.personId', '=', personId)
    .where('c.applicationId', '=', applicationId)
    .where('c.closedAt', 'is', null)
    .orderBy('i.item')
    .execute();
}

/** Marks the open items about these subjects as answered. */
export async function setAnswered(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  subjects: readonly CorrectionItem['subject'][],
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
  { personId, applicationId }: CaseKey,
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
