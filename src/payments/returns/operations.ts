// Payments that the bank reported as paid and returned days later 退票: the months wait to be paid again, and the money
// is unspent.

import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { Problem } from '../../platform/problem.ts';
import { groupedYuan } from '../../values/yuan.ts';
import { describe } from '../disbursement/description.ts';
import { locked } from '../disbursement/lifecycle.ts';
import { touchDisbursement } from '../disbursement/store.ts';
import { post } from '../ledger/operations.ts';
import { Tally } from '../ledger/tally.ts';
import { foundLine } from '../lines/lifecycle.ts';
import { tellPayments } from '../lines/notify.ts';
import { setLineReturned } from '../lines/store.ts';
import type { RecordPaymentReturn } from './schemas.ts';
import { hasRecoveredMonth, insertReturn } from './store.ts';

/**
 * Records the return of a complete line. A recovery of one of its months is reversed first, because nobody owes what
 * they did not receive.
 *
 * @throws Problem not-found, state-conflict, results-refused for another amount
 */
export async function recordPaymentReturn(
  context: WriteContext,
  { id: disbursementId, lineId }: { readonly id: string; readonly lineId: string },
  { returnedOn, amountFen, reference, reason }: RecordPaymentReturn,
) {
  const { agencyCode } = await locked(context, disbursementId);
  const line = await foundLine(context, disbursementId, lineId);
  if (line.state !== 'paid')
    throw new Problem('state-conflict', { detail: '只有已发放成功的可以登记银行退票。' });
  refuseFutureDay(returnedOn, context.today, '/body/returnedOn', '退票日期');
  if (amountFen !== line.amountFen) {
    const detail = `这笔发放的金额为 ${groupedYuan(line.amountFen)} 元，退票须为全额，请与银行核对。`;
    throw new Problem('results-refused', {
      fieldErrors: [{ pointer: '/body/amountFen', code: 'amount-differs', detail }],
    });
  }
  if (await hasRecoveredMonth(context.tx, line)) {
    const detail = '这笔发放有月份已确认追回。请先撤销该追回，登记退票后再重新追回。';
    throw new Problem('state-conflict', { detail });
  }
  const { personId, applicationId } = line;
  const cases = await setLineReturned(context.tx, line, context.at.toString());
  await tellPayments(context, cases, reason);
  await insertReturn(context.tx, {
    personId,
    lineId,
    returnedOn,
    reference,
    reason,
    recordedAt: context.at.toString(),
    recordedBy: officerOf(context.actor),
  });
  const sums = new Tally();
  sums.addCases(cases);
  const path = { agencyCode, disbursementId, personId, applicationId, lineId };
  await post(context, [
    ...sums.movements(path, 'paid', 'waiting'),
    ...sums.movements(path, 'cash-paid', 'unspent'),
  ]);
  const touched = await touchDisbursement(context.tx, disbursementId);
  await context.audit({
    target: ['payment-line', lineId],
    personId,
    change: { from: 'paid', to: 'returned', amountFen },
  });
  return await describe(context, touched);
}
