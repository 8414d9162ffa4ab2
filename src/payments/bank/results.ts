// What the bank answers: taken once, whole or not at all. One transaction holds the file, its lines and the ledger, so a
// service that dies in the middle has applied nothing, and the retry applies it.

import { createHash } from 'node:crypto';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { chunks } from '../../registers/people/operations.ts';
import {
  advance,
  conflict,
  type DisbursementRow,
  describe,
  found,
  locked,
} from '../disbursement/lifecycle.ts';
import { tellPayments } from '../disbursement/notify.ts';
import type { ApplyPaymentResults } from '../disbursement/schemas.ts';
import { atTheBank } from '../disbursement/states.ts';
import * as store from '../disbursement/store.ts';
import { Tally } from '../disbursement/tally.ts';
import { enter } from '../ledger/operations.ts';
import { listBatchLines } from '../lines/payee-store.ts';
import { type LineResult, linesPerPage, setLineResults, sumLines } from '../lines/store.ts';
import { type BankFormat, bankFormatOf } from './formats.ts';
import { resultErrors } from './result-errors.ts';
import type { ResultFileReading } from './result-file.ts';

/**
 * Takes the bank's results, once. Every line the bank still owes an answer for is matched by id and amount and the totals
 * must agree, or the whole file is refused with every reason. `unknown` stays with the bank: it is asked for and told by a
 * later file, never sent again.
 *
 * @throws Problem results-refused, results-already-applied
 */
export async function applyPaymentResults(
  context: WriteContext,
  disbursementId: string,
  body: ApplyPaymentResults,
) {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest();
  return await apply(context, await locked(context, disbursementId), body, digest);
}

/** In which format a batch was sent to the bank. @throws Problem not-found, results-refused for another batch */
export async function findBatchFormat(
  context: ReadContext,
  disbursementId: string,
  batchNumber: string,
): Promise<BankFormat> {
  await found(context, disbursementId);
  const files = await store.listPaymentFiles(context.tx, disbursementId);
  const file = files.find((candidate) => candidate.batchNumber === batchNumber);
  if (file === undefined) throw otherBatch('/query/batchNumber');
  return bankFormatOf(file.format);
}

/** The same from the bank's own file, as it was read in the format of its batch. */
export async function applyPaymentResultFile(
  context: WriteContext,
  disbursementId: string,
  batchNumber: string,
  { reading, digest }: { readonly reading: ResultFileReading; readonly digest: Buffer },
) {
  const disbursement = await locked(context, disbursementId);
  const told = 'value' in reading ? reading.value : reading.told;
  const fieldErrors = 'fieldErrors' in reading ? [...reading.fieldErrors] : [];
  if (told !== null && told.batchNumber !== batchNumber)
    fieldErrors.unshift(...otherBatch('/body/batchNumber').fieldErrors);
  if (!('value' in reading) || fieldErrors.length > 0) {
    // Whatever could be read of it is judged as well: the bank is asked once.
    if (told !== null)
      fieldErrors.push(
        ...resultErrors(told, await listBatchLines(context.tx, disbursementId, batchNumber, atTheBank)),
      );
    throw new Problem('results-refused', { fieldErrors });
  }
  return await apply(context, disbursement, reading.value, digest);
}

async function apply(
  context: WriteContext,
  disbursement: DisbursementRow,
  body: ApplyPaymentResults,
  contentDigest: Buffer,
) {
  const { disbursementId } = disbursement;
  if (await store.hasResultFile(context.tx, disbursementId, contentDigest))
    throw new Problem('results-already-applied');
  const files = await store.listPaymentFiles(context.tx, disbursementId);
  if (files.length === 0 || disbursement.state !== 'in-payment') throw conflict(disbursement);
  // Of a file for another batch the rest is told too, where there is but one batch that it can have been meant for.
  const named = files.find((candidate) => candidate.batchNumber === body.batchNumber);
  const file = named ?? (files.length === 1 ? files[0] : undefined);
  if (file === undefined) throw otherBatch('/body/batchNumber');
  const outstanding = await listBatchLines(context.tx, disbursementId, file.batchNumber, atTheBank);
  const fieldErrors = resultErrors(body, outstanding);
  if (named === undefined) fieldErrors.unshift(...otherBatch('/body/batchNumber').fieldErrors);
  if (fieldErrors.length > 0) throw new Problem('results-refused', { fieldErrors });

  const path = { agencyCode: disbursement.agencyCode, disbursementId };
  const results = body.lines.map(({ lineId, result, failure }): LineResult => {
    const line = outstanding.get(lineId);
    if (line === undefined) throw new Error('a line was judged before');
    return { personId: line.personId, lineId, to: result, failure: failure ?? null };
  });
  const resultsOf = (to: LineResult['to']) => results.filter((line) => line.to === to);
  for (const [to, claim, cash] of [
    ['paid', 'paid', 'cash-paid'],
    ['failed', 'waiting', 'unspent'],
  ] as const) {
    const sums = new Tally();
    for (const page of chunks(resultsOf(to), linesPerPage)) {
      sums.add(await setLineResults(context.tx, page));
      await tellPayments(context, page, to);
    }
    await enter(context, [
      ...sums.movements(path, 'in-payment', claim),
      ...sums.movements(path, 'cash-in-payment', cash),
    ]);
  }
  for (const page of chunks(resultsOf('unknown'), linesPerPage)) await setLineResults(context.tx, page);
  const counts = {
    linesPaid: resultsOf('paid').length,
    linesFailed: resultsOf('failed').length,
    linesUnknown: resultsOf('unknown').length,
  };
  await store.insertResultFile(context.tx, {
    disbursementId,
    batchNumber: file.batchNumber,
    contentDigest,
    ...counts,
    appliedAt: context.at.toString(),
    appliedBy: officerOf(context.actor),
  });
  const change = { batchNumber: file.batchNumber, ...counts };
  const { lineCount: owed } = await sumLines(context.tx, disbursementId, atTheBank);
  if (owed === 0) await advance(context, disbursement, 'applyPaymentResults', change);
  else {
    await store.touchDisbursement(context.tx, disbursementId);
    await context.audit({ target: ['disbursement', disbursementId], change });
  }
  return await describe(context, disbursementId);
}

function otherBatch(pointer: string): Problem {
  const detail = '批次号与本批次的发放文件不符，请确认文件是否属于其他批次。';
  return new Problem('results-refused', { fieldErrors: [{ pointer, code: 'other-batch', detail }] });
}
