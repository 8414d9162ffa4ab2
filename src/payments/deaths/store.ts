// Remembers who may be paid after a person's death, and takes a file back that the bank does not have yet.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { PaymentAfterDeath } from '../../platform/database/tables.ts';
import { isUndecidedAfterDeath, linesPerPage, moved, type QuarterSum } from '../lines/store.ts';

/** The day of a person's death; null while no register tells of one. */
export async function findDeath(tx: Tx, personId: string): Promise<string | null> {
  const { rows } = await sql<{ diedOn: string | null }>`
    select min(died_on)::text as died_on from death where person_id = ${personId}`.execute(tx);
  return rows[0]?.diedOn ?? null;
}

/** False when it was decided before. */
export async function insertPaymentAfterDeath(tx: Tx, row: PaymentAfterDeath): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('paymentAfterDeath')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Lines of a person that wait, or are in a file, with a month of which nobody has decided who is paid. */
export async function listUndecidedLines(tx: Tx, personId: string) {
  const { rows } = await sql<{ lineId: string; disbursementId: string; batchNumber: string | null }>`
    select line_id, disbursement_id, batch_number from payment_line l
    where person_id = ${personId} and state in ('waiting', 'in-payment') and exists (
      select from payment_line_month m
      where m.person_id = l.person_id and m.line_id = l.line_id and ${isUndecidedAfterDeath('m')})
    order by disbursement_id, line_id`.execute(tx);
  return rows;
}

/** Whether a batch has been nowhere yet: nobody fetched its file, and the bank answered for none of its lines. */
export async function isStillHere(tx: Tx, disbursementId: string, batchNumber: string): Promise<boolean> {
  const { rows } = await sql<{ isHere: boolean }>`
    select not exists (select from payment_file_download where batch_number = ${batchNumber})
      and not exists (select from payment_line where disbursement_id = ${disbursementId}
        and batch_number = ${batchNumber} and state <> 'in-payment') as is_here`.execute(tx);
  return rows[0]?.isHere === true;
}

/** Lets the lines of a batch wait again, a page at a time; sums of what they pay for. */
export async function takeOutOfBatch(
  tx: Tx,
  disbursementId: string,
  batchNumber: string,
): Promise<QuarterSum[]> {
  const sums: QuarterSum[] = [];
  for (;;) {
    const page = await moved(
      tx,
      sql`update payment_line l set state = 'waiting', batch_number = null
        where line_id in (select line_id from payment_line
          where disbursement_id = ${disbursementId} and batch_number = ${batchNumber} and state = 'in-payment'
          limit ${linesPerPage})`,
    );
    if (page.length === 0) return sums;
    sums.push(...page);
  }
}

/** The constraint fetched_files_are_not_withdrawn refuses one that somebody has fetched. */
export async function setFileWithdrawn(tx: Tx, batchNumber: string, at: string): Promise<void> {
  await tx
    .updateTable('paymentFile')
    .set({ isWithdrawn: true, withdrawnAt: at })
    .where('batchNumber', '=', batchNumber)
    .execute();
}
