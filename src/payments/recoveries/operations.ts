// Handles open recoveries: confirm, dismiss, repay, reverse. The decision itself is never changed; the month stops
// being live, and what was paid for it is owed.

import { locked as lockedApplication } from '../../applications/application/lifecycle.ts';
import { recoverMonth, restoreMonth } from '../../applications/application/months.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { groupedYuan } from '../../values/yuan.ts';
import { barOnRecovery } from '../bars/lifecycle.ts';
import { type Movement, post } from '../ledger/operations.ts';
import { confirmPayment, holdPayment, putMonthBack, takeMonthOut } from '../lines/months.ts';
import {
  advance,
  conflict,
  describe,
  describeRows,
  locked,
  pathOf,
  type RecoveryRow,
  setRepaid,
} from './lifecycle.ts';
import { tellRecovery, tellReversal, tellStep } from './notify.ts';
import { alreadyOpen, open } from './opening.ts';
import type {
  ConfirmRecovery,
  DismissRecovery,
  OpenRecovery,
  RecordRepayment,
  RecoveryQuery,
  ReverseRecovery,
} from './schemas.ts';
import * as store from './store.ts';

/** The recoveries within scope, optionally of one state, person, case or street. */
export async function listRecoveries(context: ReadContext, query: RecoveryQuery) {
  const request = pageRequest(query);
  const rows = await store.listRecoveries(context.tx, context.scope, query, request);
  const { items, next } = page(rows, request, (row) => row.recoveryId);
  context.shows(items.map(({ personId }) => personId));
  return { items: await describeRows(context, items), next };
}

/**
 * One recovery within scope, as the list shows it.
 *
 * @throws Problem not-found
 */
export async function getRecovery(context: ReadContext, recoveryId: string) {
  const recovery = await describe(context, recoveryId);
  context.shows([recovery.personId]);
  return recovery;
}

/**
 * An officer opens a recovery for a granted month and gives the grounds.
 *
 * @throws Problem not-found, state-conflict
 */
export async function openRecovery(context: WriteContext, { applicationId, month, grounds }: OpenRecovery) {
  const { personId } = await lockedApplication(context, applicationId);
  await holdPerson(context, personId);
  const months = await store.listGrantedMonths(context.tx, personId);
  const granted = months.find((one) => one.applicationId === applicationId && one.month === month);
  if (granted === undefined) {
    const detail = '该月份没有在此申请中批准，或已被追回。';
    throw new Problem('state-conflict', {
      fieldErrors: [{ pointer: '/body/month', code: 'not-granted', detail }],
    });
  }
  const recoveryId = await open(context, personId, granted, 'officer', { grounds });
  if (recoveryId === null) throw alreadyOpen();
  return await describe(context, recoveryId);
}

/**
 * Confirms a recovery after the person was heard: the month is no longer live. A paid month is owed, and counts against
 * the cap until it is fully repaid; a month that is not yet with the bank leaves its disbursement and nothing is owed.
 * While the bank has the month, its result must come first. The first confirmed recovery on false material bars the
 * person.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, same-officer who reported the false material
 */
export async function confirmRecovery(
  context: WriteContext,
  recoveryId: string,
  expected: number,
  body: ConfirmRecovery,
) {
  const recovery = await locked(context, recoveryId, expected);
  if (recovery.state !== 'suspected') throw conflict(recovery);
  refuseFutureDay(body.heardOn, context.today, '/body/heardOn', '听取说明的日期');
  const seen = await holdPayment(context, recovery);
  await holdPerson(context, recovery.personId);
  const payment = await confirmPayment(context, recovery, seen);
  const wasPaid = await takeMonthOut(context, recovery, payment);
  await recoverMonth(context, recovery, wasPaid);
  await advance(context, recovery, 'confirmRecovery', {
    heardOn: body.heardOn,
    heardHow: body.heardHow,
    wasPaid,
    confirmedBy: officerOf(context.actor),
  });
  await tellRecovery(context, recovery, { ...body, wasPaid });
  await barOnRecovery(context, recovery, body);
  await post(context, [
    wasPaid
      ? { ...pathOf(recovery), amountFen: recovery.amountFen, from: 'debtor', to: 'recoverable' }
      : {
          ...pathOf(recovery),
          amountFen: recovery.amountFen,
          from: 'waiting',
          to: 'recovered-before-payment',
        },
  ]);
  // Nothing was paid, so nothing is owed: the recovery is complete.
  if (!wasPaid) {
    const confirmed = { ...recovery, state: 'confirmed' as const };
    await advance(context, confirmed, 'recordRepayment', { closedAt: context.at.toString() });
  }
  return await describe(context, recoveryId);
}

/**
 * The contradiction has been explained; the month stays live.
 *
 * @throws Problem not-found, precondition-failed, state-conflict
 */
export async function dismissRecovery(
  context: WriteContext,
  recoveryId: string,
  expected: number,
  body: DismissRecovery,
) {
  const recovery = await locked(context, recoveryId, expected);
  await advance(context, recovery, 'dismissRecovery', {
    reason: body.reason,
    closedAt: context.at.toString(),
  });
  await tellStep(context, recovery, 'dismissed');
  return await describe(context, recoveryId);
}

/**
 * Records a repayment of a confirmed recovery, in full or in part; more than is owed is refused. When everything is
 * repaid the month no longer counts against the cap and may be claimed again.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, repayment-exceeds-debt
 */
export async function recordRepayment(
  context: WriteContext,
  recoveryId: string,
  expected: number,
  body: RecordRepayment,
) {
  const recovery = await locked(context, recoveryId, expected);
  if (recovery.state !== 'confirmed' || recovery.wasPaid !== true) throw conflict(recovery);
  const { amountFen } = body;
  refuseFutureDay(body.receivedOn, context.today, '/body/receivedOn', '到账日期');
  if (amountFen > recovery.owedFen) {
    const detail = `尚有 ${groupedYuan(recovery.owedFen)} 元未退还，登记的金额不能超过此数。`;
    throw new Problem('repayment-exceeds-debt', {
      fieldErrors: [{ pointer: '/body/amountFen', code: 'too-much', detail }],
    });
  }
  await store.insertRepayment(context.tx, {
    personId: recovery.personId,
    repaymentId: context.newId(),
    recoveryId,
    ...body,
    recordedAt: context.at.toString(),
    recordedBy: officerOf(context.actor),
  });
  await store.addRepaid(context.tx, recoveryId, amountFen);
  await post(context, [{ ...pathOf(recovery), amountFen, from: 'recoverable', to: 'repaid' }]);
  const isSettled = amountFen === recovery.owedFen;
  if (isSettled) {
    await setRepaid(context, recovery, 'recordRepayment');
    await tellStep(context, recovery, 'repaid', 0);
  } else {
    await context.audit({
      target: ['recovery', recoveryId],
      personId: recovery.personId,
      change: { repaidFen: amountFen },
    });
    await tellStep(context, recovery, 'repaid-in-part', recovery.owedFen - amountFen);
  }
  return await describe(context, recoveryId);
}

/**
 * Reverses a wrong recovery: the month is live and counts again, and nothing is owed. What was repaid must have been
 * refunded, and the refund voucher is named. Refused if the month was claimed again meanwhile, if a payment for that
 * second claim is still owed, or if the cap is used up.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, refund-missing, month-already-claimed, cap-exceeded
 */
export async function reverseRecovery(
  context: WriteContext,
  recoveryId: string,
  expected: number,
  body: ReverseRecovery,
) {
  const recovery = await locked(context, recoveryId, expected);
  if (recovery.state !== 'confirmed' && recovery.state !== 'repaid') throw conflict(recovery);
  const { repaidFen, amountFen } = recovery;
  if (recovery.setOffFen > 0) {
    const detail = '该追回有以其他月份抵扣的金额，请先撤销抵扣，使这些月份恢复发放。';
    throw new Problem('state-conflict', { detail });
  }
  if (body.refund !== undefined)
    refuseFutureDay(body.refund.refundedOn, context.today, '/body/refund/refundedOn', '退还日期');
  if ((body.refund?.amountFen ?? 0) !== repaidFen) {
    const detail =
      repaidFen === 0
        ? '当事人没有退回过资金，请勿填写退还凭证。'
        : `当事人已退回 ${groupedYuan(repaidFen)} 元，请先如数退还本人，再填写退还金额、凭证和日期。`;
    throw new Problem('refund-missing', {
      fieldErrors: [{ pointer: '/body/refund/amountFen', code: 'amount-differs', detail }],
    });
  }
  await holdPayment(context, recovery);
  await holdPerson(context, recovery.personId);
  const refund =
    body.refund === undefined
      ? {}
      : {
          refundedFen: repaidFen,
          refundReference: body.refund.reference,
          refundedOn: body.refund.refundedOn,
        };
  await advance(context, recovery, 'reverseRecovery', {
    reason: body.reason,
    closedAt: context.at.toString(),
    ...refund,
  });
  await restoreMonth(context, recovery);
  await putMonthBack(context, recovery);
  await post(context, reversalOf(recovery, amountFen, repaidFen));
  await tellReversal(context, recovery, body);
  return await describe(context, recoveryId);
}

/** The reverse ledger entries of a recovery. */
function reversalOf(recovery: RecoveryRow, amountFen: number, repaidFen: number): Movement[] {
  const path = pathOf(recovery);
  if (recovery.wasPaid !== true)
    return [{ ...path, amountFen, from: 'recovered-before-payment', to: 'waiting' }];
  const reversals: Movement[] = [
    { ...path, amountFen: amountFen - repaidFen, from: 'recoverable', to: 'debtor' },
    { ...path, amountFen: repaidFen, from: 'repaid', to: 'debtor' },
  ];
  return reversals.filter((movement) => movement.amountFen > 0);
}
