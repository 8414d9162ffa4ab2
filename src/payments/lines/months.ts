// A granted month on its way to the account, for those who may have to stop it: where it is, and how it is taken out.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { settleWhenEmpty } from '../disbursement/lifecycle.ts';
import { lockDisbursement, touchDisbursement } from '../disbursement/store.ts';
import { findPayment, lockMonth, type MonthPayment } from './month-store.ts';
import { freeMonths, type MonthKey, occupyBySetOff, releaseLine, restoreMonth } from './store.ts';

/** What occupies a month of a person: the line that pays it, or a set-off. Null for a month that waits to be gathered. */
export async function paymentOf(
  { tx }: ReadContext,
  month: Pick<MonthKey, 'personId' | 'month'>,
): Promise<MonthPayment | null> {
  return await findPayment(tx, { personId: month.personId, month: month.month });
}

/**
 * The payment a month is in, or null, with its disbursement held. To be called before the person is held: whoever needs
 * both takes the disbursement first, as payments do.
 */
export async function holdPayment(context: WriteContext, month: MonthKey): Promise<MonthPayment | null> {
  const payment = await findPayment(context.tx, month);
  if (payment?.disbursementId != null)
    await lockDisbursement(context.tx, { relation: 'city' }, payment.disbursementId);
  return payment;
}

/**
 * The payment as it is now that the disbursement and the person are held; the month is held too, so that no gathering
 * takes it meanwhile.
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
 * Takes a recovered month out of its payment. A line that waits leaves its disbursement whole, for its amount is part of
 * what streets signed: its other months wait for the next one.
 *
 * @returns whether the month had been paid, or had settled a debt
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
      // A month that settled a debt was as good as money: what it was worth is owed now.
      return state === 'paid' || state === 'set-off';
  }
}

/** Uses a month for a set-off instead of paying it out. The person is held, so that the month is in no payment by now. */
export async function giveToSetOff(
  context: WriteContext,
  month: MonthKey,
  setOffId: string,
  amountFen: number,
) {
  await lockMonth(context.tx, month);
  await occupyBySetOff(context.tx, month, setOffId, amountFen);
}

/** The set-off lets go of its month, which waits for a payment again. */
export async function takeFromSetOff(
  context: WriteContext,
  month: MonthKey,
  setOffId: string,
): Promise<void> {
  await lockMonth(context.tx, month);
  await freeMonths(context.tx, { personId: month.personId, lineId: setOffId });
}

/** Undoes `takeMonthOut` where the line is still there: a paid month is paid again, a held one held. */
export async function putMonthBack(context: WriteContext, month: MonthKey): Promise<void> {
  await restoreMonth(context.tx, month);
}
