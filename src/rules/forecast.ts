// Forecasts what existing terms will cost in a future quarter: people times their remaining months by cap and
// retirement. New applicants are not included.

import { addMonths, type Month, monthIndex, monthsOfQuarter, type Quarter, spanOf } from '../values/days.ts';
import type { RetirementCategory } from './facts.ts';
import { inForce, type Policy } from './policy/policy.ts';
import { isPastRetirementAge } from './retirement.ts';

/** People with equal values in everything that the forecast uses. */
export interface TermGroup {
  readonly people: number;
  readonly sex: 'M' | 'F';
  readonly bornMonth: Month;
  /** A woman's recorded category; null when there is none. */
  readonly recordedCategory: 'F50' | 'F55' | null;
  /** Months left under the cap; null without a cap. */
  readonly left: number | null;
  /** The newest granted month; null when there is none. */
  readonly lastGranted: Month | null;
  /** The month in which a pension begins; null when none is recorded. */
  readonly pensionFrom: Month | null;
}

export interface ForecastSum {
  /** Number of people with at least one month. */
  readonly people: number;
  readonly months: number;
  readonly amountFen: number;
}

export interface Forecast {
  /** Assumes that people granted a month recently continue every month. */
  readonly expected: ForecastSum;
  /** Assumes that everybody claims all they have left: an upper bound for existing terms. */
  readonly ceiling: ForecastSum;
}

/** How recent, before the quarter, a granted month must be for its person to be expected to continue. */
const activeWithinMonths = 6;

/** @param today the day of the forecast, whose policy applies */
export function forecastOf(
  groups: readonly TermGroup[],
  quarter: Quarter,
  policy: Policy,
  today: string,
): Forecast {
  const months = monthsOfQuarter(quarter);
  const [first] = months;
  const expected = new Sum();
  const ceiling = new Sum();
  for (const group of groups) {
    const open = months.filter((month) =>
      isOpen(group, categoryOf(group, policy, today), month, policy, today),
    );
    const atMost = months.filter((month) => isOpen(group, latestCategoryOf(group), month, policy, today));
    ceiling.add(group.people, amountsOf(atMost.slice(0, group.left ?? atMost.length), policy));
    if (group.lastGranted === null || group.lastGranted < addMonths(first, -activeWithinMonths)) continue;
    // Claiming every month up to the quarter uses part of the cap first.
    const before = Math.max(0, monthIndex(first) - monthIndex(group.lastGranted) - 1);
    const left = group.left === null ? open.length : Math.max(0, group.left - before);
    expected.add(group.people, amountsOf(open.slice(0, left), policy));
  }
  return { expected: expected.sum, ceiling: ceiling.sum };
}

function isOpen(
  group: TermGroup,
  category: RetirementCategory,
  month: Month,
  policy: Policy,
  today: string,
): boolean {
  const { bornMonth, lastGranted, pensionFrom } = group;
  const { firstMonth, pensionMonthPayable } = policy.parameters;
  if (month < inForce(firstMonth, today)) return false;
  if (lastGranted !== null && month <= lastGranted) return false;
  if (pensionFrom !== null && month > pensionFrom) return false;
  if (pensionFrom === month && !inForce(pensionMonthPayable, today)) return false;
  return !isPastRetirementAge(monthIndex(bornMonth), category, policy, spanOf(month), today);
}

function categoryOf({ sex, recordedCategory }: TermGroup, policy: Policy, today: string): RetirementCategory {
  return sex === 'M' ? 'M60' : (recordedCategory ?? inForce(policy.parameters.womenCategory, today));
}

/** A woman without a recorded category may retire at fifty-five, which the upper bound must include. */
function latestCategoryOf({ sex, recordedCategory }: TermGroup): RetirementCategory {
  return sex === 'M' ? 'M60' : (recordedCategory ?? 'F55');
}

function amountsOf(months: readonly Month[], { parameters }: Policy): number[] {
  return months.map((month) => inForce(parameters.monthlyAmountFen, spanOf(month).lastDay));
}

class Sum {
  #people = 0;
  #months = 0;
  #amountFen = 0;

  /** @param amounts one person's amount per month, in fen */
  add(people: number, amounts: readonly number[]): void {
    if (amounts.length === 0) return;
    this.#people += people;
    this.#months += people * amounts.length;
    this.#amountFen += people * amounts.reduce((sum, amount) => sum + amount, 0);
  }

  get sum(): ForecastSum {
    return { people: this.#people, months: this.#months, amountFen: this.#amountFen };
  }
}
