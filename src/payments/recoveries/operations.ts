// What becomes of a recovery once it is open: heard, confirmed, repaid, dismissed, reversed. A decision is never changed;
// the month stops being live, and what was paid for it is owed.

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

/** The recoveries within scope, of one state when one is named. */
export async function listRecoveries(context: ReadContext, query: RecoveryQuery) {
  const request = pageRequest(query);
  const rows = await store.listRecoveries(context.tx, context.scope, query.state, request);
  const { items, next } = page(rows, request, (row) => row.recoveryId);
  context.shows(items.map(({ personId }) => personId));
  return { items: await describeRows(context, items), next };
}

/**
 * An officer has found that a granted month must come back, and says why.
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
 * The person was heard and the month is recovered: it is no longer live. What was paid is owed, and counts against the cap
 * until all of it is repaid; what was not yet with the bank leaves its disbursement and owes nothing. A month in the bank's
 * hands is settled there first. The first one of false material bars the person.
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
  // Nothing was paid, so nothing is owed: it ends here.
  if (!wasPaid) {
    const confirmed = { ...recovery, state: 'confirmed' as const };
    await advance(context, confirmed, 'recordRepayment', { closedAt: context.at.toString() });
  }
  return await describe(context, recoveryId);
}

/**
 * The contradiction is explained; the month stays.
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
 * Money came back for a confirmed recovery, in part or whole; more than is owed is refused. With the last fen the month
 * frees the cap and may be claimed again.
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
  }
  return await describe(context, recoveryId);
}

/**
 * The recovery was wrong: the month is live again and counts again, what is owed is no longer, and what was repaid has
 * been given back, for which the voucher is named. Refused when the month was claimed anew meanwhile, when what was paid
 * for that second claim is still owed, or when the cap is used.
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

/** The entries that undo a recovery, each the other way round. */
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
