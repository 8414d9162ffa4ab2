// Stores comparisons, which are never changed.

import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Comparison } from '../../platform/database/tables.ts';

export async function insertComparison(tx: Tx, row: Comparison): Promise<void> {
  await tx.insertInto('comparison').values(row).execute();
}

/** A case's comparison with the one before it, newest first, and what is needed to read the snapshots. */
export async function findComparison(
  tx: Tx,
  { personId, applicationId }: Pick<Comparison, 'personId' | 'applicationId'>,
  comparisonId: string,
) {
  return await tx
    .selectFrom('comparison')
    .innerJoin('person', 'person.personId', 'comparison.personId')
    .selectAll('comparison')
    .select('person.identityEncrypted')
    .where('comparison.personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('comparisonId', '<=', comparisonId)
    .orderBy('comparisonId', 'desc')
    .limit(atMost(2))
    .execute();
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
