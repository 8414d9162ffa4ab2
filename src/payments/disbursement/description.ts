// Describes a disbursement for API answers.

import type { ReadContext } from '../../platform/context.ts';
import { listPaymentFiles, type PaymentFileRow } from '../bank/store.ts';
import { findFundRequest, listFundMovements } from '../funds/store.ts';
import { rostersInScope, sumOf } from '../rosters/description.ts';
import { type StateSum, sumStreets } from '../rosters/store.ts';
import { unspentOf } from './lifecycle.ts';
import type { DisbursementAnswer } from './schemas.ts';
import { disbursementStates } from './states.ts';
import type { DisbursementRow } from './store.ts';

/** What was requested from finance, as far as it is in scope; null before the request. */
export async function describeFundRequest({ tx, scope }: ReadContext, disbursement: DisbursementRow) {
  const request = await findFundRequest(tx, scope, disbursement.disbursementId);
  // ZJ 资金: a disbursement makes one request.
  return request === undefined ? null : { number: `${disbursement.disbursementNumber}-ZJ`, ...request };
}

/** @param known what the operation has read already and has not changed since */
export async function describe(
  context: ReadContext,
  disbursement: DisbursementRow,
  known: {
    readonly sums?: readonly StateSum[];
    readonly files?: readonly PaymentFileRow[];
  } = {},
): Promise<DisbursementAnswer> {
  const { tx } = context;
  const { disbursementId, version, disbursementNumber, agencyCode, state, createdAt } = disbursement;
  const [sums, files, funds, fundRequest, unspentFen] = await Promise.all([
    known.sums ?? sumStreets(tx, disbursementId),
    known.files ?? listPaymentFiles(tx, disbursementId),
    listFundMovements(tx, disbursementId),
    describeFundRequest(context, disbursement),
    unspentOf(context, disbursement),
  ]);
  const rosters = rostersInScope(context, sums);
  return {
    id: disbursementId,
    version,
    number: disbursementNumber,
    agencyCode,
    state,
    progress: { ...disbursementStates[state] },
    createdAt,
    lineCount: rosters.reduce((sum, { lineCount }) => sum + lineCount, 0),
    amountFen: rosters.reduce((sum, { amountFen }) => sum + amountFen, 0),
    held: sumOf(sums, (sum) => sum.state === 'held'),
    released: sumOf(sums, (sum) => sum.state === 'released'),
    rosters,
    fundRequest,
    fundReceipts: funds.receipts.map(({ amountFen, reference, day, isLast }) => ({
      amountFen,
      reference,
      receivedOn: day,
      isLast,
    })),
    fundReturns: funds.returns.map(({ amountFen, reference, day }) => ({
      amountFen,
      reference,
      returnedOn: day,
    })),
    unspentFen,
    paymentFiles: files.map((file) => ({
      batchNumber: file.batchNumber,
      format: file.format,
      lineCount: file.lineCount,
      amountFen: file.amountFen,
      sha256: file.contentDigest.toString('hex'),
      madeAt: file.madeAt,
      withdrawnAt: file.withdrawnAt,
    })),
  };
}
