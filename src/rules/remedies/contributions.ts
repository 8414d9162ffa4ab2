// What a failing month's contributions lack: a payment for a required insurance, a payment after a refund, or
// the correction of a refund without a day. Other remedies are in remedies.ts.

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
  /** Null when any insurance suffices. */
  readonly insurance: Insurance | null;
  /** The payment must be later than this day, on which an earlier one was refunded. */
  readonly paidAfter: Day | null;
};

/** The fewest: ids of refunds to withdraw, and contributions to supply for the month. */
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
