// What the terms that have begun will still cost in a quarter to come: people times the months that cap and retirement
// leave them. It knows only who was approved; newcomers are nobody's arithmetic.

import { addMonths, type Month, monthIndex, monthsOfQuarter, type Quarter, spanOf } from '../values/days.ts';
import type { RetirementCategory } from './facts.ts';
import { inForce, type Policy } from './policy/policy.ts';
import { isPastRetirementAge } from './retirement.ts';

/** People who are alike in everything that matters here. */
export interface TermGroup {
  readonly people: number;
  readonly sex: 'M' | 'F';
  readonly bornMonth: Month;
  /** What a record says of a woman's category; null where none does. */
  readonly recordedCategory: 'F50' | 'F55' | null;
  /** Months that the cap leaves; null without a cap. */
  readonly left: number | null;
  /** The newest month granted; null when none stands. */
  readonly lastGranted: Month | null;
  /** The month in which a pension begins; null while none is on file. */
  readonly pensionFrom: Month | null;
}

export interface ForecastSum {
  /** Who has at least one month. */
  readonly people: number;
  readonly months: number;
  readonly amountFen: number;
}

export interface Forecast {
  /** Whoever was granted a month lately goes on month by month. */
  readonly expected: ForecastSum;
  /** Whoever has anything left claims all of it: no more than this can be due to terms that have begun. */
  readonly ceiling: ForecastSum;
}

/** Who was granted a month within so many before the quarter is expected to go on. */
const activeWithinMonths = 6;

/** @param today the day of asking, by whose policy the quarter is forecast */
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
    // The months up to the quarter, claimed without a gap, use the cap up first.
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

/** A woman whose category no record tells may turn out to retire at fifty-five: the ceiling must hold all the same. */
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

  /** @param amounts of each month of one of the people, in fen */
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
