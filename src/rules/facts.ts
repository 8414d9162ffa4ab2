// What the registers say about a person, in the shape the rules read: one fact, the days it holds, and how far each
// register has promised to be complete. Where a fact came from and when it was learnt belongs to the records, not here.

import { type Day, type Month, type Span, spanOf } from '../values/days.ts';

/** Every kind of record there is; an unknown kind is refused at the door. */
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

/** The nine categories of people recognised as being in difficulty 就业困难人员 (一.一). */
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

/** Men at 60, women at 55, women at 50: the three columns of the statutory retirement table. */
export const retirementCategories = ['M60', 'F55', 'F50'] as const;
export type RetirementCategory = (typeof retirementCategories)[number];

export const contributionSchemes = ['employees', 'residents'] as const;
export type ContributionScheme = (typeof contributionSchemes)[number];

/** The insurances 险种 that a contribution is for. */
export const insurances = ['pension', 'medical'] as const;
export type Insurance = (typeof insurances)[number];

export const contributionPayers = ['individual', 'employer'] as const;
export type ContributionPayer = (typeof contributionPayers)[number];

type Held = {
  readonly id: string;
  /** First day the fact holds. */
  readonly from: Day;
  /** Last day the fact holds; null while it is open. */
  readonly to: Day | null;
  /**
   * The opposite was found: nothing of this kind held on these days. Only an officer's attestation says so, to settle
   * what a silent register leaves unknown; it never outweighs a record that does hold.
   */
  readonly absent?: true;
  /** An officer attested it; it may settle what the registers leave unknown, and turns none of their hits around. */
  readonly attested?: true;
};

type Plain<K extends Kind> = Held & { readonly kind: K };

/** Household registration 户籍, by the nine-digit code of its street. */
export type Household = Plain<'household'> & { readonly street: string };
/** Recognition as a person in difficulty 就业困难人员认定. */
export type HardshipRecognition = Plain<'hardship-recognition'> & { readonly category: HardshipCategory };
/** A contribution 缴费 for one month (费款所属期), whenever and wherever it was paid; its days are that month's. */
export type Contribution = Plain<'contribution'> & {
  readonly month: Month;
  readonly scheme: ContributionScheme;
  /** Only rows from before registers had to say it have none. */
  readonly insurance?: Insurance;
  readonly payer: ContributionPayer;
  readonly refunded: boolean;
  readonly place?: string;
  readonly paidOn?: Day;
};
/**
 * A refund 退费 of what an individual paid into the employees' scheme for one month, told as a row of its own; its days are
 * that month's.
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

/** Through which month each register has said that its records are complete; absent means it has promised nothing. */
export type Coverage = { readonly [K in Kind]?: Month };

/** Whether the fact holds on a day. */
export function holdsOn(fact: Held, day: Day): boolean {
  return fact.from <= day && (fact.to === null || fact.to >= day);
}

/** Whether the fact holds on some day of a month. */
export function holdsIn(fact: Held, month: Month): boolean {
  return holdsWithin(fact, spanOf(month));
}

/** Whether the fact holds on some day of a span. */
export function holdsWithin(fact: Held, { firstDay, lastDay }: Span): boolean {
  return fact.from <= lastDay && (fact.to === null || fact.to >= firstDay);
}

/** Whether the fact began to hold before a day. */
export function beganBefore(fact: Held, day: Day): boolean {
  return fact.from < day;
}

/** Whether the fact began to hold by a day, that day included. */
export function beganBy(fact: Held, day: Day): boolean {
  return fact.from <= day;
}
