// What the registers say of the contributions for one month: which insurances a person paid as an individual, and which
// of them were given back. Whether that is enough is for checks.ts to say.

import type { Day, Month } from '../values/days.ts';
import { type Evidence, filterBy } from './evidence.ts';
import {
  type Contribution,
  type ContributionRefund,
  type Fact,
  type Insurance,
  insurances,
} from './facts.ts';
import type { ParameterValues } from './policy/parameters.ts';

/** The contributions for a month to the employees' scheme as an individual, refunded ones too; where paid plays no part. */
export function paidAsIndividual({ facts }: Evidence, month: Month): readonly Contribution[] {
  return filterBy(facts.contribution, isAsIndividualFor, month);
}

/** What is on record of one insurance of a month. */
export type OfInsurance = {
  readonly insurance: Insurance;
  readonly kept: readonly Contribution[];
  /** Payments of which a later version says that they were refunded. */
  readonly flagged: readonly Contribution[];
  /** Refunds told as rows of their own. */
  readonly told: readonly ContributionRefund[];
};

export function byInsurance(
  { facts }: Evidence,
  month: Month,
  payments: readonly Contribution[],
): readonly OfInsurance[] {
  const rows = filterBy(facts['contribution-refund'], isRefundFor, month);
  return insurances.map((insurance) => {
    const own = filterBy(payments, isOf, insurance);
    return {
      insurance,
      kept: filterBy(own, isRefunded, false),
      flagged: filterBy(own, isRefunded, true),
      told: filterBy(rows, isRefundOf, insurance),
    };
  });
}

/**
 * What was refunded and not paid again, of any insurance. A register tells a refund as a new version of the payment
 * (`refunded`) or as a row of its own; either is an answer about this very month and waits for no coverage.
 */
export function refundsStanding(
  evidence: Evidence,
  month: Month,
  payments: readonly Contribution[],
): readonly (Contribution | ContributionRefund)[] {
  const isNone =
    evidence.facts['contribution-refund'].length === 0 && filterBy(payments, isRefunded, true).length === 0;
  if (isNone) return NONE;
  return byInsurance(evidence, month, payments).flatMap((one) =>
    isPaidAgain(one) ? [] : [...one.flagged, ...one.told],
  );
}

/**
 * Whether nothing was refunded, or a payment came after all of it. Against a row of its own the days decide where both are
 * told. Where they are not, one payment is taken for the one that was given back, and a second for a new one.
 */
export function isPaidAgain({ kept, flagged, told }: OfInsurance): boolean {
  if (told.length === 0) return flagged.length === 0 || kept.length > 0;
  const last = lastRefundOf(told);
  if (last !== null && kept.some(({ paidOn }) => paidOn !== undefined && last < paidOn)) return true;
  return kept.filter(({ paidOn }) => last === null || paidOn === undefined).length > 1;
}

/** The day of the last of some refunds; null where one of them does not tell it. */
export function lastRefundOf(told: readonly ContributionRefund[]): Day | null {
  const days = told.flatMap(({ refundedOn }) => refundedOn ?? []).sort();
  return days.length === told.length ? (days.at(-1) ?? null) : null;
}

/** Whether these payments, none of which is refunded, are of the insurances that must be paid. */
export function areEnough(
  kept: readonly Contribution[],
  required: ParameterValues['requiredInsurances'],
): boolean {
  const isPaid = (insurance: Insurance) => filterBy(kept, isOf, insurance).length > 0;
  switch (required) {
    case 'any':
      return kept.length > 0;
    case 'all':
      return insurances.every(isPaid);
    default:
      return isPaid(required);
  }
}

/** Whether a fact says that what the person paid as an individual was given back. */
export function isOwnRefund(fact: Fact): boolean {
  if (fact.kind === 'contribution-refund') return true;
  return fact.kind === 'contribution' && fact.refunded && isAsIndividualFor(fact, fact.month);
}

/** The insurance of a payment. Rows from before registers had to say it are read as pension; see docs/policy.md. */
function insuranceOf({ insurance = 'pension' }: Contribution): Insurance {
  return insurance;
}

export function isRefunded({ refunded }: Contribution, asked: boolean): boolean {
  return refunded === asked;
}

function isAsIndividualFor(contribution: Contribution, month: Month): boolean {
  return (
    contribution.month === month && contribution.payer === 'individual' && contribution.scheme === 'employees'
  );
}

function isOf(contribution: Contribution, insurance: Insurance): boolean {
  return insuranceOf(contribution) === insurance;
}

function isRefundFor(refund: ContributionRefund, month: Month): boolean {
  return refund.month === month;
}

function isRefundOf(refund: ContributionRefund, insurance: Insurance): boolean {
  return refund.insurance === insurance;
}

const NONE: readonly never[] = [];
