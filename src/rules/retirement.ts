// The statutory retirement date 法定退休年龄. Counts in months: the day of birth does not affect the delay.
// Parameters say which ages apply on which day; consequences are in checks.ts.

import {
  addMonths,
  type Day,
  dayLikeOf,
  type Month,
  monthAt,
  monthIndex,
  type Span,
} from '../values/days.ts';
import { absenceIn, type Evidence, filterBy } from './evidence.ts';
import { beganBefore, beganBy, type FactOf, holdsOn, type RetirementCategory } from './facts.ts';
import type { StatutoryAge } from './policy/parameters.ts';
import { inForce, type Policy } from './policy/policy.ts';

/** What the rules know of a person besides facts. Never a name or number. */
export type Person = {
  readonly sex: 'M' | 'F';
  readonly born: Day;
  /** Holds a residence permit (number beginning 81, 82 or 83): never a local household. */
  readonly residencePermit?: boolean;
};

export type Retirement = { readonly category: RetirementCategory; readonly on: Day; readonly month: Month };

/** As stored and shown. Its day equals the day of birth, which is part of the identity number. */
export type ToldRetirement = Pick<Retirement, 'category' | 'month'>;

export function toldRetirement({ category, month }: ToldRetirement): ToldRetirement {
  return { category, month };
}

type CategoryFact = FactOf<'retirement-category'>;

/**
 * The retirement date by the law on a day (三 and, from 2025, the national table): index(birth) + 12 · base +
 * delay, on the day of birth, or the month's last day if shorter. `recorded` are the records of the person's
 * retirement category.
 */
export function retirementOf(
  person: Person,
  recorded: readonly CategoryFact[],
  policy: Policy,
  asOf: Day,
): Retirement {
  return retirementIn(retirementCategoryOf(person, recorded, policy, asOf), person, policy, asOf);
}

/** A woman's two possible retirements: at fifty and at fifty-five. */
export function agesOfWomen(person: Person, policy: Policy, asOf: Day): readonly [Retirement, Retirement] {
  return [retirementIn('F50', person, policy, asOf), retirementIn('F55', person, policy, asOf)];
}

function retirementIn(category: RetirementCategory, person: Person, policy: Policy, asOf: Day): Retirement {
  const age = inForce(policy.parameters.statutoryAges, asOf)[category];
  const month = monthAt(retirementIndex(monthIndex(person.born), age));
  return { category, on: dayLikeOf(person.born, month), month };
}

/** The index (see `monthIndex`) of the month of retirement. */
export function retirementIndex(birthIndex: number, age: StatutoryAge): number {
  return birthIndex + 12 * age.baseYears + delayOf(birthIndex, age);
}

/**
 * The column of the age table. For women it is the measure's fifty unless a record on the day says
 * fifty-five; of two contradictory records the lower age counts, so that nothing is paid on a contradiction.
 */
export function retirementCategoryOf(
  person: Person,
  recorded: readonly CategoryFact[],
  policy: Policy,
  asOf: Day,
): RetirementCategory {
  if (person.sex === 'M') return 'M60';
  const holding = filterBy(recorded, holdsOn, asOf);
  if (holding.some(({ category }) => category === 'F50')) return 'F50';
  const isFiftyFive = holding.some(({ category }) => category === 'F55');
  return isFiftyFive ? 'F55' : inForce(policy.parameters.womenCategory, asOf);
}

/**
 * Whether a person's category is known on a month's last day: by a record, or by a complete register without
 * one. The term does not need this (三 writes 50); past the age it decides, because an unknown category
 * retires nobody.
 */
export function isCategoryTold({ sex }: Person, evidence: Evidence, span: Span): boolean {
  if (sex === 'M') return true;
  const recorded = filterBy(evidence.facts['retirement-category'], holdsOn, span.lastDay);
  return recorded.length > 0 || absenceIn(evidence, 'retirement-category', span) !== null;
}

/**
 * 六.4: whether a month is after the month of the statutory age, by the ages in force for that month. A
 * parameter says whether that month itself is payable: the text says 超过, not 达到.
 */
export function isPastRetirementAge(
  birthIndex: number,
  category: RetirementCategory,
  policy: Policy,
  span: Span,
  decidedOn: Day,
): boolean {
  const retirement = retirementIndex(
    birthIndex,
    inForce(policy.parameters.statutoryAges, span.lastDay)[category],
  );
  const months = span.index - retirement;
  return inForce(policy.parameters.retirementMonthPayable, decidedOn) ? months > 0 : months >= 0;
}

/** The last month before the age ends the entitlement. */
export function lastMonthByAge({ month }: ToldRetirement, policy: Policy, decidedOn: Day): Month {
  return inForce(policy.parameters.retirementMonthPayable, decidedOn) ? month : addMonths(month, -1);
}

/** The pensions, early or late, that have ended the entitlement by a month (三 “延长至退休”). */
export function pensionsEnding(
  pensions: readonly FactOf<'pension'>[],
  policy: Policy,
  span: Span,
  decidedOn: Day,
): readonly FactOf<'pension'>[] {
  const firstMonthPays = inForce(policy.parameters.pensionMonthPayable, decidedOn);
  return firstMonthPays
    ? filterBy(pensions, beganBefore, span.firstDay)
    : filterBy(pensions, beganBy, span.lastDay);
}

function delayOf(birthIndex: number, { delay }: StatutoryAge): number {
  if (delay === null) return 0;
  const late = birthIndex - monthIndex(delay.firstBirthMonth);
  return late < 0 ? 0 : Math.min(delay.atMostMonths, Math.floor(late / delay.everyMonths) + 1);
}
