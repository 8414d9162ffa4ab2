// What a person may still claim: months left, months claimable today, and where the entitlement ends. Uses
// the term and granted months only; whether a month is payable is assessed when it is claimed.

import { addMonths, type Day, type Month, monthIndex, monthOf, spanOf } from '../values/days.ts';
import {
  type AssessedTerm,
  assessedTerm,
  type Claim,
  firstInTimeOf,
  grantedMonths,
  isClaimed,
  isOwed,
  termOf,
} from './assess.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import type { FactOf } from './facts.ts';
import { inForce, type Policy } from './policy/policy.ts';
import {
  agesOfWomen,
  isCategoryTold,
  lastMonthByAge,
  type Person,
  type Retirement,
  retirementOf,
} from './retirement.ts';

export type Entitlement = {
  readonly term: AssessedTerm;
  /** By the law today. */
  readonly retirement: Retirement;
  /** The last month that can still be payable; null when none is left. */
  readonly lastPossibleMonth: Month | null;
  /**
   * The last month if every month is claimed from now on: the same, or the month that uses up the cap; null
   * as above.
   */
  readonly endMonthIfUnbroken: Month | null;
  /**
   * Ended months that are not granted, not owed and in no open application, oldest first; late ones are
   * flagged.
   */
  readonly claimable: readonly { readonly month: Month; readonly lateClaim: boolean }[];
};

/** A person's records, without a claim. */
export type Standing = Pick<
  Claim,
  | 'person'
  | 'term'
  | 'liveMonths'
  | 'usedMonths'
  | 'recoveredMonths'
  | 'owedMonths'
  | 'claimedMonths'
  | 'facts'
  | 'coverage'
>;

/** The entitlement on a day, by that day's policy. Before any approval the term is marked as a forecast. */
export function entitlementOf(standing: Standing, today: Day, policy: Policy): Entitlement {
  const evidence = evidenceOf(standing.facts, standing.coverage);
  const { facts } = evidence;
  const fixed = termOf({ ...standing, decidedOn: today }, policy);
  const term = assessedTerm(fixed, standing.term === null, standing.usedMonths);
  const retirement = retirementOf(standing.person, facts['retirement-category'], policy, today);
  const granted = grantedMonths(standing, facts['prior-benefit']);
  const outlook = outlookOf(standing.person, evidence, retirement, policy, today);
  const last = lastMonthOf(facts.pension, outlook, policy, today);
  const firstInTime = firstInTimeOf(today, policy, today);
  const open =
    term.left === 0 ? [] : monthsUpTo(last, policy, today).filter((month) => !granted.includes(month));
  const isFree = (month: Month) => !isOwed(standing, month) && !isClaimed(standing, month);
  return {
    term,
    retirement,
    lastPossibleMonth: open.at(-1) ?? null,
    endMonthIfUnbroken: endIfUnbroken(granted, open, term.left, today),
    claimable: open
      .filter((month) => isClaimable(month, today, policy) && isFree(month))
      .map((month) => ({ month, lateClaim: month < firstInTime })),
  };
}

/** Whether a month has ended by a day and is within any time limit for claims. */
export function isClaimable(month: Month, today: Day, policy: Policy): boolean {
  return hasEnded(month, today, policy) && !isPastDeadline(month, today, policy);
}

export function hasEnded(month: Month, today: Day, policy: Policy): boolean {
  return addMonths(month, inForce(policy.parameters.claimableAfterMonths, today)) <= monthOf(today);
}

export function isPastDeadline(month: Month, today: Day, policy: Policy): boolean {
  const deadline = inForce(policy.parameters.claimDeadlineMonths, today);
  return deadline !== null && addMonths(month, deadline) < monthOf(today);
}

/**
 * The retirement that ends the entitlement. For a woman of unknown category, it is fifty-five once the month
 * of fifty has passed.
 */
function outlookOf(
  person: Person,
  evidence: Evidence,
  retirement: Retirement,
  policy: Policy,
  today: Day,
): Retirement {
  const month = monthOf(today);
  if (month <= retirement.month || isCategoryTold(person, evidence, spanOf(addMonths(month, -1))))
    return retirement;
  const [, fiftyFive] = agesOfWomen(person, policy, today);
  return fiftyFive;
}

/** The last month before age or a pension ends the entitlement. */
function lastMonthOf(
  pensions: readonly FactOf<'pension'>[],
  retirement: Retirement,
  policy: Policy,
  today: Day,
): Month {
  const byAge = lastMonthByAge(retirement, policy, today);
  const beforePension = inForce(policy.parameters.pensionMonthPayable, today) ? 0 : -1;
  const byPension = pensions.map(({ from }) => addMonths(monthOf(from), beforePension));
  return [byAge, ...byPension].reduce((last, end) => (end < last ? end : last));
}

/** Every month from the measure's first to the last. */
function monthsUpTo(last: Month, policy: Policy, today: Day): readonly Month[] {
  const first = inForce(policy.parameters.firstMonth, today);
  const count = Math.max(0, monthIndex(last) - monthIndex(first) + 1);
  return Array.from({ length: count }, (_, at) => addMonths(first, at));
}

/** Counted from the month after the last granted one or, before any, from this month. */
function endIfUnbroken(
  granted: readonly Month[],
  open: readonly Month[],
  left: number | null,
  today: Day,
): Month | null {
  const latest = granted.toSorted().at(-1);
  const start = latest === undefined ? monthOf(today) : addMonths(latest, 1);
  const ahead = open.filter((month) => month >= start);
  return (left === null ? ahead : ahead.slice(0, left)).at(-1) ?? null;
}
