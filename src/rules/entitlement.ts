// What a person may still claim: months left, months that can be claimed today, and where it ends. It knows the term and
// the granted months; whether a month will be payable is for assess.ts to say when it is claimed.

import { type AssessedTerm, assessedTerm, type Claim, grantedMonths, isLate, termOf } from './assess.ts';
import { addMonths, type Day, type Month, monthOf } from './days.ts';
import { inForce, type Policy } from './policy.ts';
import { type Retirement, retirementOf } from './retirement.ts';

export type Entitlement = {
  readonly term: AssessedTerm;
  /** As the law stands today. */
  readonly retirement: Retirement;
  /** The last month that can ever be payable; null when nothing is left. */
  readonly lastPossibleMonth: Month | null;
  /** Where it ends if no month is missed from here on: the same, or the month that uses up the cap; null as above. */
  readonly endMonthIfUnbroken: Month | null;
  /** Months that have ended and are not granted, oldest first; late ones may be claimed and are flagged. */
  readonly claimable: readonly { readonly month: Month; readonly lateClaim: boolean }[];
};

/** What is on file of a person, without a claim. */
export type Standing = Pick<
  Claim,
  'person' | 'term' | 'liveMonths' | 'usedMonths' | 'recoveredMonths' | 'facts'
>;

/** The entitlement on a day, by that day's policy. Before any approval the term is a forecast and says so. */
export function entitlementOf(standing: Standing, today: Day, policy: Policy): Entitlement {
  const fixed = termOf({ ...standing, decidedOn: today }, policy);
  const term = assessedTerm(fixed, standing.term === null, standing.usedMonths);
  const retirement = retirementOf(standing.person, standing.facts, policy, today);
  const open =
    term.left === 0
      ? []
      : openMonths(standing, lastMonthOf(standing, retirement, policy, today), policy, today);
  const lastPossibleMonth = open.at(-1) ?? null;
  return {
    term,
    retirement,
    lastPossibleMonth,
    endMonthIfUnbroken: endIfUnbroken(standing, open, term.left, today),
    claimable: open
      .filter((month) => isClaimable(month, today, policy))
      .map((month) => ({ month, lateClaim: isLate(month, today, policy, today) })),
  };
}

/** Whether a month has ended long enough ago to be claimed on a day, and not too long. */
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

/** The month that age or a pension makes the last. */
function lastMonthOf({ facts }: Standing, { month }: Retirement, policy: Policy, today: Day): Month {
  const { retirementMonthPayable, pensionMonthPayable } = policy.parameters;
  const byAge = inForce(retirementMonthPayable, today) ? month : addMonths(month, -1);
  const byPension = facts
    .filter((fact) => fact.kind === 'pension' && !fact.absent)
    .map(({ from }) => (inForce(pensionMonthPayable, today) ? monthOf(from) : addMonths(monthOf(from), -1)));
  return [byAge, ...byPension].reduce((last, end) => (end < last ? end : last));
}

/** Every month under the measure up to the last that is not granted yet. */
function openMonths(standing: Standing, last: Month, policy: Policy, today: Day): readonly Month[] {
  const granted = grantedMonths(standing);
  const open: Month[] = [];
  for (let month = inForce(policy.parameters.firstMonth, today); month <= last; month = addMonths(month, 1)) {
    if (!granted.includes(month)) open.push(month);
  }
  return open;
}

/** Counted from the month after the last granted one or, before any, from this month. */
function endIfUnbroken(
  standing: Standing,
  open: readonly Month[],
  left: number | null,
  today: Day,
): Month | null {
  const granted = grantedMonths(standing).toSorted().at(-1);
  const start = granted === undefined ? monthOf(today) : addMonths(granted, 1);
  const ahead = open.filter((month) => month >= start);
  return (left === null ? ahead.at(-1) : ahead.slice(0, left).at(-1)) ?? null;
}
