// Money from finance: requests it, records receipts (in full, in parts, or less than requested), and returns what was
// not needed.

import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { groupedYuan } from '../../values/yuan.ts';
import { describe, describeFundRequest } from '../disbursement/description.ts';
import {
  advance,
  found,
  freeOf,
  locked,
  refuseUnless,
  settleWhenEmpty,
  touch,
} from '../disbursement/lifecycle.ts';
import type { DisbursementRow } from '../disbursement/store.ts';
import { balance, type Movement, post } from '../ledger/operations.ts';
import { sumLines } from '../lines/page-store.ts';
import { releaseWaiting } from '../lines/store.ts';
import { listRosters } from '../rosters/store.ts';
import { type Allocation, allocate } from './allocation-store.ts';
import type { RecordFundsReceipt, ReturnUnspent } from './schemas.ts';
import {
  findFundRequest,
  insertFundReceipt,
  insertFundRequest,
  insertFundRequestParts,
  insertFundReturn,
  listFundMovements,
} from './store.ts';

/**
 * Requests the money from finance 资金拨付申请; count and total are frozen from here on.
 *
 * @throws Problem not-found, precondition-failed, rosters-incomplete, state-conflict, disbursement-empty
 */
export async function requestFunds(context: WriteContext, disbursementId: string, expected: number) {
  const disbursement = await locked(context, disbursementId, expected);
  const rosters = await listRosters(context.tx, disbursementId);
  const silent = rosters.filter((roster) => roster.verifiedAt === null);
  if (silent.length > 0) {
    throw new Problem('rosters-incomplete', {
      fieldErrors: silent.map((roster) => ({
        pointer: `/rosters/${roster.streetCode}`,
        code: 'not-verified',
        detail: `${roster.name}尚未核对名单。`,
      })),
    });
  }
  const frozen = await sumLines(context.tx, disbursementId, ['waiting']);
  refuseUnless(disbursement, 'requestFunds');
  if (frozen.lineCount === 0) throw new Problem('disbursement-empty');
  await insertFundRequest(context.tx, {
    disbursementId,
    ...frozen,
    requestedAt: context.at.toString(),
    requestedBy: officerOf(context.actor),
  });
  const streetCodes = rosters.map(({ streetCode }) => streetCode);
  await insertFundRequestParts(context.tx, disbursementId, streetCodes);
  return await describe(context, await advance(context, disbursement, 'requestFunds', frozen));
}

/**
 * Records money received from finance. With earlier receipts it either equals the request exactly, or more will follow,
 * or it is the last (`isLast`): then complete lines are paid in roster order as far as the money reaches, and the other
 * lines leave the disbursement and wait for the next one. More than was requested is refused.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, receipt-mismatch
 */
export async function recordFundsReceipt(
  context: WriteContext,
  disbursementId: string,
  expected: number,
  body: RecordFundsReceipt,
) {
  const disbursement = await locked(context, disbursementId, expected);
  refuseUnless(disbursement, 'recordFundsReceipt');
  const request = await findFundRequest(context.tx, context.scope, disbursementId);
  if (request === undefined) throw new Error(`disbursement ${disbursementId} has no fund request`);
  refuseFutureDay(body.receivedOn, context.today, '/body/receivedOn', '到账日期');
  const { receipts, returns } = await listFundMovements(context.tx, disbursementId);
  const earlierFen = receipts.reduce((sum, { amountFen }) => sum + amountFen, 0);
  const receivedFen = earlierFen + body.amountFen;
  const openFen = request.amountFen - earlierFen;
  if (body.amountFen > openFen) {
    throw mismatch(`尚有 ${groupedYuan(openFen)} 元未到账，登记的到账金额不能超过此数。`, 'too-much');
  }
  const isWhole = receivedFen === request.amountFen;
  if (!isWhole && body.isLast === undefined) {
    const detail = `尚有 ${groupedYuan(openFen)} 元未到账，请注明本次是否为最后一笔：其余随后拨付的选“否”，不再拨付的选“是”。`;
    throw mismatch(detail, 'amount-differs');
  }
  const isLast = isWhole || body.isLast === true;

  await insertFundReceipt(context.tx, {
    receiptId: context.newId(),
    disbursementId,
    amountFen: body.amountFen,
    reference: body.reference,
    receivedOn: body.receivedOn,
    isLast,
    recordedAt: context.at.toString(),
    recordedBy: officerOf(context.actor),
  });
  // Money returned to finance between two receipts is gone and must not be posted again.
  const returnedFen = returns.reduce((sum, { amountFen }) => sum + amountFen, 0);
  const allocation = await allocate(context.tx, disbursementId, receivedFen - returnedFen);
  await postReceipt(context, disbursement, allocation);
  const change = { amountFen: body.amountFen, receivedFen, isLast };
  if (!isLast) return await describe(context, await touch(context, disbursement, change));
  const { lineCount: waiting } = await sumLines(context.tx, disbursementId, ['waiting']);
  if (allocation.covered === null && waiting > 0) {
    const detail = '到账金额不足以发放名单中的第一笔，不能作为最后一笔登记；请待其余资金到账。';
    throw mismatch(detail, 'too-little');
  }
  const notFunded = await releaseWaiting(context.tx, disbursementId, allocation.covered, 'not-funded');
  const funded = await advance(context, disbursement, 'recordFundsReceipt', { ...change, notFunded });
  return await describe(context, await settleWhenEmpty(context, funded));
}

/**
 * Returns money to finance that no waiting line needs: left over from a partial receipt, or from failed payments.
 *
 * @throws Problem not-found, precondition-failed, return-exceeds-unspent
 */
export async function returnUnspent(
  context: WriteContext,
  disbursementId: string,
  expected: number,
  body: ReturnUnspent,
) {
  const disbursement = await locked(context, disbursementId, expected);
  refuseFutureDay(body.returnedOn, context.today, '/body/returnedOn', '退回日期');
  const freeFen = await freeOf(context, disbursement);
  if (body.amountFen > freeFen) {
    const detail = `可退回的结余为 ${groupedYuan(freeFen)} 元，登记的金额不能超过此数。`;
    throw new Problem('return-exceeds-unspent', {
      fieldErrors: [{ pointer: '/body/amountFen', code: 'too-much', detail }],
    });
  }
  await insertFundReturn(context.tx, {
    returnId: context.newId(),
    disbursementId,
    ...body,
    recordedAt: context.at.toString(),
    recordedBy: officerOf(context.actor),
  });
  const { agencyCode } = disbursement;
  const movements: Movement[] = [];
  let restFen = body.amountFen;
  for (const [quarter, unspentFen] of await balance(context, disbursementId, 'unspent')) {
    const amountFen = Math.min(unspentFen, restFen);
    if (amountFen <= 0) continue;
    movements.push({
      quarter,
      amountFen,
      agencyCode,
      disbursementId,
      from: 'unspent',
      to: 'returned-to-finance',
    });
    restFen -= amountFen;
  }
  await post(context, movements);
  return await describe(context, await touch(context, disbursement, { returnedFen: body.amountFen }));
}

/**
 * The request form for finance; every printing gives the same form.
 *
 * @throws Problem not-found, state-conflict before the money was asked for
 */
export async function getFundRequestFile(context: WriteContext, disbursementId: string) {
  const disbursement = await found(context, disbursementId);
  const fundRequest = await describeFundRequest(context, disbursement);
  if (fundRequest === null) throw new Problem('state-conflict', { detail: '尚未申请拨付资金，请先申请。' });
  const names = context.reference.findAgencyNames(disbursement.agencyCode);
  await context.audit({ target: ['disbursement', disbursementId], change: { printed: fundRequest.number } });
  return { ...fundRequest, ...names, disbursementNumber: disbursement.disbursementNumber };
}

/**
 * Posts a receipt by quarter. Finance pays per disbursement, but the ledger is kept by quarter: money belongs to the
 * months it reaches in roster order, and the remainder to the newest of them. Only the difference from earlier entries
 * is posted.
 */
async function postReceipt(
  context: WriteContext,
  { disbursementId, agencyCode }: DisbursementRow,
  { quarters: wanted }: Allocation,
): Promise<void> {
  const path = { agencyCode, disbursementId };
  const postedFen = await balance(context, disbursementId, 'unspent');
  const quarters = [...new Set([...wanted.keys(), ...postedFen.keys()])].sort();
  const movements = quarters.flatMap((quarter): Movement[] => {
    const change = (wanted.get(quarter) ?? 0) - (postedFen.get(quarter) ?? 0);
    if (change > 0) return [{ ...path, quarter, amountFen: change, from: 'finance', to: 'unspent' }];
    // Lines recovered since then moved later lines forward, so an earlier entry is reversed.
    if (change < 0) return [{ ...path, quarter, amountFen: -change, from: 'unspent', to: 'finance' }];
    return [];
  });
  await post(context, movements);
}

function mismatch(detail: string, code: FieldError['code']): Problem {
  return new Problem('receipt-mismatch', { fieldErrors: [{ pointer: '/body/amountFen', code, detail }] });
}
