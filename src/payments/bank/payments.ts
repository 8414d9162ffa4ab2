// From money at hand to a batch with the bank: checked, signed, numbered once; its file read as often as reasons are given.

import { createHash } from 'node:crypto';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { batchesOf, type KeyRange } from '../../platform/database/batches.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { dayInShanghai } from '../../values/days.ts';
import { advance, describe, found, locked, refuseUnless, unspentOf } from '../disbursement/lifecycle.ts';
import type { PaymentFileQuery, StartPayment } from '../disbursement/schemas.ts';
import * as store from '../disbursement/store.ts';
import { Tally } from '../disbursement/tally.ts';
import { enter } from '../ledger/operations.ts';
import { listBatchPage, type PayeeLine } from '../lines/payee-store.ts';
import { openAccount, openName } from '../lines/payees.ts';
import {
  linesPerPage,
  listDoubtful,
  type Payable,
  putInBatch,
  type RosterPlace,
  sumPayable,
} from '../lines/store.ts';
import { type BankFormat, bankFormatOf } from './formats.ts';
import {
  fieldErrorsOfOrder,
  headOf,
  type PaymentFileHead,
  type PaymentOrder,
  rowsOf,
} from './payment-file.ts';
import { hasOtherPart, signBatch } from './signature-store.ts';

/**
 * Makes a batch for the bank of every waiting line: the whole list once, corrected payments as they come. A line of which
 * a month is in doubt, or whose person has died, stays behind and may follow in a batch of its own. The payer signs on every case in it and may have
 * no other part in any; the key of case_part refuses otherwise.
 *
 * @throws Problem payment-file-refused with every line the format cannot carry, disbursement-empty, funds-insufficient,
 *   officer-already-on-case
 */
export async function startPayment(
  context: WriteContext,
  disbursementId: string,
  expected: number,
  body: StartPayment,
) {
  const disbursement = await locked(context, disbursementId, expected);
  refuseUnless(disbursement, 'startPayment');
  const payable = { disbursementId, doubtful: await listDoubtful(context.tx, disbursementId) };
  const total = await sumPayable(context.tx, payable);
  if (total.lineCount === 0) throw nothingToPay(payable.doubtful.length);
  if ((await unspentOf(context, disbursement)) < total.amountFen) throw new Problem('funds-insufficient');

  const earlier = await store.listPaymentFiles(context.tx, disbursementId);
  const batchNumber = `${disbursement.disbursementNumber}-${String(earlier.length + 1).padStart(2, '0')}`;
  const format = bankFormatOf(body.format);
  const head = { batchNumber, count: total.lineCount, totalFen: total.amountFen, day: context.today };
  const { contentDigest, ranges } = await judgeBatch(context, payable, format, head);
  const signature = { officer: officerOf(context.actor), actedAt: context.at.toString() };
  await store.insertPaymentFile(context.tx, {
    disbursementId,
    batchNumber,
    format: format.id,
    ...total,
    contentDigest,
    madeAt: signature.actedAt,
    madeBy: signature.officer,
  });
  const sums = new Tally();
  for (const range of ranges) {
    sums.add(await putInBatch(context.tx, payable, batchNumber, range));
    await signBatch(context.tx, signature, batchNumber, { disbursementId, ...range });
  }
  if (sums.amountFen !== total.amountFen) throw new Error(`batch ${batchNumber} is not what was judged`);
  const path = { agencyCode: disbursement.agencyCode, disbursementId };
  await enter(context, [
    ...sums.movements(path, 'waiting', 'in-payment'),
    ...sums.movements(path, 'unspent', 'cash-in-payment'),
  ]);
  await advance(context, disbursement, 'startPayment', {
    batchNumber,
    ...total,
    inDoubt: payable.doubtful.length,
  });
  return await describe(context, disbursementId);
}

/**
 * Opens a batch's file for one download. Whole names and accounts leave the house, so each is recorded, and every one
 * but the first says why.
 *
 * @throws Problem download-needs-reason, officer-already-on-case
 */
export async function getPaymentFile(context: WriteContext, disbursementId: string, query: PaymentFileQuery) {
  await found(context, disbursementId);
  const files = await store.listPaymentFiles(context.tx, disbursementId);
  const offered = files.some((file) => !file.isWithdrawn) ? files.filter((file) => !file.isWithdrawn) : files;
  const wanted = query.batchNumber ?? (offered.length === 1 ? offered[0]?.batchNumber : undefined);
  if (wanted === undefined && offered.length > 1) {
    const detail = `本批次有多个发放文件，请注明其中一个批次号：${offered.map((file) => file.batchNumber).join('、')}。`;
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/query/batchNumber', code: 'required', detail }],
    });
  }
  const isHere = files.some((file) => file.batchNumber === wanted);
  const file = wanted !== undefined && isHere ? await store.lockPaymentFile(context.tx, wanted) : undefined;
  if (file === undefined) {
    throw new Problem('state-conflict', {
      detail: '没有这个发放文件，请先生成发放文件。',
    });
  }
  if (file.isWithdrawn) {
    const detail = `发放文件 ${file.batchNumber} 已撤回：其中有申请人去世。请重新生成发放文件后，下载新的文件。`;
    throw new Problem('state-conflict', { detail });
  }
  const officer = officerOf(context.actor);
  if (await hasOtherPart(context.tx, file.batchNumber, officer)) throw new Problem('officer-already-on-case');
  const isFirst = (await store.countDownloads(context.tx, file.batchNumber)) === 0;
  if (!isFirst && query.reason === undefined) throw new Problem('download-needs-reason');
  await store.insertDownload(context.tx, {
    downloadId: context.newId(),
    batchNumber: file.batchNumber,
    downloadedAt: context.at.toString(),
    downloadedBy: officer,
    reason: isFirst ? null : (query.reason ?? null),
  });
  await context.audit({
    target: ['disbursement', disbursementId],
    change: {
      downloaded: file.batchNumber,
      sha256: file.contentDigest.toString('hex'),
      reason: query.reason ?? null,
    },
  });
  return file;
}

type PaymentFileRow = Awaited<ReturnType<typeof getPaymentFile>>;

/**
 * A batch's bytes, page by page, each read for itself: neither the lines nor the file ever stand in memory whole. The
 * digest is held against what was sent to the bank first; a file that differs breaks off.
 *
 * @param read runs a reading operation in a transaction of its own
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

/** Validates every line as the bank will read it, and says in which ranges they were read. Throws with all that cannot be carried. */
async function judgeBatch(
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
    const through = { streetCode, lineId };
    ranges.push({ after: ranges.at(-1)?.through ?? null, through });
  }
  if (fieldErrors.length > 0) throw new Problem('payment-file-refused', { fieldErrors });
  return { contentDigest: digest.digest(), ranges };
}

function nothingToPay(doubtful: number): Problem {
  const detail =
    doubtful === 0
      ? '批次中没有待发放的补贴，不需要生成发放文件。'
      : `待发放的 ${doubtful} 笔均有月份疑似应追回，或申请人已去世。请听取当事人说明后确认或排除追回，或确定领取人，再生成发放文件。`;
  return new Problem('disbursement-empty', { detail });
}

function orderOf({ sealer }: ReadContext, line: PayeeLine): PaymentOrder {
  const { lineId, bank, amountFen } = line;
  return { lineId, holder: openName(sealer, line), account: openAccount(sealer, line), bank, amountFen };
}
