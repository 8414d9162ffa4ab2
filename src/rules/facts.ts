// The registers' records in the form that rules read: a fact, the days on which it holds, and through which
// month each register is complete. Source and time of arrival are kept with the records, not here.

import { type Day, type Month, type Span, spanOf } from '../values/days.ts';

/** Every kind of record; others are rejected on delivery. */
export const kinds = [
  'household',
  'unemployment-registration',
  'hardship-recognition',
  'flexible-employment',
  'contribution',
  'contribution-refund',
  'unemployment-benefit',
  'skills-training',
  'public-post',
  'imprisonment',
  'public-payroll',
  'employer-insurance',
  'pension',
  'retirement-category',
  'dishonesty',
  'death',
  'prior-benefit',
] as const;
export type Kind = (typeof kinds)[number];

/** The nine categories of recognised hardship 就业困难人员 (一.一). */
export const hardshipCategories = [
  'zero-employment-family',
  'disabled',
  'low-income',
  'landless',
  'lifted-out-of-poverty',
  'at-risk-of-poverty',
  'retired-fisher',
  'long-term-unemployed-4050',
  'other-provincial',
] as const;
export type HardshipCategory = (typeof hardshipCategories)[number];

/** Men at 60, women at 55, women at 50: the columns of the statutory retirement table. */
export const retirementCategories = ['M60', 'F55', 'F50'] as const;
export type RetirementCategory = (typeof retirementCategories)[number];

export const contributionSchemes = ['employees', 'residents'] as const;
export type ContributionScheme = (typeof contributionSchemes)[number];

/** The insurances 险种 of a contribution. */
export const insurances = ['pension', 'medical'] as const;
export type Insurance = (typeof insurances)[number];

export const contributionPayers = ['individual', 'employer'] as const;
export type ContributionPayer = (typeof contributionPayers)[number];

type Held = {
  readonly id: string;
  readonly from: Day;
  /** Null while open. */
  readonly to: Day | null;
  /**
   * Nothing of this kind held on these days. Only officers' attestations state this, to settle what an
   * incomplete register leaves unknown; it never outweighs a record.
   */
  readonly absent?: true;
  /** Attested by an officer: settles what the registers leave unknown, but overrides no hit. */
  readonly attested?: true;
};

type Plain<K extends Kind> = Held & { readonly kind: K };

/** Household registration 户籍, by its street's nine-digit code. */
export type Household = Plain<'household'> & { readonly street: string };
/** Recognition as a person in hardship 就业困难人员认定. */
export type HardshipRecognition = Plain<'hardship-recognition'> & { readonly category: HardshipCategory };
/** A contribution 缴费 for one month (费款所属期), whenever and wherever paid; its days are that month's. */
export type Contribution = Plain<'contribution'> & {
  readonly month: Month;
  readonly scheme: ContributionScheme;
  /** Absent only in rows from before registers had to give it. */
  readonly insurance?: Insurance;
  readonly payer: ContributionPayer;
  readonly refunded: boolean;
  readonly place?: string;
  readonly paidOn?: Day;
};
/**
 * A refund 退费 of an individual's contribution to the employees' scheme for one month, as its own row; its
 * days are that month's.
 */
export type ContributionRefund = Plain<'contribution-refund'> & {
  readonly month: Month;
  readonly insurance: Insurance;
  readonly refundedOn?: Day;
};
export type RetirementCategoryFact = Plain<'retirement-category'> & { readonly category: RetirementCategory };
/** Months granted before this service existed or in another city, with the term fixed there 初次核定. */
export type PriorBenefit = Plain<'prior-benefit'> & {
  readonly months: readonly Month[];
  readonly firstApprovedOn: Day;
  readonly near: boolean;
};

export type Fact =
  | Household
  | HardshipRecognition
  | Contribution
  | ContributionRefund
  | RetirementCategoryFact
  | PriorBenefit
  | Plain<'unemployment-registration'>
  | Plain<'flexible-employment'>
  | Plain<'unemployment-benefit'>
  | Plain<'skills-training'>
  | Plain<'public-post'>
  | Plain<'imprisonment'>
  | Plain<'public-payroll'>
  | Plain<'employer-insurance'>
  | Plain<'pension'>
  | Plain<'dishonesty'>
  | Plain<'death'>;

export type FactOf<K extends Kind> = Extract<Fact, { kind: K }>;

/** Through which month each register has declared its records complete; absent: not at all. */
export type Coverage = { readonly [K in Kind]?: Month };

export function holdsOn(fact: Held, day: Day): boolean {
  return fact.from <= day && (fact.to === null || fact.to >= day);
}

export function holdsIn(fact: Held, month: Month): boolean {
  return holdsWithin(fact, spanOf(month));
}

export function holdsWithin(fact: Held, { firstDay, lastDay }: Span): boolean {
  return fact.from <= lastDay && (fact.to === null || fact.to >= firstDay);
}

export function beganBefore(fact: Held, day: Day): boolean {
  return fact.from < day;
}

export function beganBy(fact: Held, day: Day): boolean {
  return fact.from <= day;
}
