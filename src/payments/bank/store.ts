// Stores payment files, their downloads and the bank's results; selects the lines of a batch.

import { type Insertable, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { insertLater } from '../../platform/database/insert.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Database } from '../../platform/database/tables.ts';
import { isStoppedByDeath } from '../lines/heirs-store.ts';
import type { LineState } from '../lines/states.ts';
import { type Batch, isWrittenNow, type Payable } from '../lines/store.ts';

/**
 * Waiting lines that must not be sent to the bank: a month has a suspected recovery or is stopped by a death, or an heir
 * is to be paid of somebody who lives, because the death was withdrawn. Read once per batch, so that a doubt that arises
 * later does not change the batch.
 */
export async function listDoubtful(tx: Tx, disbursementId: string): Promise<string[]> {
  const { rows } = await sql<{ lineId: string }>`
    select distinct l.line_id
    from disbursement d
    join recovery r on r.agency_code = d.agency_code and r.state = 'suspected'
    join payment_line_month m on m.person_id = r.person_id and m.month = r.month
      and m.application_id = r.application_id and m.live
    join payment_line l on l.person_id = m.person_id and l.line_id = m.line_id
      and l.disbursement_id = d.disbursement_id and l.state = 'waiting'
    where d.disbursement_id = ${disbursementId}
    union
    select l.line_id
    from (select distinct person_id from death offset 0) as died
    join payment_line l on l.person_id = died.person_id and l.disbursement_id = ${disbursementId} and l.state = 'waiting'
    join payment_line_month m on m.person_id = l.person_id and m.line_id = l.line_id
    where ${isStoppedByDeath('m')}
    union
    select l.line_id
    from payee_change c
    join payment_line l on l.person_id = c.person_id and l.name_change_id = c.payee_change_id and l.state = 'waiting'
      and l.disbursement_id = ${disbursementId}
    where c.heir_person_id is not null and not exists (select from death where death.person_id = c.person_id)`.execute(
    tx,
  );
  return rows.map(({ lineId }) => lineId);
}

/** Count and sum of the lines that may be sent. */
export async function sumPayable(
  tx: Tx,
  { disbursementId, doubtful }: Payable,
): Promise<{ lineCount: number; amountFen: number }> {
  const { rows } = await sql<{ lineCount: number; amountFen: number }>`
    select count(*) as line_count, coalesce(sum(amount_fen), 0)::bigint as amount_fen
    from payment_line where disbursement_id = ${disbursementId} and state = 'waiting'
      and line_id <> all(${doubtful}::uuid[])`.execute(tx);
  return rows[0] ?? { lineCount: 0, amountFen: 0 };
}

export async function hasOtherPart(tx: Tx, batchNumber: string, officer: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select from case_part p
      join payment_line_month m using (person_id, application_id)
      join payment_line l on l.person_id = m.person_id and l.line_id = m.line_id
      where p.officer = ${officer} and p.part <> 'payer' and l.batch_number = ${batchNumber}) as found`.execute(
    tx,
  );
  return rows[0]?.found === true;
}

/** The number of lines of a batch in one of these states. */
export async function countBatchLines(
  tx: Tx,
  { disbursementId, batchNumber }: Batch,
  states: readonly LineState[],
): Promise<number> {
  const { count } = await tx
    .selectFrom('paymentLine')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('disbursementId', '=', disbursementId)
    .where('batchNumber', '=', batchNumber)
    .where('state', 'in', [...states])
    .executeTakeFirstOrThrow();
  return count;
}

/** Which of these lines of a batch have had their result in this transaction; line id → amount in fen. */
export async function listTold(
  tx: Tx,
  { disbursementId, batchNumber }: Batch,
  lineIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ lineId: string; amountFen: number }>`
    select line_id, amount_fen from payment_line l
    where disbursement_id = ${disbursementId} and batch_number = ${batchNumber}
      and line_id = any(${lineIds}::uuid[]) and ${isWrittenNow}`.execute(tx);
  return new Map(rows.map(({ lineId, amountFen }) => [lineId, amountFen]));
}

/** Lines of a batch in one of these states that have had no result in this transaction, at most `limit`. */
export async function listUntold(
  tx: Tx,
  { disbursementId, batchNumber }: Batch,
  states: readonly LineState[],
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ lineId: string }>`
    select line_id from payment_line l
    where disbursement_id = ${disbursementId} and batch_number = ${batchNumber} and state = any(${states})
      and not ${isWrittenNow}
    order by line_id limit ${atMost(limit)}`.execute(tx);
  return rows.map(({ lineId }) => lineId);
}

export async function insertPaymentFile(tx: Tx, row: Insertable<Database['paymentFile']>): Promise<void> {
  await tx.insertInto('paymentFile').values(row).execute();
}

export async function listPaymentFiles(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('paymentFile')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .orderBy('batchNumber')
    .execute();
}

export type PaymentFileRow = Awaited<ReturnType<typeof listPaymentFiles>>[number];

/** Locks the file, so that downloads are serialised. */
export async function lockPaymentFile(tx: Tx, batchNumber: string) {
  return await tx
    .selectFrom('paymentFile')
    .selectAll()
    .where('batchNumber', '=', batchNumber)
    .forUpdate()
    .executeTakeFirst();
}

export function insertDownload(tx: Tx, row: Insertable<Database['paymentFileDownload']>): void {
  insertLater(tx, 'paymentFileDownload', [row]);
}

export async function countDownloads(tx: Tx, batchNumber: string): Promise<number> {
  const { count } = await tx
    .selectFrom('paymentFileDownload')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('batchNumber', '=', batchNumber)
    .executeTakeFirstOrThrow();
  return count;
}

export async function insertResultFile(tx: Tx, row: Database['resultFile']): Promise<void> {
  await tx.insertInto('resultFile').values(row).execute();
}

export async function hasResultFile(tx: Tx, disbursementId: string, contentDigest: Buffer): Promise<boolean> {
  const row = await tx
    .selectFrom('resultFile')
    .select('disbursementId')
    .where('disbursementId', '=', disbursementId)
    .where('contentDigest', '=', contentDigest)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether a batch was never downloaded and the bank has reported no result for it. */
export async function isStillHere(tx: Tx, disbursementId: string, batchNumber: string): Promise<boolean> {
  const { rows } = await sql<{ isHere: boolean }>`
    select not exists (select from payment_file_download where batch_number = ${batchNumber})
      and not exists (select from payment_line where disbursement_id = ${disbursementId}
        and batch_number = ${batchNumber} and state <> 'in-payment') as is_here`.execute(tx);
  return rows[0]?.isHere === true;
}

/** The constraint fetched_files_are_not_withdrawn refuses a downloaded file. */
export async function setFileWithdrawn(tx: Tx, batchNumber: string, at: string): Promise<void> {
  await tx
    .updateTable('paymentFile')
    .set({ isWithdrawn: true, withdrawnAt: at })
    .where('batchNumber', '=', batchNumber)
    .execute();
}

/** Whether the database was restored and nobody has asked the banks yet which files they have. */
export async function isBankToBeAsked(tx: Tx): Promise<boolean> {
  const row = await tx
    .selectFrom('restore')
    .select('epoch')
    .where('bankAskedAt', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Notes a download of every file that could be fetched and was not: it may have been, in what was lost. */
export async function insertPossibleDownloads(
  tx: Tx,
  download: { readonly at: string; readonly by: string; readonly reason: string },
): Promise<number> {
  const { rows } = await sql`
    insert into payment_file_download (download_id, batch_number, downloaded_at, downloaded_by, reason)
    select gen_random_uuid(), batch_number, ${download.at}, ${download.by}, ${download.reason} from payment_file f
    where not is_withdrawn and not exists (select from payment_file_download d where d.batch_number = f.batch_number)
    returning batch_number`.execute(tx);
  return rows.length;
}
