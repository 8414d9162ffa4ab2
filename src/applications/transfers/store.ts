// Reads and writes transfers, and moves a case to its new agency and street.

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
 * Sets the case's agency and street to those of the transfer and increments its version. Calls a security definer
 * function, because the new place is out of the caller's scope.
 */
export async function moveApplication(
  tx: Tx,
  { personId, transferId }: Pick<CaseTransfer, 'personId' | 'transferId'>,
): Promise<void> {
  const { rows } = await sql<{ moved: boolean }>`
    select move_application(${personId}, ${transferId}) as moved`.execute(tx);
  if (rows[0]?.moved !== true) throw new Error(`transfer ${transferId} is of no case in its place`);
}
