// Payment batches and bank results. A batch is validated, signed and numbered once; its file can be downloaded again
// with a reason; results are applied once and completely: the file, its lines and the ledger change in one transaction.

import { createHash } from 'node:crypto';
import { signingOf } from '../../applications/application/lifecycle.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { describe } from '../disbursement/description.ts';
import {
  advance,
  conflict,
  found,
  locked,
  refuseUnless,
  touch,
  unspentOf,
} from '../disbursement/lifecycle.ts';
import type { DisbursementRow } from '../disbursement/store.ts';
import { post } from '../ledger/operations.ts';
import { Tally } from '../ledger/tally.ts';
import { isAtTheBank } from '../lines/states.ts';
import { putInBatch } from '../lines/store.ts';
import { sumStreets } from '../rosters/store.ts';
import { validateBatch } from './batch.ts';
import { bankFormatOf } from './formats.ts';
import { Matching, type ToldResults } from './matching.ts';
import { readResultFile } from './result-file.ts';
import { writeResults } from './results.ts';
import type { ApplyPaymentResults, PaymentFileQuery, StartPayment } from './schemas.ts';
import {
  countDownloads,
  hasOtherPart,
  hasResultFile,
  insertDownload,
  insertPaymentFile,
  insertPossibleDownloads,
  insertResultFile,
  isBankToBeAsked,
  listDoubtful,
  listPaymentFiles,
  lockPaymentFile,
  type PaymentFileRow,
  sumPayable,
} from './store.ts';

/**
 * Creates a batch from all waiting lines: the whole list at first, corrected payments later. A line with a doubtful
 * month, or of a person who has died, is left out and can be paid in a later batch. The payer signs every case in the
 * batch and must have no other part in any of them.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, disbursement-empty, funds-insufficient,
 *   payment-file-refused with every line that the format cannot carry, officer-already-on-case
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

  const earlier = await listPaymentFiles(context.tx, disbursementId);
  const batchNumber = `${disbursement.disbursementNumber}-${String(earlier.length + 1).padStart(2, '0')}`;
  const format = bankFormatOf(body.format);
  const head = { batchNumber, count: total.lineCount, totalFen: total.amountFen, day: context.today };
  const { contentDigest, ranges } = await validateBatch(context, payable, format, head);
  await insertPaymentFile(context.tx, {
    disbursementId,
    batchNumber,
    format: format.id,
    ...total,
    contentDigest,
    madeAt: context.at.toString(),
    madeBy: officerOf(context.actor),
  });
  const { agencyCode } = disbursement;
  const sums = new Tally();
  const signing = signingOf(context, 'payer', agencyCode);
  for (const range of ranges) {
    const moved = await putInBatch(context.tx, payable, batchNumber, signing, range);
    if (moved === undefined) throw new Problem('officer-already-on-case');
    sums.add(moved);
  }
  if (sums.amountFen !== total.amountFen) throw new Error(`batch ${batchNumber} is not what was validated`);
  const path = { agencyCode, disbursementId };
  await post(context, [
    ...sums.movements(path, 'waiting', 'in-payment'),
    ...sums.movements(path, 'unspent', 'cash-in-payment'),
  ]);
  const change = { batchNumber, ...total, inDoubt: payable.doubtful.length };
  return await describe(context, await advance(context, disbursement, 'startPayment', change));
}

const heldAfterRestore =
  '数据库刚恢复过，部分发放文件可能已送银行而在本服务中丢失，暂时不能下载发放文件。' +
  '请向银行核实已收到哪些发放文件并告知运维人员，全部核实后即可下载。';

/**
 * Notes of every file not yet fetched that it may have been, in what a restore has lost: it is not taken back any more, and
 * fetched with a reason alone. Returns their number.
 */
export async function doubtDownloads(tx: Tx, at: Temporal.Instant, by: string): Promise<number> {
  const reason = '数据库恢复：可能在丢失的时段内已下载';
  return await insertPossibleDownloads(tx, { at: at.toString(), by, reason });
}

/**
 * Authorises one download of a batch's file. The file holds full names and accounts, so each download is recorded, and
 * every download but the first needs a reason.
 *
 * @throws Problem not-found, state-conflict, officer-already-on-case, download-needs-reason
 */
export async function getPaymentFile(context: WriteContext, disbursementId: string, query: PaymentFileQuery) {
  await found(context, disbursementId);
  const files = await listPaymentFiles(context.tx, disbursementId);
  const standing = files.filter((file) => !file.isWithdrawn);
  const offered = standing.length > 0 ? standing : files;
  const wanted = query.batchNumber ?? (offered.length === 1 ? offered[0]?.batchNumber : undefined);
  if (wanted === undefined && offered.length > 1) {
    const detail = `本批次有多个发放文件，请注明其中一个批次号：${offered.map((file) => file.batchNumber).join('、')}。`;
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/query/batchNumber', code: 'required', detail }],
    });
  }
  const isHere = files.some((file) => file.batchNumber === wanted);
  const file = wanted !== undefined && isHere ? await lockPaymentFile(context.tx, wanted) : undefined;
  if (file === undefined)
    throw new Problem('state-conflict', { detail: '没有这个发放文件，请先生成发放文件。' });
  if (file.isWithdrawn) {
    const detail = `发放文件 ${file.batchNumber} 已撤回：其中有申请人去世。请重新生成发放文件后，下载新的文件。`;
    throw new Problem('state-conflict', { detail });
  }
  const officer = officerOf(context.actor);
  const [isOnCase, downloads, isHeld] = await Promise.all([
    hasOtherPart(context.tx, file.batchNumber, officer),
    countDownloads(context.tx, file.batchNumber),
    isBankToBeAsked(context.tx),
  ]);
  if (isHeld) throw new Problem('state-conflict', { detail: heldAfterRestore });
  if (isOnCase) throw new Problem('officer-already-on-case');
  const isFirst = downloads === 0;
  if (!isFirst && query.reason === undefined) throw new Problem('download-needs-reason');
  insertDownload(context.tx, {
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

/**
 * Applies the bank's own result file, read in the format of its batch. Otherwise like `applyPaymentResults`.
 *
 * @throws Problem not-found, state-conflict, results-refused, results-already-applied
 */
export async function applyPaymentResultFile(
  context: WriteContext,
  disbursementId: string,
  batchNumber: string,
  { content, digest }: { readonly content: Buffer; readonly digest: Buffer },
) {
  const disbursement = await locked(context, disbursementId);
  const files = await listPaymentFiles(context.tx, disbursementId);
  const file = files.find((one) => one.batchNumber === batchNumber);
  if (file === undefined) {
    throw new Problem('results-refused', { fieldErrors: [otherBatch('/query/batchNumber')] });
  }
  const told = readResultFile(content, bankFormatOf(file.format));
  return await apply(context, disbursement, told, { digest, files, file });
}

/**
 * Applies the bank's results, once. Every outstanding line is matched by id and amount and the totals must agree, or
 * the whole file is refused with every reason. A line with result `unknown` stays with the bank: a later file resolves
 * it, and it is never sent again.
 *
 * @throws Problem not-found, state-conflict, results-refused, results-already-applied
 */
export async function applyPaymentResults(
  context: WriteContext,
  disbursementId: string,
  body: ApplyPaymentResults,
) {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest();
  const disbursement = await locked(context, disbursementId);
  const files = await listPaymentFiles(context.tx, disbursementId);
  // Results with a wrong batch number are still matched if they can only belong to one batch, so that all errors are in
  // one answer.
  const named = files.find(({ batchNumber }) => batchNumber === body.batchNumber);
  const file = named ?? (files.length === 1 ? files[0] : undefined);
  const portions = [{ lines: body.lines, fieldErrors: [] }];
  const told = { ...body, fieldErrors: [], portions };
  return await apply(context, disbursement, told, { digest, files, file });
}

interface Applied {
  readonly digest: Buffer;
  readonly files: readonly PaymentFileRow[];
  /** Of which the results are; undefined if it is not known. */
  readonly file: PaymentFileRow | undefined;
}

async function apply(
  context: WriteContext,
  disbursement: DisbursementRow,
  told: ToldResults,
  { digest, files, file }: Applied,
) {
  const { tx } = context;
  const { disbursementId, agencyCode } = disbursement;
  if (await hasResultFile(tx, disbursementId, digest)) throw new Problem('results-already-applied');
  if (files.length === 0 || disbursement.state !== 'in-payment') throw conflict(disbursement);
  const matching = new Matching();
  if (file?.batchNumber !== told.batchNumber) matching.refusal.add(otherBatch('/body/batchNumber'));
  if (file === undefined) throw new Problem('results-refused', { ...matching.refusal });
  matching.refusal.add(...told.fieldErrors);
  const { batchNumber } = file;
  const { paid, failed, counts } = await writeResults(
    context,
    { disbursementId, batchNumber },
    matching,
    told,
  );
  const path = { agencyCode, disbursementId };
  await post(context, [
    ...paid.movements(path, 'in-payment', 'paid'),
    ...paid.movements(path, 'cash-in-payment', 'cash-paid'),
    ...failed.movements(path, 'in-payment', 'waiting'),
    ...failed.movements(path, 'cash-in-payment', 'unspent'),
  ]);
  const lines = { linesPaid: counts.paid, linesFailed: counts.failed, linesUnknown: counts.unknown };
  await insertResultFile(tx, {
    disbursementId,
    batchNumber,
    contentDigest: digest,
    ...lines,
    appliedAt: context.at.toString(),
    appliedBy: officerOf(context.actor),
  });
  const change = { batchNumber, ...lines };
  const sums = await sumStreets(tx, disbursementId);
  const applied = sums.some(({ state }) => isAtTheBank(state))
    ? await touch(context, disbursement, change)
    : await advance(context, disbursement, 'applyPaymentResults', change);
  return await describe(context, applied, { sums, files });
}

function otherBatch(pointer: string): FieldError {
  const detail = '批次号与本批次的发放文件不符，请确认文件是否属于其他批次。';
  return { pointer, code: 'other-batch', detail };
}

function nothingToPay(doubtful: number): Problem {
  const detail =
    doubtful === 0
      ? '批次中没有待发放的补贴，不需要生成发放文件。'
      : `待发放的 ${doubtful} 笔均有月份疑似应追回，或申请人已去世。请听取当事人说明后确认或排除追回，或确定领取人，再生成发放文件。`;
  return new Problem('disbursement-empty', { detail });
}
