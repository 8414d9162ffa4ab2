// The months of a case: claimed and released by its applicant; granted, refused and released by decisions; recovered
// and restored by recoveries. No other file changes the state of a month.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { together } from '../../platform/database/together.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import type { Month } from '../../values/days.ts';
import { monthInWords, stillOwedInWords } from '../../values/wording.ts';
import { moneyOf } from './money.ts';
import { listGrantedMonths, listMonths } from './money-store.ts';
import {
  insertClaims,
  listTakenMonths,
  type MonthKey,
  type MonthRow,
  releaseClaims,
  renewClaims,
  setMonthState,
  settleMonths,
  type TakenMonth,
} from './month-store.ts';
import type { ApplicationRow, CaseKey } from './store.ts';

export type SettledMonth = Parameters<typeof settleMonths>[2][number];

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
 * Which months of a case, or which others, it cannot claim. Asked for with the lock on its person: a person's claims are
 * serialised, so that the problem can name the other case that has a month, or the amount still owed for it.
 */
export async function takenMonths(
  { tx }: WriteContext,
  applicationId: string,
  months: readonly Month[] | null = null,
): Promise<readonly TakenMonth[]> {
  return await listTakenMonths(tx, applicationId, months);
}

/** Claims the months of a draft that is submitted, of which none is taken. */
export async function claimMonths({ tx }: WriteContext, application: ApplicationRow) {
  return await insertClaims(tx, application, application.months);
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
  const [, taken] = await together([
    holdPerson(context, application.personId),
    takenMonths(context, application.applicationId, months),
  ]);
  refuseTakenMonths(taken, months, '/body');
  const claimed = (await listMonths(context.tx, application))
    .filter(({ state }) => state === 'claimed')
    .map(({ month }) => month);
  const dropped = claimed.filter((one) => !months.includes(one));
  const added = months.filter((one) => !claimed.includes(one));
  if (dropped.length > 0) await releaseClaims(context.tx, application, dropped);
  if (added.length > 0) await renewClaims(context.tx, application, added);
}

/** @param at pointer to the months' parent @throws Problem month-already-claimed */
export function refuseTakenMonths(taken: readonly TakenMonth[], months: readonly Month[], at: string): void {
  if (taken.length === 0) return;
  const fieldErrors = taken.map(({ month, by, caseNumber, owedFen }): FieldError => {
    const pointer = `${at}/months/${months.indexOf(month)}`;
    const inOther = `${monthInWords(month)}已在受理编号 ${caseNumber} 的申请中`;
    if (by === 'owed') return { pointer, code: 'still-owed', detail: stillOwedInWords(month, owedFen) };
    return by === 'live'
      ? { pointer, code: 'already-granted', detail: `${inOther}核定，不能再次申请。` }
      : { pointer, code: 'claimed-elsewhere', detail: `${inOther}提出，请等待该申请办结。` };
  });
  throw new Problem('month-already-claimed', { fieldErrors });
}

/** Releases every claimed month of a withdrawn case. */
export async function releaseMonths(context: WriteContext, application: CaseKey) {
  return await releaseClaims(context.tx, application);
}

/**
 * A decision settles every month of a case: grants it with its amount, refuses it, or leaves it undetermined, so that it
 * may be claimed again.
 */
export async function settleClaims(
  { tx }: WriteContext,
  application: CaseKey,
  months: readonly SettledMonth[],
): Promise<void> {
  await settleMonths(tx, application, months);
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
