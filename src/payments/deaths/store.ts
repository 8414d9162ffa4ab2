// Stores who may be paid after a person's death, and reads the person's unfinished payments.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { PaymentAfterDeath } from '../../platform/database/tables.ts';
import { isUndecidedAfterDeath } from '../lines/store.ts';

/** The day of a person's death; null if no register reports one. */
export async function findDeath(tx: Tx, personId: string): Promise<string | null> {
  const { rows } = await sql<{ diedOn: string | null }>`
    select min(died_on)::text as died_on from death where person_id = ${personId}`.execute(tx);
  return rows[0]?.diedOn ?? null;
}

/** Returns false if it was decided before. */
export async function insertPaymentAfterDeath(tx: Tx, row: PaymentAfterDeath): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('paymentAfterDeath')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** The person's waiting lines and lines in a file with a month for which nobody has decided who is paid. */
export async function listUndecidedLines(tx: Tx, personId: string) {
  const { rows } = await sql<{ lineId: string; disbursementId: string; batchNumber: string | null }>`
    select line_id, disbursement_id, batch_number from payment_line l
    where person_id = ${personId} and state in ('waiting', 'in-payment') and exists (
      select from payment_line_month m
      where m.person_id = l.person_id and m.line_id = l.line_id and ${isUndecidedAfterDeath('m')})
    order by disbursement_id, line_id`.execute(tx);
  return rows;
}
