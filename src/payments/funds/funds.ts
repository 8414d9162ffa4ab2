// Finance's part: asks for the money, takes what arrives (whole, in parts, or less than asked), gives back what was not
// needed.

import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { Problem } from '../../platform/problem.ts';
import { groupedYuan } from '../../values/yuan.ts';
import {
  advance,
  type DisbursementRow,
  describe,
  locked,
  refuseUnless,
  settleWhenEmpty,
  unspentOf,
} from '../disbursement/lifecycle.ts';
import type { RecordFundsReceipt, ReturnUnspent } from '../disbursement/schemas.ts';
import * as store from '../disbursement/store.ts';
import { enter, type Movement, standing } from '../ledger/operations.ts';
import { releaseWaiting, sumLines } from '../lines/store.ts';
import { type Allocation, allocate } from './allocation-store.ts';
import { insertFundRequestParts } from './paper-store.ts';

/** Asks finance for the money 资金拨付申请: count and total are frozen from here on. */
export async function requestFunds(context: WriteContext, disbursementId: string, expected: number) {
  const disbursement = await locked(context, disbursementId, expected);
  const rosters = await store.listRosters(context.tx, disbursementId);
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
  await advance(context, disbursement, 'requestFunds', frozen);
  await store.insertFundRequest(context.tx, {
    disbursementId,
    ...frozen,
    requestedAt: context.at.toString(),
    requestedBy: officerOf(context.actor),
  });
  const streetCodes = rosters.map(({ streetCode }) => streetCode);
  await insertFundRequestParts(context.tx, disbursementId, streetCodes);
  return await describe(context, disbursementId);
}

/**
 * Finance's money has arrived. Together with what came before it equals the request to the fen, or more is to follow, or
 * it is the last (`isLast`): then whole lines are paid in the roster's order as far as the money reaches, and the rest
 * leaves the disbursement and waits for the next. More than was asked is refused.
 *
 * @throws Problem receipt-mismatch
 */
export async function recordFundsReceipt(
  context: WriteContext,
  disbursementId: string,
  expected: number,
  body: RecordFundsReceipt,
) {
  const disbursement = await locked(context, disbursementId, expected);
  refuseUnless(disbursement, 'recordFundsReceipt');
  const request = await store.findFundRequest(context.tx, disbursementId);
  if (request === undefined) throw new Error(`disbursement ${disbursementId} has no fund request`);
  refuseFutureDay(body.receivedOn, context.today, '/body/receivedOn', '到账日期');
  const earlier = await store.listFundReceipts(context.tx, disbursementId);
  const earlierFen = earlier.reduce((sum, receipt) => sum + receipt.amountFen, 0);
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

  await store.insertFundReceipt(context.tx, {
    receiptId: context.newId(),
    disbursementId,
    amountFen: body.amountFen,
    reference: body.reference,
    receivedOn: body.receivedOn,
    isLast,
    recordedAt: context.at.toString(),
    recordedBy: officerOf(context.actor),
  });
  // What went back to finance between two receipts is not here any more, and is not entered once again.
  const returns = await store.listFundReturns(context.tx, disbursementId);
  const returnedFen = returns.reduce((sum, { amountFen }) => sum + amountFen, 0);
  const allocation = await allocate(context.tx, disbursementId, receivedFen - returnedFen);
  await enterReceipt(context, disbursement, allocation);
  const change = { amountFen: body.amountFen, receivedFen, isLast };
  if (!isLast) {
    await store.touchDisbursement(context.tx, disbursementId);
    await context.audit({ target: ['disbursement', disbursementId], change });
  } else {
    const { lineCount: waiting } = await sumLines(context.tx, disbursementId, ['waiting']);
    if (allocation.covered === null && waiting > 0)
      throw mismatch(
        '到账金额不足以发放名单中的第一笔，不能作为最后一笔登记；请待其余资金到账。',
        'too-little',
      );
    const notFunded = await releaseWaiting(context.tx, disbursementId, allocation.covered, 'not-funded');
    await advance(context, disbursement, 'recordFundsReceipt', { ...change, notFunded });
    await settleWhenEmpty(context, disbursementId);
  }
  return await describe(context, disbursementId);
}

/**
 * Gives money back to finance that no waiting line needs: left over from a partial receipt, or of payments that failed.
 *
 * @throws Problem return-exceeds-unspent
 */
export async function returnUnspent(
  context: WriteContext,
  disbursementId: string,
  expected: number,
  body: ReturnUnspent,
) {
  const disbursement = await locked(context, disbursementId, expected);
  refuseFutureDay(body.returnedOn, context.today, '/body/returnedOn', '退回日期');
  const reserved = await sumLines(context.tx, disbursementId, ['waiting']);
  const freeFen = Math.max(0, (await unspentOf(context, disbursement)) - reserved.amountFen);
  if (body.amountFen > freeFen) {
    const detail = `可退回的结余为 ${groupedYuan(freeFen)} 元，登记的金额不能超过此数。`;
    const fieldErrors = [{ pointer: '/body/amountFen', code: 'too-much', detail }];
    throw new Problem('return-exceeds-unspent', { fieldErrors });
  }
  await store.insertFundReturn(context.tx, {
    returnId: context.newId(),
    disbursementId,
    ...body,
    recordedAt: context.at.toString(),
    recordedBy: officerOf(context.actor),
  });
  const { agencyCode } = disbursement;
  const movements: Movement[] = [];
  let restFen = body.amountFen;
  for (const [quarter, unspentFen] of await standing(context, disbursementId, 'unspent')) {
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
  await enter(context, movements);
  await store.touchDisbursement(context.tx, disbursementId);
  await context.audit({ target: ['disbursement', disbursementId], change: { returnedFen: body.amountFen } });
  return await describe(context, disbursementId);
}

/**
 * Money is given for a disbursement and reckoned by quarter: it belongs to the months it reaches in the roster's order,
 * and what reaches no line to the newest of them. What stands already is left; the difference is entered.
 */
async function enterReceipt(
  context: WriteContext,
  { disbursementId, agencyCode }: DisbursementRow,
  { quarters: wanted }: Allocation,
): Promise<void> {
  const path = { agencyCode, disbursementId };
  const standingFen = await standing(context, disbursementId, 'unspent');
  const quarters = [...new Set([...wanted.keys(), ...standingFen.keys()])].sort();
  const movements = quarters.flatMap((quarter): Movement[] => {
    const change = (wanted.get(quarter) ?? 0) - (standingFen.get(quarter) ?? 0);
    if (change > 0) return [{ ...path, quarter, amountFen: change, from: 'finance', to: 'unspent' }];
    // Lines that were recovered since moved the later ones forward: the reversal of an earlier entry.
    if (change < 0) return [{ ...path, quarter, amountFen: -change, from: 'unspent', to: 'finance' }];
    return [];
  });
  await enter(context, movements);
}

function mismatch(detail: string, code: string): Problem {
  return new Problem('receipt-mismatch', { fieldErrors: [{ pointer: '/body/amountFen', code, detail }] });
}
