// What the contributions of a failing month would need: a payment for an insurance that must be paid, one after a refund,
// or that a refund of which nobody knows the day is corrected. The other remedies are in missing.ts.

import type { Day, Span } from '../../values/days.ts';
import {
  byInsurance,
  isPaidAgain,
  lastRefundOf,
  type OfInsurance,
  paidAsIndividual,
} from '../contributions.ts';
import type { Evidence } from '../evidence.ts';
import { type Insurance, insurances } from '../facts.ts';
import type { ParameterValues } from '../policy/parameters.ts';

export type ContributionToSupply = {
  /** Null where any insurance serves. */
  readonly insurance: Insurance | null;
  /** The payment must come after this day, on which an earlier one was refunded. */
  readonly paidAfter: Day | null;
};

/** The fewest: refunds to be withdrawn, by id, and contributions for the month to be supplied. */
export function contributionsMissing(
  evidence: Evidence,
  { month }: Span,
  required: ParameterValues['requiredInsurances'],
): { readonly withdraw: readonly string[]; readonly supply: readonly ContributionToSupply[] } {
  const states = byInsurance(evidence, month, paidAsIndividual(evidence, month));
  const mended = states.map((state) => ({ state, ...mend(state) }));
  const paid = mended
    .filter(({ state, supply }) => state.kept.length > 0 || supply.length > 0)
    .map(({ state }) => state.insurance);
  return {
    withdraw: mended.flatMap(({ withdraw }) => withdraw),
    supply: [...mended.flatMap(({ supply }) => supply), ...stillRequired(paid, required)],
  };
}

function mend(state: OfInsurance): { withdraw: readonly string[]; supply: readonly ContributionToSupply[] } {
  if (isPaidAgain(state)) return { withdraw: [], supply: [] };
  const { insurance, kept, told } = state;
  const paidAfter = lastRefundOf(told);
  const isOnePaymentEnough = told.length === 0 || paidAfter !== null || kept.length > 0;
  if (isOnePaymentEnough) return { withdraw: [], supply: [{ insurance, paidAfter }] };
  const undated = told.filter(({ refundedOn }) => refundedOn === undefined);
  const rest = mend({ ...state, told: told.filter(({ refundedOn }) => refundedOn !== undefined) });
  return { ...rest, withdraw: undated.map(({ id }) => id) };
}

function stillRequired(
  paid: readonly Insurance[],
  required: ParameterValues['requiredInsurances'],
): readonly ContributionToSupply[] {
  if (required === 'any') return paid.length > 0 ? [] : [{ insurance: null, paidAfter: null }];
  return insurances
    .filter((insurance) => (required === 'all' || required === insurance) && !paid.includes(insurance))
    .map((insurance) => ({ insurance, paidAfter: null }));
}
