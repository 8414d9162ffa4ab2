// A person's term 补贴期限: fixed on the day of the first approval 初次核定, stored, and never recomputed, whatever
// follows: a gap, a repayment, fraud or a new age table (三).

import { addYears, type Day } from '../values/days.ts';
import { evidenceOf } from './evidence.ts';
import type { Fact } from './facts.ts';
import { inForce, type Policy } from './policy/policy.ts';
import { type Person, retirementOf } from './retirement.ts';

export type Term = {
  /** The day of the first decision that approved a month, here or elsewhere. */
  readonly firstApprovedOn: Day;
  /** The statutory retirement date by the law on that day. */
  readonly retirementOn: Day;
  /** Less than five years before retirement on that day: payable until retirement. */
  readonly near: boolean;
  /** Most live months in total; null: no limit. */
  readonly cap: number | null;
  readonly policyVersion: string;
};

/** The term that a first approval on `firstApprovedOn` fixes; near when D + 5 years > R, by day (三). */
export function fixTerm(firstApprovedOn: Day, person: Person, facts: readonly Fact[], policy: Policy): Term {
  const recorded = evidenceOf(facts, {}).facts['retirement-category'];
  const retirement = retirementOf(person, recorded, policy, firstApprovedOn);
  const days = { firstApprovedOn, retirementOn: retirement.on };
  return termOf(firstApprovedOn, retirement.on, isNearByDates(days, policy), policy);
}

/** Near when D + 5 years > R. An imported term may differ: it keeps what was decided there. */
export function isNearByDates(
  { firstApprovedOn, retirementOn }: Pick<Term, 'firstApprovedOn' | 'retirementOn'>,
  { parameters: { nearWindowYears, nearWindowIsStrict } }: Policy,
): boolean {
  const windowEnd = addYears(firstApprovedOn, inForce(nearWindowYears, firstApprovedOn));
  const isExact = windowEnd === retirementOn && !inForce(nearWindowIsStrict, firstApprovedOn);
  return windowEnd > retirementOn || isExact;
}

/** The term of a person first approved elsewhere or before this service, with the recorded `near`. */
export function importTerm(
  prior: { readonly firstApprovedOn: Day; readonly near: boolean },
  person: Person,
  facts: readonly Fact[],
  policy: Policy,
): Term {
  const recorded = evidenceOf(facts, {}).facts['retirement-category'];
  const retirement = retirementOf(person, recorded, policy, prior.firstApprovedOn);
  return termOf(prior.firstApprovedOn, retirement.on, prior.near, policy);
}

function termOf(firstApprovedOn: Day, retirementOn: Day, near: boolean, policy: Policy): Term {
  const { nearCapMonths, ordinaryCapMonths } = policy.parameters;
  const cap = inForce<number | null>(near ? nearCapMonths : ordinaryCapMonths, firstApprovedOn);
  return { firstApprovedOn, retirementOn, near, cap, policyVersion: policy.version };
}
