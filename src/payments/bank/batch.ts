// Validates a payment batch against the bank's format before it is created, and streams its file on download.

import { createHash } from 'node:crypto';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { batchesOf, type KeyRange } from '../../platform/database/batches.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { dayInShanghai } from '../../values/days.ts';
import { linesPerPage, type RosterPlace } from '../lines/page-store.ts';
import { listBatchPage, type PayeeLine } from '../lines/payee-store.ts';
import { openAccount, openName } from '../lines/payees.ts';
import type { Payable } from '../lines/store.ts';
import { type BankFormat, bankFormatOf } from './formats.ts';
import {
  fieldErrorsOfOrder,
  headOf,
  type PaymentFileHead,
  type PaymentOrder,
  rowsOf,
} from './payment-file.ts';
import type { PaymentFileRow } from './store.ts';

/**
 * Streams a batch's bytes page by page, each page read in its own transaction, so that neither the lines nor the file
 * are in memory as a whole. Aborts if the digest differs from the one stored when the file was created.
 *
 * @param read runs a read in its own transaction
 */
export async function* paymentFileContent(
  file: PaymentFileRow,
  read: <T>(operation: (context: ReadContext) => Promise<T>) => Promise<T>,
): AsyncGenerator<Buffer> {
  const format = bankFormatOf(file.format);
  const day = dayInShanghai(Temporal.Instant.from(file.madeAt));
  const { batchNumber, disbursementId, lineCount, amountFen } = file;
  const digest = createHash('sha256');
  const first = headOf(format, { batchNumber, count: lineCount, totalFen: amountFen, day });
  digest.update(first);
  yield first;
  const list = (after: RosterPlace | null) =>
    read(async (context) => {
      const lines = await listBatchPage(context.tx, { disbursementId, batchNumber }, after);
      return lines.map((line) => ({ ...line, order: () => orderOf(context, line) }));
    });
  let sent = 0;
  for await (const lines of batchesOf(list, linesPerPage)) {
    const bytes = rowsOf(
      format,
      lines.map((line) => line.order()),
    );
    digest.update(bytes);
    sent += lines.length;
    if (sent >= lineCount && !digest.digest().equals(file.contentDigest))
      throw new Error(`payment file ${batchNumber} differs from what was made`);
    yield bytes;
  }
  if (sent !== lineCount) throw new Error(`payment file ${batchNumber} has lost lines since it was made`);
}

/**
 * Validates every line against the bank's format and returns the ranges in which they were read.
 *
 * @throws Problem payment-file-refused with all that the format cannot carry
 */
export async function validateBatch(
  context: WriteContext,
  payable: Payable,
  format: BankFormat,
  head: PaymentFileHead,
) {
  const digest = createHash('sha256').update(headOf(format, head));
  const ranges: KeyRange<RosterPlace>[] = [];
  const fieldErrors: FieldError[] = [];
  const list = (after: RosterPlace | null) => listBatchPage(context.tx, payable, after);
  for await (const lines of batchesOf(list, linesPerPage)) {
    const orders = lines.map((line) => orderOf(context, line));
    for (const order of orders) fieldErrors.push(...fieldErrorsOfOrder(format, order));
    digest.update(rowsOf(format, orders));
    const { streetCode, lineId } = lines.at(-1) ?? lines[0];
    ranges.push({ after: ranges.at(-1)?.through ?? null, through: { streetCode, lineId } });
  }
  if (fieldErrors.length > 0) throw new Problem('payment-file-refused', { fieldErrors });
  return { contentDigest: digest.digest(), ranges };
}

function orderOf({ encryption }: ReadContext, line: PayeeLine): PaymentOrder {
  const { lineId, bank, amountFen } = line;
  return {
    lineId,
    holder: openName(encryption, line),
    account: openAccount(encryption, line),
    bank,
    amountFen,
  };
}
