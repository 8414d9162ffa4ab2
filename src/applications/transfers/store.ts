// Remembers where cases were handed over, and puts a case into its new place.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { CaseTransfer } from '../../platform/database/tables.ts';
import type { CaseKey } from '../application/store.ts';

export async function insertTransfer(tx: Tx, row: CaseTransfer): Promise<void> {
  await tx.insertInto('caseTransfer').values(row).execute();
}

export async function listTransfers(tx: Tx, { personId, applicationId }: CaseKey) {
  return await tx
    .selectFrom('caseTransfer')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('transferId')
    .execute();
}

/**
 * Puts the case into the place that this transfer names; its version is one more. A function of the database does it, because
 * that place is beyond the scope of whoever hands the case over.
 */
export async function moveApplication(
  tx: Tx,
  { personId, transferId }: Pick<CaseTransfer, 'personId' | 'transferId'>,
): Promise<void> {
  const { rows } = await sql<{ moved: boolean }>`
    select move_application(${personId}, ${transferId}) as moved`.execute(tx);
  if (rows[0]?.moved !== true) throw new Error(`transfer ${transferId} is of no case in its place`);
}
