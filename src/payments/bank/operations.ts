// What goes to the bank and what it answers. A batch is validated, signed and numbered once; its file is read as often as
// reasons are given; results are taken once, whole or not at all: one transaction holds the file, its lines and the ledger.

import { createHash } from 'node:crypto';
import { sign } from '../../applications/application/lifecycle.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { chunks } from '../../registers/people/operations.ts';
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
import { tellPayments } from '../lines/notify.ts';
import { linesPerPage } from '../lines/page-store.ts';
import { atTheBank, isAtTheBank } from '../lines/states.ts';
import { type LineResult, putInBatch, setLineResults } from '../lines/store.ts';
import { sumStreets } from '../rosters/store.ts';
import { validateBatch } from './batch.ts';
import { type BankFormat, bankFormatOf } from './formats.ts';
import { resultErrors } from './matching.ts';
import type { ResultFileReading } from './result-file.ts';
import type { ApplyPaymentResults, PaymentFileQuery, StartPayment } from './schemas.ts';
import {
  countDownloads,
  findFormat,
  hasOtherPart,
  hasResultFile,
  insertDownload,
  insertPaymentFile,
  insertResultFile,
  listBatchLines,
  listCasesOfBatch,
  listDoubtful,
  listPaymentFiles,
  lockPaymentFile,
  type PaymentFileRow,
  sumPayable,
} from './store.ts';

/**
 * Makes a batch for the bank of every waiting line: the whole list once, corrected payments as they come. A line of which
 * a month is in doubt, or whose person has died, stays behind and may follow in a batch of its own. The payer signs on
 * every case in it and may have no other part in any.
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
  for (const range of ranges) {
    sums.add(await putInBatch(context.tx, payable, batchNumber, range));
    const cases = await listCasesOfBatch(context.tx, disbursementId, batchNumber, range);
    await sign(
      context,
      cases.map((one) => ({ ...one, agencyCode })),
      'payer',
    );
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

/**
 * Opens a batch's file for one download. Whole names and accounts leave the house, so each is recorded, and every one
 * but the first says why.
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
  if (await hasOtherPart(context.tx, file.batchNumber, officer)) throw new Problem('officer-already-on-case');
  const isFirst = (await countDownloads(context.tx, file.batchNumber)) === 0;
  if (!isFirst && query.reason === undefined) throw new Problem('download-needs-reason');
  await insertDownload(context.tx, {
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

/** In which format a batch was sent to the bank. @throws Problem not-found, results-refused for another batch */
export async function findBatchFormat(
  context: ReadContext,
  disbursementId: string,
  batchNumber: string,
): Promise<BankFormat> {
  const { tx, scope } = context;
  const format = await findFormat(tx, scope, disbursementId, batchNumber);
  if (format !== undefined) return bankFormatOf(format);
  await found(context, disbursementId);
  throw new Problem('results-refused', { fieldErrors: [otherBatch('/query/batchNumber')] });
}

/**
 * Takes the bank's own file of results, as it was read in the format of its batch; else as `applyPaymentResults`.
 *
 * @throws Problem not-found, state-conflict, results-refused, results-already-applied
 */
export async function applyPaymentResultFile(
  context: WriteContext,
  disbursementId: string,
  batchNumber: string,
  { reading, digest }: { readonly reading: ResultFileReading; readonly digest: Buffer },
) {
  const disbursement = await locked(context, disbursementId);
  const told = 'value' in reading ? reading.value : reading.told;
  const fieldErrors = 'fieldErrors' in reading ? [...reading.fieldErrors] : [];
  if (told !== null && told.batchNumber !== batchNumber) fieldErrors.unshift(otherBatch('/body/batchNumber'));
  if ('value' in reading && fieldErrors.length === 0)
    return await apply(context, disbursement, reading.value, digest);
  // Whatever could be read of it is validated as well: the bank is asked once.
  if (told !== null) {
    const outstanding = await listBatchLines(context.tx, disbursementId, batchNumber, atTheBank);
    fieldErrors.push(...resultErrors(told, outstanding));
  }
  throw new Problem('results-refused', { fieldErrors });
}

/**
 * Takes the bank's results, once. Every line the bank still owes an answer for is matched by id and amount and the totals
 * must agree, or the whole file is refused with every reason. `unknown` stays with the bank: it is asked for and told by a
 * later file, never sent again.
 *
 * @throws Problem not-found, state-conflict, results-refused, results-already-applied
 */
export async function applyPaymentResults(
  context: WriteContext,
  disbursementId: string,
  body: ApplyPaymentResults,
) {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest();
  return await apply(context, await locked(context, disbursementId), body, digest);
}

async function apply(
  context: WriteContext,
  disbursement: DisbursementRow,
  body: ApplyPaymentResults,
  contentDigest: Buffer,
) {
  const { tx } = context;
  const { disbursementId, agencyCode } = disbursement;
  if (await hasResultFile(tx, disbursementId, contentDigest)) throw new Problem('results-already-applied');
  const files = await listPaymentFiles(tx, disbursementId);
  if (files.length === 0 || disbursement.state !== 'in-payment') throw conflict(disbursement);
  const { batchNumber, results } = await matchedResults(context, disbursementId, body, files);
  const paid = new Tally();
  const failed = new Tally();
  for (const page of chunks(results, linesPerPage)) {
    const months = await setLineResults(tx, page);
    paid.addMonths(months.filter(({ state }) => state === 'paid'));
    failed.addMonths(months.filter(({ state }) => state === 'failed'));
    await tellPayments(context, months);
  }
  const path = { agencyCode, disbursementId };
  await post(context, [
    ...paid.movements(path, 'in-payment', 'paid'),
    ...paid.movements(path, 'cash-in-payment', 'cash-paid'),
    ...failed.movements(path, 'in-payment', 'waiting'),
    ...failed.movements(path, 'cash-in-payment', 'unspent'),
  ]);
  const countOf = (result: LineResult['to']) => results.filter(({ to }) => to === result).length;
  const counts = {
    linesPaid: countOf('paid'),
    linesFailed: countOf('failed'),
    linesUnknown: countOf('unknown'),
  };
  await insertResultFile(tx, {
    disbursementId,
    batchNumber,
    contentDigest,
    ...counts,
    appliedAt: context.at.toString(),
    appliedBy: officerOf(context.actor),
  });
  const change = { batchNumber, ...counts };
  const sums = await sumStreets(tx, disbursementId);
  const applied = sums.some(({ state }) => isAtTheBank(state))
    ? await touch(context, disbursement, change)
    : await advance(context, disbursement, 'applyPaymentResults', change);
  return await describe(context, applied, { sums, files });
}

/** What the bank says of each line of a batch. @throws Problem results-refused with every reason */
async function matchedResults(
  { tx }: ReadContext,
  disbursementId: string,
  body: ApplyPaymentResults,
  files: readonly PaymentFileRow[],
) {
  // Of a file for another batch the rest is told too, where there is but one batch that it can have been meant for.
  const named = files.find(({ batchNumber }) => batchNumber === body.batchNumber);
  const file = named ?? (files.length === 1 ? files[0] : undefined);
  const fieldErrors = named === undefined ? [otherBatch('/body/batchNumber')] : [];
  if (file === undefined) throw new Problem('results-refused', { fieldErrors });
  const outstanding = await listBatchLines(tx, disbursementId, file.batchNumber, atTheBank);
  fieldErrors.push(...resultErrors(body, outstanding));
  if (fieldErrors.length > 0) throw new Problem('results-refused', { fieldErrors });
  const results = body.lines.map(({ lineId, result, failure }): LineResult => {
    const line = outstanding.get(lineId);
    if (line === undefined) throw new Error('a line was matched before');
    return { personId: line.personId, lineId, to: result, failure: failure ?? null };
  });
  return { batchNumber: file.batchNumber, results };
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
