// Remembers where cases were handed over, and puts a case into its new place, which is beyond the scope of whoever hands
// it over.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { Application, CaseTransfer } from '../../platform/database/tables.ts';

type Case = Pick<Application, 'personId' | 'applicationId'>;

export async function insertTransfer(tx: Tx, row: CaseTransfer): Promise<void> {
  await tx.insertInto('caseTransfer').values(row).execute();
}

export async function listTransfers(tx: Tx, { personId, applicationId }: Case) {
  return await tx
    .selectFrom('caseTransfer')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('transferId')
    .execute();
}

/** One more version. Only within `acrossTheCity`. */
export async function setPlace(
  tx: Tx,
  { personId, applicationId }: Case,
  place: Pick<Application, 'streetCode' | 'agencyCode'>,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('application')
    .set((eb) => ({ ...place, version: eb('version', '+', 1) }))
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`application ${applicationId} is not there`);
}

/**
 * Lets the database judge rows of the whole city while something is done that reaches beyond the caller's scope; an error
 * in between ends the transaction, and with it the wider scope.
 */
export async function acrossTheCity<T>(tx: Tx, done: () => Promise<T>): Promise<T> {
  const { rows } = await sql<{ before: string }>`select widen_sight() as before`.execute(tx);
  const result = await done();
  await sql`select narrow_sight(${rows[0]?.before ?? ''})`.execute(tx);
  return result;
}
