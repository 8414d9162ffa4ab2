// What keeps a claim from being judged at all, every fault at once. Whether a judged month is payable is in assess.ts.

import {
  type Day,
  isDay,
  isMonth,
  isQuarter,
  type Month,
  monthsOfQuarter,
  type Quarter,
} from '../../values/days.ts';
import { type Fault, fault } from '../../values/faults.ts';
import { hasEnded, isPastDeadline } from '../entitlement.ts';
import type { Policy } from '../policy/policy.ts';

/** The months asked for; without a list, all three of the quarter. */
export type ClaimedMonths = { readonly quarter: Quarter; readonly months?: readonly Month[] };

/**
 * Faults of the quarter and its months on the day of submission: one to three ended months of one quarter, each once.
 * `pointer` leads to the object that holds `quarter` and `months`.
 */
export function faultsOfMonths(
  { quarter, months }: ClaimedMonths,
  today: Day,
  policy: Policy,
  pointer: string,
): Fault[] {
  if (!isQuarter(quarter)) return [fault(`${pointer}/quarter`, 'quarter-form')];
  const all: readonly Month[] = monthsOfQuarter(quarter);
  if (months === undefined) {
    const hasEndedWhole = all.every((month) => hasEnded(month, today, policy));
    return hasEndedWhole ? [] : [fault(`${pointer}/quarter`, 'quarter-not-ended')];
  }
  if (months.length === 0) return [fault(`${pointer}/months`, 'months-missing')];
  return months.flatMap((month, index) => {
    const at = `${pointer}/months/${index}`;
    if (!isMonth(month)) return [fault(at, 'month-form')];
    const faults: Fault[] = [];
    if (months.indexOf(month) < index) faults.push(fault(at, 'month-twice'));
    if (!all.includes(month)) faults.push(fault(at, 'month-outside-quarter'));
    if (!hasEnded(month, today, policy)) faults.push(fault(at, 'month-not-ended'));
    if (isPastDeadline(month, today, policy)) faults.push(fault(at, 'month-past-deadline'));
    return faults;
  });
}

/** Faults of a day of birth; identity numbers are read in identity-number.ts. */
export function faultsOfBirth(born: Day, today: Day, pointer: string): Fault[] {
  if (!isDay(born)) return [fault(pointer, 'day-form')];
  return born > today ? [fault(pointer, 'birth-in-future')] : [];
}

/** Faults of the two days of a claim, as in a “what if”: under the measure, and decided no earlier than submitted. */
export function faultsOfClaimDays(
  { submittedOn, decidedOn }: { readonly submittedOn: Day; readonly decidedOn: Day },
  firstPolicy: Policy,
  pointer: string,
): Fault[] {
  const malformed = Object.entries({ submittedOn, decidedOn }).filter(([, day]) => !isDay(day));
  if (malformed.length > 0) return malformed.map(([name]) => fault(`${pointer}/${name}`, 'day-form'));
  const faults: Fault[] = [];
  if (submittedOn < firstPolicy.from)
    faults.push(fault(`${pointer}/submittedOn`, 'submission-before-measure'));
  if (decidedOn < submittedOn) faults.push(fault(`${pointer}/decidedOn`, 'decision-before-submission'));
  return faults;
}
