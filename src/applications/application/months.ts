// The months of a case: claimed and released by its applicant; granted, refused and released by decisions; recovered
// and restored by recoveries. No other file changes the state of a month.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { holdPerson, listOwedMonths } from '../../registers/people/operations.ts';
import type { Month } from '../../values/days.ts';
import { monthInWords, stillOwedInWords } from '../../values/wording.ts';
import { moneyOf } from './money.ts';
import { listGrantedMonths, listMonths } from './money-store.ts';
import {
  type ApplicationRow,
  type CaseKey,
  insertClaims,
  listOtherClaims,
  type MonthKey,
  type MonthRow,
  releaseClaims,
  setMonthState,
} from './store.ts';

export async function listCaseMonths(context: ReadContext, application: CaseKey) {
  return await listMonths(context.tx, application);
}

/** What became of the money of the person's granted months among these, of all cases. The person is the current one. */
export async function listMoney(context: ReadContext, personId: string, months: readonly Month[]) {
  const granted = await listGrantedMonths(context.tx, personId, months);
  return granted.flatMap((row) => {
    const money = moneyOf(row);
    return money === null ? [] : [{ month: row.month, amountFen: row.amountFen ?? 0, money }];
  });
}

/**
 * Claims the months of a submitted case. A person's claims are serialised, so that the problem can name the other case
 * that has a month, or the amount still owed for it.
 *
 * @throws Problem month-already-claimed
 */
export async function claimMonths(context: WriteContext, application: ApplicationRow) {
  await refuseTakenMonths(context, application, application.months, '');
  return await insertClaims(context.tx, application, application.months);
}

/**
 * Replaces the claimed months of a case: released months can be claimed by other cases, and new ones must be free.
 *
 * @throws Problem month-already-claimed
 */
export async function changeClaims(
  context: WriteContext,
  application: ApplicationRow,
  months: readonly Month[],
): Promise<void> {
  await refuseTakenMonths(context, application, months, '/body');
  const claimed = (await listMonths(context.tx, application))
    .filter(({ state }) => state === 'claimed')
    .map(({ month }) => month);
  const dropped = claimed.filter((one) => !months.includes(one));
  const added = months.filter((one) => !claimed.includes(one));
  if (dropped.length > 0) await releaseClaims(context.tx, application, dropped);
  if (added.length > 0) await insertClaims(context.tx, application, added);
}

/** Locks the person, and refuses months that another case claims or for which money is owed. */
async function refuseTakenMonths(
  context: WriteContext,
  application: ApplicationRow,
  months: readonly Month[],
  at: string,
): Promise<void> {
  await holdPerson(context, application.personId);
  const others = await listOtherClaims(context.tx, application, months);
  const owed = await listOwedMonths(context, application.personId);
  const pointerTo = (month: string) => `${at}/months/${months.indexOf(month)}`;
  const fieldErrors: FieldError[] = [
    ...others.map(
      ({ month, state, caseNumber }): FieldError => ({
        pointer: pointerTo(month),
        code: state === 'live' ? 'already-granted' : 'claimed-elsewhere',
        detail: `${monthInWords(month)}已在受理编号 ${caseNumber} 的申请中${state === 'live' ? '核定，不能再次申请' : '提出，请等待该申请办结'}。`,
      }),
    ),
    ...owed
      .filter(({ month }) => months.includes(month))
      .map(
        ({ month, owedFen }): FieldError => ({
          pointer: pointerTo(month),
          code: 'still-owed',
          detail: stillOwedInWords(month, owedFen),
        }),
      ),
  ];
  if (fieldErrors.length > 0) throw new Problem('month-already-claimed', { fieldErrors });
}

/** Releases every claimed month of a withdrawn case. */
export async function releaseMonths(context: WriteContext, application: CaseKey) {
  return await releaseClaims(context.tx, application);
}

export async function grantMonth({ tx }: WriteContext, month: MonthKey, amountFen: number): Promise<void> {
  await setMonthState(tx, month, 'claimed', 'live', { amountFen });
}

export async function refuseMonth({ tx }: WriteContext, month: MonthKey): Promise<void> {
  await setMonthState(tx, month, 'claimed', 'refused');
}

/** A decision leaves the month undetermined; it may be claimed again. */
export async function releaseMonth({ tx }: WriteContext, month: MonthKey): Promise<void> {
  await setMonthState(tx, month, 'claimed', 'released');
}

/** A decision was undone: the month is claimed again, whatever its state was. */
export async function reopenMonth(
  { tx }: WriteContext,
  month: MonthKey,
  from: MonthRow['state'],
): Promise<void> {
  await setMonthState(tx, month, from, 'claimed', { amountFen: null });
}

/** A confirmed recovery: the month was not due. `isOwed` while paid money has not been repaid. */
export async function recoverMonth({ tx }: WriteContext, month: MonthKey, isOwed: boolean): Promise<void> {
  await setMonthState(tx, month, 'live', 'recovered', { stillOwed: isOwed });
}

/** A reversed recovery: the month was due after all. */
export async function restoreMonth({ tx }: WriteContext, month: MonthKey): Promise<void> {
  await setMonthState(tx, month, 'recovered', 'live', { stillOwed: false });
}

/** Updates whether money is still owed for a recovered month. */
export async function setMonthOwed({ tx }: WriteContext, month: MonthKey, isOwed: boolean): Promise<void> {
  await setMonthState(tx, month, 'recovered', 'recovered', { stillOwed: isOwed });
}
