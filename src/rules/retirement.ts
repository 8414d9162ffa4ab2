// The statutory retirement date 法定退休年龄 of a person. Month arithmetic only: the day of birth plays no part in the
// delay. Which ages are law on which day is a parameter; what follows from being past retirement is in checks.ts.

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

/** What the rules need to know of a person beside the facts. No name and no number ever comes here. */
export type Person = {
  readonly sex: 'M' | 'F';
  readonly born: Day;
  /** Holds a residence permit (numbers beginning 81, 82, 83): never a local household. */
  readonly residencePermit?: boolean;
};

export type Retirement = { readonly category: RetirementCategory; readonly on: Day; readonly month: Month };

/** As it is told and kept. Its day is the day of birth, which belongs to the identity number. */
export type ToldRetirement = Pick<Retirement, 'category' | 'month'>;

export function toldRetirement({ category, month }: ToldRetirement): ToldRetirement {
  return { category, month };
}

type CategoryFact = FactOf<'retirement-category'>;

/**
 * The retirement date as the law stands on a day (三 and, from 2025, the national table).
 * index(birth) + 12 · base + delay, on the day of birth, clamped to the month's last day. `recorded` are the records of
 * the person's retirement category.
 */
export function retirementOf(
  person: Person,
  recorded: readonly CategoryFact[],
  policy: Policy,
  asOf: Day,
): Retirement {
  return retirementIn(retirementCategoryOf(person, recorded, policy, asOf), person, policy, asOf);
}

/** Both retirements that a woman may have: at fifty, and at fifty-five. */
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
 * The column of the age table. A woman's is the measure's fifty unless a record holding on the day says fifty-five; where
 * two records disagree the lower age counts, so that a contradiction between registers is never paid upon.
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
 * Whether anybody has told a person's category on the last day of a month: a record, or a register that is complete and
 * has none. The term does not ask this (三 writes 50); past the age it decides, because silence retires nobody.
 */
export function isCategoryTold({ sex }: Person, evidence: Evidence, span: Span): boolean {
  if (sex === 'M') return true;
  const recorded = filterBy(evidence.facts['retirement-category'], holdsOn, span.lastDay);
  return recorded.length > 0 || absenceIn(evidence, 'retirement-category', span) !== null;
}

/**
 * 六.4: whether a month lies past the month of the statutory age, by the ages in force for the month judged. Whether
 * that month itself still pays is a parameter: the text says 超过, not 达到.
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

/** The month that age makes the last. */
export function lastMonthByAge({ month }: ToldRetirement, policy: Policy, decidedOn: Day): Month {
  return inForce(policy.parameters.retirementMonthPayable, decidedOn) ? month : addMonths(month, -1);
}

/** The pensions, early or late, whose start ends the entitlement by a month (三 “延长至退休”). */
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
