// Errors that prevent a claim from being assessed, all at once. Whether an assessed month is payable is in
// assess.ts.

import {
  type Day,
  isDay,
  isMonth,
  isQuarter,
  type Month,
  monthsOfQuarter,
  type Quarter,
} from '../../values/days.ts';
import { type FieldError, fieldError } from '../../values/field-errors.ts';
import { hasEnded, isPastDeadline } from '../entitlement.ts';
import type { Policy } from '../policy/policy.ts';

/** The claimed months; without a list, all three of the quarter. */
export type ClaimedMonths = { readonly quarter: Quarter; readonly months?: readonly Month[] };

/**
 * Errors of the quarter and its months on the submission day: one to three ended months of one quarter,
 * without repetition. `pointer` leads to the object with `quarter` and `months`.
 */
export function fieldErrorsOfMonths(
  { quarter, months }: ClaimedMonths,
  today: Day,
  policy: Policy,
  pointer: string,
): FieldError[] {
  if (!isQuarter(quarter)) return [fieldError(`${pointer}/quarter`, 'quarter-form')];
  const all: readonly Month[] = monthsOfQuarter(quarter);
  if (months === undefined) {
    const hasEndedWhole = all.every((month) => hasEnded(month, today, policy));
    return hasEndedWhole ? [] : [fieldError(`${pointer}/quarter`, 'quarter-not-ended')];
  }
  if (months.length === 0) return [fieldError(`${pointer}/months`, 'months-missing')];
  return months.flatMap((month, index) => {
    const at = `${pointer}/months/${index}`;
    if (!isMonth(month)) return [fieldError(at, 'month-form')];
    const fieldErrors: FieldError[] = [];
    if (months.indexOf(month) < index) fieldErrors.push(fieldError(at, 'month-twice'));
    if (!all.includes(month)) fieldErrors.push(fieldError(at, 'month-outside-quarter'));
    if (!hasEnded(month, today, policy)) fieldErrors.push(fieldError(at, 'month-not-ended'));
    if (isPastDeadline(month, today, policy)) fieldErrors.push(fieldError(at, 'month-past-deadline'));
    return fieldErrors;
  });
}

/** Errors of a birth date; identity numbers are read in identity-number.ts. */
export function fieldErrorsOfBirth(born: Day, today: Day, pointer: string): FieldError[] {
  if (!isDay(born)) return [fieldError(pointer, 'day-form')];
  return born > today ? [fieldError(pointer, 'birth-in-future')] : [];
}
