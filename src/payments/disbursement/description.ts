// What the answers say of a disbursement, as it stands now.

import type { ReadContext } from '../../platform/context.ts';
import { listPaymentFiles } from '../bank/store.ts';
import { findFundRequest, listFundReceipts, listFundRequestParts, listFundReturns } from '../funds/store.ts';
import { rostersInScope, sumOf } from '../rosters/description.ts';
import { type StateSum, sumStreets } from '../rosters/store.ts';
import { unspentOf } from './lifecycle.ts';
import type { DisbursementAnswer } from './schemas.ts';
import { disbursementStates } from './states.ts';
import type { DisbursementRow } from './store.ts';

/** 资金: of the one request that a disbursement makes. */
export function fundRequestNumber({ disbursementNumber }: DisbursementRow): string {
  return `${disbursementNumber}-ZJ`;
}

/** What was asked of finance, as far as it is in scope; null before that. */
export async function describeFundRequest(context: ReadContext, disbursement: DisbursementRow) {
  const { disbursementId } = disbursement;
  const request = await findFundRequest(context.tx, disbursementId);
  if (request === undefined) return null;
  const { lineCount, amountFen, requestedAt } = request;
  const parts = await listFundRequestParts(context.tx, context.scope, disbursementId);
  return { number: fundRequestNumber(disbursement), lineCount, amountFen, requestedAt, parts };
}

/** @param known what the operation has read already, and did not change since */
export async function describe(
  context: ReadContext,
  disbursement: DisbursementRow,
  known: {
    readonly sums?: readonly StateSum[];
    readonly files?: Awaited<ReturnType<typeof listPaymentFiles>>;
  } = {},
): Promise<DisbursementAnswer> {
  const { tx } = context;
  const { disbursementId, version, disbursementNumber, agencyCode, state, createdAt } = disbursement;
  const sums = known.sums ?? (await sumStreets(tx, disbursementId));
  const files = known.files ?? (await listPaymentFiles(tx, disbursementId));
  const rosters = await rostersInScope(context, disbursementId, sums);
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
    rosters: rosters.map(({ streetCode, name, lineCount, amountFen, verifiedAt }) => ({
      streetCode,
      streetName: name,
      lineCount,
      amountFen,
      verifiedAt,
    })),
    fundRequest: await describeFundRequest(context, disbursement),
    fundReceipts: (await listFundReceipts(tx, disbursementId)).map(
      ({ amountFen, reference, receivedOn, isLast }) => ({ amountFen, reference, receivedOn, isLast }),
    ),
    fundReturns: (await listFundReturns(tx, disbursementId)).map(({ amountFen, reference, returnedOn }) => ({
      amountFen,
      reference,
      returnedOn,
    })),
    unspentFen: await unspentOf(context, disbursement),
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
