// Remembers where cases were handed over, and widens the row scope for the moment in which one leaves that of its officer.

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
 * Widens the transaction's row scope to the whole city while `done` runs. An error in it ends the transaction, and with it
 * the wider scope.
 */
export async function acrossTheCity<T>(tx: Tx, done: () => Promise<T>): Promise<T> {
  const { rows } = await sql<{ before: string }>`select widen_sight() as before`.execute(tx);
  const result = await done();
  await sql`select narrow_sight(${rows[0]?.before ?? ''})`.execute(tx);
  return result;
}
