// What keeps a claim from being judged at all, every error at once. Whether a judged month is payable is in assess.ts.

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

/** The months asked for; without a list, all three of the quarter. */
export type ClaimedMonths = { readonly quarter: Quarter; readonly months?: readonly Month[] };

/**
 * Faults of the quarter and its months on the day of submission: one to three ended months of one quarter, each once.
 * `pointer` leads to the object that holds `quarter` and `months`.
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

/** Faults of a day of birth; identity numbers are read in identity-number.ts. */
export function fieldErrorsOfBirth(born: Day, today: Day, pointer: string): FieldError[] {
  if (!isDay(born)) return [fieldError(pointer, 'day-form')];
  return born > today ? [fieldError(pointer, 'birth-in-future')] : [];
}
