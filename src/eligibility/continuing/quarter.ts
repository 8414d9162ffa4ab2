// Which quarter can be claimed, and which of its months by somebody's term. Pure.

import { hasEnded } from '../../rules/entitlement.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import {
  addMonths,
  type Day,
  type Month,
  monthOf,
  monthsOfQuarter,
  type Quarter,
  quarterOf,
} from '../../values/days.ts';

/** The last quarter of which every month can be claimed on a day. */
export function lastEndedQuarter(today: Day, policy: Policy): Quarter {
  let quarter = quarterOf(monthOf(today));
  while (!monthsOfQuarter(quarter).every((month) => hasEnded(month, today, policy)))
    quarter = quarterOf(addMonths(monthsOfQuarter(quarter)[0], -1));
  return quarter;
}

/** The months of a quarter up to retirement and within the cap. */
export function claimableMonths(
  { retirementMonth, monthsLeft }: { readonly retirementMonth: Month; readonly monthsLeft: number | null },
  months: readonly Month[],
): Month[] {
  return months.filter((month) => month <= retirementMonth).slice(0, monthsLeft ?? months.length);
}
