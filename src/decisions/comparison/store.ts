// Stores comparisons, which are never changed.

import type { Tx } from '../../platform/database/connect.ts';
import type { Comparison } from '../../platform/database/tables.ts';

export async function insertComparison(tx: Tx, row: Comparison): Promise<void> {
  await tx.insertInto('comparison').values(row).execute();
}

export async function findLatestComparison(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('comparison')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('comparisonId', 'desc')
    .limit(1)
    .executeTakeFirst();
}
