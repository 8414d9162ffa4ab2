// The contributions for one month: which insurances the person paid as an individual, and which were
// refunded. checks.ts decides whether they suffice.

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

/**
 * The person's individual contributions to the employees' scheme for a month, wherever paid, refunded ones
 * included.
 */
export function paidAsIndividual({ facts }: Evidence, month: Month): readonly Contribution[] {
  return filterBy(facts.contribution, isAsIndividualFor, month);
}

/** The records of one insurance for a month. */
export type OfInsurance = {
  readonly insurance: Insurance;
  readonly kept: readonly Contribution[];
  /** Payments whose later version is marked as refunded. */
  readonly flagged: readonly Contribution[];
  /** Refunds delivered as their own rows. */
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
 * Refunds of any insurance that were not paid again. A register reports a refund as a new version of the
 * payment (`refunded`) or as its own row; either counts without waiting for the register to be complete.
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
 * Whether nothing was refunded, or a payment followed every refund. Compared with refunds in their own rows
 * by day, where both days are known. Otherwise one payment is assumed to be the refunded one, and a second a
 * new one.
 */
export function isPaidAgain({ kept, flagged, told }: OfInsurance): boolean {
  if (told.length === 0) return flagged.length === 0 || kept.length > 0;
  const last = lastRefundOf(told);
  if (last !== null && kept.some(({ paidOn }) => paidOn !== undefined && last < paidOn)) return true;
  return kept.filter(({ paidOn }) => last === null || paidOn === undefined).length > 1;
}

/** The day of the last refund; null when one has no day. */
export function lastRefundOf(told: readonly ContributionRefund[]): Day | null {
  const days = told.flatMap(({ refundedOn }) => refundedOn ?? []).sort();
  return days.length === told.length ? (days.at(-1) ?? null) : null;
}

/** Whether these unrefunded payments cover the required insurances. */
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

/** Whether a fact is a refund of what the person paid as an individual. */
export function isOwnRefund(fact: Fact): boolean {
  if (fact.kind === 'contribution-refund') return true;
  return fact.kind === 'contribution' && fact.refunded && isAsIndividualFor(fact, fact.month);
}

/** The insurance of a payment. Older rows without one count as pension; see docs/policy.md. */
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
