// The time limits of a case in working days: acceptance, then review, paused during an open correction. They only warn:
// a case past its limit is still decided by a person. Pure.

import { inForce, type Policy } from '../../rules/policy/policy.ts';
import type { Day } from '../../values/days.ts';
import { addWorkingDays, type WorkingCalendar, workingDaysBetween } from '../../values/working-days.ts';
import type { ApplicationState } from './states.ts';

export const timeLimitTitles = { acceptance: '受理时限', review: '审核时限' } as const;
export type TimeLimitName = keyof typeof timeLimitTitles;

/** The running or paused time limit; all null before the submission and after the decision of a case. */
export interface TimeLimit {
  readonly timeLimit: TimeLimitName | null;
  /** Working days left after `timeLimitFrom`, or while paused; negative after the due day. */
  readonly timeLimitDaysLeft: number | null;
  /** The day on which it started or resumed, not counted itself; null while paused. */
  readonly timeLimitFrom: Day | null;
  /** The last day in time; null while paused. */
  readonly timeLimitDueOn: Day | null;
}

export const noTimeLimit: TimeLimit = {
  timeLimit: null,
  timeLimitDaysLeft: null,
  timeLimitFrom: null,
  timeLimitDueOn: null,
};

/** The time limit of a case that enters a state on a day, from its previous one. */
export function timeLimitIn(
  state: ApplicationState,
  timeLimit: TimeLimit,
  today: Day,
  { policy, calendar }: { policy: Policy; calendar: WorkingCalendar },
): TimeLimit {
  switch (state) {
    case 'submitted': {
      const isResumed = timeLimit.timeLimit === 'acceptance' && timeLimit.timeLimitDaysLeft !== null;
      const daysLeft = isResumed
        ? timeLimit.timeLimitDaysLeft
        : inForce(policy.parameters.acceptanceWorkingDays, today);
      return running('acceptance', daysLeft, today, calendar);
    }
    case 'correction-requested':
      return standing(timeLimit, today, calendar);
    case 'accepted':
      return running('review', inForce(policy.parameters.reviewWorkingDays, today), today, calendar);
    default:
      return noTimeLimit;
  }
}

/** The time limit recomputed after a year was added to the calendar. */
export function recounted(timeLimit: TimeLimit, calendar: WorkingCalendar): TimeLimit {
  if (
    timeLimit.timeLimit === null ||
    timeLimit.timeLimitFrom === null ||
    timeLimit.timeLimitDaysLeft === null
  )
    return timeLimit;
  return running(timeLimit.timeLimit, timeLimit.timeLimitDaysLeft, timeLimit.timeLimitFrom, calendar);
}

function running(
  timeLimit: TimeLimitName,
  timeLimitDaysLeft: number,
  timeLimitFrom: Day,
  calendar: WorkingCalendar,
): TimeLimit {
  return {
    timeLimit,
    timeLimitDaysLeft,
    timeLimitFrom,
    timeLimitDueOn: addWorkingDays(timeLimitFrom, timeLimitDaysLeft, calendar),
  };
}

/** The time limit paused on a day; that day counts as used, because the office had it. */
function standing(
  { timeLimit, timeLimitFrom, timeLimitDaysLeft }: TimeLimit,
  today: Day,
  calendar: WorkingCalendar,
): TimeLimit {
  if (timeLimitFrom === null || timeLimitDaysLeft === null)
    throw new Error('a time limit that is paused was running before');
  const used = workingDaysBetween(timeLimitFrom, today, calendar);
  return {
    timeLimit,
    timeLimitDaysLeft: timeLimitDaysLeft - used,
    timeLimitFrom: null,
    timeLimitDueOn: null,
  };
}
