// For operations that must stop the payment of a granted month: finds its payment and takes the month out.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { settleWhenEmpty } from '../disbursement/lifecycle.ts';
import { lockDisbursement, touchDisbursement } from '../disbursement/store.ts';
import { findPayment, lockMonth, type MonthPayment } from './month-store.ts';
import { freeMonths, type MonthKey, occupyBySetOff, releaseLine, restoreMonth } from './store.ts';

/** What occupies a month of a person: the line that pays it, or a set-off. Null if the month waits to be gathered. */
export async function paymentOf(
  { tx }: ReadContext,
  month: Pick<MonthKey, 'personId' | 'month'>,
): Promise<MonthPayment | null> {
  return await findPayment(tx, { personId: month.personId, month: month.month });
}

/**
 * The payment that a month is in, or null; locks its disbursement. Must be called before the person is locked: the lock
 * order is disbursement, then person.
 */
export async function holdPayment(context: WriteContext, month: MonthKey): Promise<MonthPayment | null> {
  const payment = await findPayment(context.tx, month);
  if (payment?.disbursementId != null)
    await lockDisbursement(context.tx, { relation: 'city' }, payment.disbursementId);
  return payment;
}

/**
 * Reads the payment again under the locks of disbursement and person. Locks the month too, so that no gathering takes
 * it.
 *
 * @throws Problem state-conflict when it has moved into another payment since
 */
export async function confirmPayment(
  context: WriteContext,
  month: MonthKey,
  before: MonthPayment | null,
): Promise<MonthPayment | null> {
  await lockMonth(context.tx, month);
  const payment = await findPayment(context.tx, month);
  if (payment?.disbursementId !== before?.disbursementId)
    throw new Problem('state-conflict', { detail: '该月份刚刚进入另一发放批次，请重新查询后再操作。' });
  return payment;
}

/**
 * Takes a recovered month out of its payment. A waiting line leaves its disbursement as a whole, because its amount is
 * part of what the street signed; its other months wait for the next one.
 *
 * @returns whether the month had been paid or had settled a debt
 * @throws Problem state-conflict while the bank has it
 */
export async function takeMonthOut(
  context: WriteContext,
  month: MonthKey,
  payment: MonthPayment | null,
): Promise<boolean> {
  if (payment === null) return false;
  const { disbursementId, lineId, state } = payment;
  const line = { personId: month.personId, lineId };
  switch (state) {
    case 'in-payment':
    case 'unknown': {
      const detail = '该月份正在银行发放中，请待发放结果登记后再确认追回。';
      throw new Problem('state-conflict', { detail });
    }
    case 'waiting':
      if (disbursementId === null) throw new Error(`line ${lineId} is of no disbursement`);
      await releaseLine(context.tx, line, 'recovered');
      await context.audit({
        target: ['payment-line', lineId],
        personId: month.personId,
        change: { from: 'waiting', to: 'released', cause: 'recovered', month: month.month },
      });
      await settleWhenEmpty(context, await touchDisbursement(context.tx, disbursementId));
      return false;
    default:
      await freeMonths(context.tx, line, month.month);
      // A month that settled a debt counts as paid: its amount is now owed.
      return state === 'paid' || state === 'set-off';
  }
}

/**
 * Uses a month for a set-off instead of paying it. The caller holds the person lock, so no payment can take the month
 * meanwhile.
 */
export async function giveToSetOff(
  context: WriteContext,
  month: MonthKey,
  setOffId: string,
  amountFen: number,
) {
  await lockMonth(context.tx, month);
  await occupyBySetOff(context.tx, month, setOffId, amountFen);
}

/** Releases the month of a reversed set-off, so that it waits for a payment again. */
export async function takeFromSetOff(
  context: WriteContext,
  month: MonthKey,
  setOffId: string,
): Promise<void> {
  await lockMonth(context.tx, month);
  await freeMonths(context.tx, { personId: month.personId, lineId: setOffId });
}

/** Undoes `takeMonthOut` if the line still exists: a paid month is paid again, a held one held. */
export async function putMonthBack(context: WriteContext, month: MonthKey): Promise<void> {
  await restoreMonth(context.tx, month);
}
