// Tells platforms, once each, that a quarter can be claimed for which nobody has applied, and that a term ends soon.

import { channels } from '../../applications/application/schemas.ts';
import { emit } from '../../notifications/events/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { addMonths, type Day, lastDayOf, type Month, monthOf, monthsOfQuarter } from '../../values/days.ts';
import { claimableMonths, lastEndedQuarter } from './quarter.ts';
import { listApproved, lockUntoldOfQuarter, lockUntoldOfTerm } from './store.ts';

const casesPerRun = 1_000;
const daysBeforeEnd = 30;

// Object.keys loses the words.
const online = (Object.keys(channels) as Application['channel'][]).filter((one) => channels[one].isOnline);

/**
 * Tells of the last quarter that has ended, and of terms that end within thirty days, for a portion of the city's cases.
 * A portion done twice tells nothing twice.
 *
 * @param after the id of a case; null from the beginning
 * @returns from where to go on; null at the end
 */
export async function tellClaimable(context: WriteContext, after: string | null): Promise<string | null> {
  const { tx, today } = context;
  const cases = await listApproved(tx, online, after, casesPerRun);
  if (cases.length === 0) return null;
  const quarter = lastEndedQuarter(today, policyOn(today, context.policies));
  const months = monthsOfQuarter(quarter);
  const claimable = await lockUntoldOfQuarter(tx, cases, quarter, months);
  const ending = await lockUntoldOfTerm(tx, cases, endingMonths(today));
  await emit(context, [
    ...claimable.map((last) => ({
      personId: last.personId,
      applicationId: last.applicationId,
      type: 'quarter-claimable' as const,
      content: { quarter, months: told(claimableMonths(last, months), 'claimable') },
    })),
    ...ending.map(({ personId, applicationId, endMonth }) => ({
      personId,
      applicationId,
      type: 'term-ending' as const,
      content: { months: told([endMonth], 'last-of-term') },
    })),
  ]);
  if (claimable.length + ending.length > 0)
    await context.audit({
      target: ['quarter', quarter],
      change: { claimable: claimable.length, ending: ending.length },
    });
  return cases.length < casesPerRun ? null : (cases.at(-1) ?? null);
}

function told(months: readonly Month[], state: string) {
  return months.map((month) => ({ month, state, amountFen: null }));
}

/** The months whose last day is at most thirty days away. */
function endingMonths(today: Day): Month[] {
  const latest = Temporal.PlainDate.from(today).add({ days: daysBeforeEnd }).toString();
  const month = monthOf(today);
  return [month, addMonths(month, 1)].filter((one) => lastDayOf(one) <= latest);
}
