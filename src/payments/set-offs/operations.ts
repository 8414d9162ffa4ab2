// Set-off 抵扣: a granted month that waits to be paid settles a debt of the same person instead, as a whole and with
// their written consent. It occupies the month like a payment, and is reversed by reverse ledger entries.

import { locked as lockedApplication, sign } from '../../applications/application/lifecycle.ts';
import { listCaseMonths, setMonthOwed } from '../../applications/application/months.ts';
import { listCaseMaterials } from '../../applications/materials/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { quarterOf } from '../../values/days.ts';
import { moneyInWords, monthInWords } from '../../values/wording.ts';
import { type Movement, post } from '../ledger/operations.ts';
import { giveToSetOff, paymentOf, takeFromSetOff } from '../lines/months.ts';
import {
  advance,
  conflict,
  describe,
  locked,
  pathOf,
  type RecoveryRow,
  setRepaid,
} from '../recoveries/lifecycle.ts';
import { tellSetOff } from '../recoveries/notify.ts';
import { addSetOff } from '../recoveries/store.ts';
import type { ReverseSetOff, SetOffRecovery } from './schemas.ts';
import { findDoubt, insertSetOff, isOfLiftedBar, lockSetOff, setReversed } from './store.ts';

type Application = Awaited<ReturnType<typeof lockedApplication>>;

/** The month that settles the debt. */
interface UsedMonth {
  readonly personId: string;
  readonly applicationId: string;
  readonly month: string;
  readonly amountFen: number;
}

/**
 * Uses a whole granted month that is in no payment to settle a recovery of the same person and agency. A month worth
 * more than the debt is refused, because months are not divided.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, set-off-refused with every reason,
 *   repayment-exceeds-debt, officer-already-on-case
 */
export async function setOffRecovery(
  context: WriteContext,
  recoveryId: string,
  expected: number,
  body: SetOffRecovery,
) {
  const recovery = await locked(context, recoveryId, expected);
  if (recovery.state !== 'confirmed') throw conflict(recovery);
  const application = await lockedApplication(context, body.applicationId);
  await holdPerson(context, recovery.personId);
  const used = await usableMonth(context, recovery, application, body);
  const { amountFen } = used;
  if (amountFen > recovery.owedFen) {
    const owed = moneyInWords(recovery.owedFen);
    const detail = `${monthInWords(used.month)}补贴为${moneyInWords(amountFen)}，超过尚欠的${owed}；抵扣须用整月，请登记退款。`;
    throw new Problem('repayment-exceeds-debt', {
      fieldErrors: [{ pointer: '/body/month', code: 'too-much', detail }],
    });
  }
  await sign(context, application, 'payer');
  const setOffId = context.newId();
  await insertSetOff(context.tx, {
    personId: recovery.personId,
    setOffId,
    recoveryId,
    agencyCode: recovery.agencyCode,
    applicationId: used.applicationId,
    month: used.month,
    amountFen,
    consentId: body.consentMaterialId,
    madeAt: context.at.toString(),
    madeBy: officerOf(context.actor),
  });
  await giveToSetOff(context, used, setOffId, amountFen);
  await addSetOff(context.tx, recoveryId, amountFen);
  await post(context, movementsOf(recovery, used));
  await context.audit({
    target: ['recovery', recoveryId],
    personId: recovery.personId,
    change: { setOffId, applicationId: used.applicationId, month: used.month, setOffFen: amountFen },
  });
  const owedFen = recovery.owedFen - amountFen;
  if (owedFen === 0) await setRepaid(context, recovery, 'setOffRecovery');
  await tellSetOff(context, recovery, used, 'set-off', owedFen);
  return await describe(context, recoveryId);
}

/**
 * Reverses a set-off: the month waits to be paid again, and the debt is owed again. Refused if the month of the debt
 * was claimed again meanwhile, if the cap is used up, if a bar was lifted because everything was repaid, or if the
 * month that settled it has itself been recovered.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, month-already-claimed, cap-exceeded,
 *   officer-already-on-case
 */
export async function reverseSetOff(
  context: WriteContext,
  { id: recoveryId, setOffId }: { readonly id: string; readonly setOffId: string },
  expected: number,
  { reason }: ReverseSetOff,
) {
  const recovery = await locked(context, recoveryId, expected);
  const used = await lockSetOff(context.tx, recoveryId, setOffId);
  if (used === undefined) throw new Problem('not-found');
  if (used.reversedAt !== null) throw new Problem('state-conflict', { detail: '该抵扣已经撤销。' });
  const { amountFen } = used;
  const application = await lockedApplication(context, used.applicationId);
  await holdPerson(context, recovery.personId);
  if ((await monthOf(context, application, used.month))?.state !== 'live') {
    const detail = `用于抵扣的${monthInWords(used.month)}已被追回，不能再恢复发放。`;
    throw new Problem('state-conflict', { detail });
  }
  if (await isOfLiftedBar(context.tx, recovery)) {
    const detail = '欠款还清后取消的申请资格已经解除，不能再撤销抵扣。';
    throw new Problem('state-conflict', { detail });
  }
  await sign(context, application, 'payer');
  if (recovery.state === 'repaid') {
    await setMonthOwed(context, recovery, true);
    await advance(context, recovery, 'reverseSetOff', { closedAt: null });
  }
  await addSetOff(context.tx, recoveryId, -amountFen);
  const reversal = { reversedAt: context.at.toString(), reversedBy: officerOf(context.actor), reason };
  await setReversed(context.tx, setOffId, reversal);
  await takeFromSetOff(context, used, setOffId);
  await post(
    context,
    movementsOf(recovery, used).map(({ from, to, ...movement }) => ({ ...movement, from: to, to: from })),
  );
  await context.audit({
    target: ['recovery', recoveryId],
    personId: recovery.personId,
    change: { setOffId, reversed: true, setOffFen: -amountFen },
  });
  await tellSetOff(context, recovery, used, 'set-off-reversed', recovery.owedFen + amountFen);
  return await describe(context, recoveryId);
}

/** The granted month, or every reason at once why it cannot be used. */
async function usableMonth(
  context: WriteContext,
  recovery: RecoveryRow,
  application: Application,
  { month, consentMaterialId }: SetOffRecovery,
): Promise<UsedMonth> {
  const { personId, applicationId } = application;
  const granted = await monthOf(context, application, month);
  const amountFen = granted?.state === 'live' ? granted.amountFen : null;
  const fieldErrors: FieldError[] = [];
  if (personId !== recovery.personId || application.agencyCode !== recovery.agencyCode) {
    const detail = '应为欠款本人在同一经办机构的申请。';
    fieldErrors.push({ pointer: '/body/applicationId', code: 'not-the-debtors', detail });
  } else if (amountFen === null) {
    const detail = `${monthInWords(month)}没有在此申请中批准，或已被追回。`;
    fieldErrors.push({ pointer: '/body/month', code: 'not-granted', detail });
  } else {
    const hindrance = await hindranceOf(context, { personId, applicationId, month });
    if (hindrance !== null) {
      const detail = `${monthInWords(month)}${hindrances[hindrance]}`;
      fieldErrors.push({ pointer: '/body/month', code: hindrance, detail });
    }
  }
  if (!(await hasConsent(context, application, consentMaterialId))) {
    const detail = '应为此申请中未被替换的抵扣同意书；还没有的，请先上传本人签名的抵扣同意书。';
    fieldErrors.push({ pointer: '/body/consentMaterialId', code: 'no-consent', detail });
  }
  if (fieldErrors.length > 0 || amountFen === null) throw new Problem('set-off-refused', { fieldErrors });
  return { personId, applicationId, month, amountFen };
}

const hindrances = {
  'in-payment': '已列入发放批次或已经发放，不能抵扣。',
  'set-off': '已经用于抵扣。',
  'in-doubt': '正在核实是否应当追回，请先办结。',
  'awaits-quality-review': '正在等待复核抽查，请先完成复核。',
  died: '的申请人已去世，由谁领取尚由经办机构确定，不能抵扣。',
} as const;

async function hindranceOf(
  context: WriteContext,
  key: Pick<UsedMonth, 'personId' | 'applicationId' | 'month'>,
) {
  const payment = await paymentOf(context, key);
  if (payment === null) return await findDoubt(context.tx, key);
  return payment.state === 'set-off' ? 'set-off' : 'in-payment';
}

async function monthOf(context: WriteContext, application: Application, month: string) {
  return (await listCaseMonths(context, application)).find((row) => row.month === month);
}

async function hasConsent(
  context: WriteContext,
  application: Application,
  materialId: string,
): Promise<boolean> {
  const supplied = await listCaseMaterials(context, application);
  const isReplaced = supplied.some(({ supersedes }) => supersedes === materialId);
  return (
    !isReplaced && supplied.some((one) => one.materialId === materialId && one.kind === 'set-off-consent')
  );
}

/**
 * Ledger entries of a set-off: the month is no longer to be paid, the debt no longer to be repaid, each in its own
 * quarter.
 */
function movementsOf(recovery: RecoveryRow, used: UsedMonth): Movement[] {
  const { agencyCode, personId } = recovery;
  const { applicationId, month, amountFen } = used;
  const quarter = quarterOf(month);
  return [
    { agencyCode, quarter, personId, applicationId, amountFen, from: 'waiting', to: 'set-off' },
    { ...pathOf(recovery), amountFen, from: 'recoverable', to: 'settled-by-set-off' },
  ];
}
