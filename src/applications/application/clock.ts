// The time limits of a case in working days: acceptance, then review, paused while a correction is open. They warn and
// decide nothing; a case whose limit has passed is still decided by a person. Pure.

import { inForce, type Policy } from '../../rules/policy/policy.ts';
import type { Day } from '../../values/days.ts';
import { addWorkingDays, type WorkingCalendar, workingDaysBetween } from '../../values/working-days.ts';
import type { ApplicationState } from './states.ts';

export const clockNames = ['acceptance', 'review'] as const;
export type ClockName = (typeof clockNames)[number];

/** The time limit that runs. None does before the submission and after the decision of a case: all null. */
export interface Clock {
  readonly clock: ClockName | null;
  /** Working days left after `clockFrom`, or while paused; negative once the limit has passed. */
  readonly clockDaysLeft: number | null;
  /** The day on which it started or resumed, itself not counted; null while paused. */
  readonly clockFrom: Day | null;
  /** The last day in time; null while paused. */
  readonly clockDueOn: Day | null;
}

export const noClock: Clock = { clock: null, clockDaysLeft: null, clockFrom: null, clockDueOn: null };

/** Whether a state has a time limit, running or paused. */
export function runsIn(state: ApplicationState): boolean {
  return state === 'submitted' || state === 'correction-requested' || state === 'accepted';
}

/** The time limit of a case that enters a state on a day, having had `clock` before. */
export function clockIn(
  state: ApplicationState,
  clock: Clock,
  today: Day,
  { policy, calendar }: { policy: Policy; calendar: WorkingCalendar },
): Clock {
  switch (state) {
    case 'submitted': {
      const isResumed = clock.clock === 'acceptance' && clock.clockDaysLeft !== null;
      const daysLeft = isResumed
        ? clock.clockDaysLeft
        : inForce(policy.parameters.acceptanceWorkingDays, today);
      return running('acceptance', daysLeft, today, calendar);
    }
    case 'correction-requested':
      return standing(clock, today, calendar);
    case 'accepted':
      return running('review', inForce(policy.parameters.reviewWorkingDays, today), today, calendar);
    default:
      return noClock;
  }
}

/** The same time limit by a calendar to which a year was added. */
export function recounted(clock: Clock, calendar: WorkingCalendar): Clock {
  if (clock.clock === null || clock.clockFrom === null || clock.clockDaysLeft === null) return clock;
  return running(clock.clock, clock.clockDaysLeft, clock.clockFrom, calendar);
}

function running(clock: ClockName, clockDaysLeft: number, clockFrom: Day, calendar: WorkingCalendar): Clock {
  return { clock, clockDaysLeft, clockFrom, clockDueOn: addWorkingDays(clockFrom, clockDaysLeft, calendar) };
}

/** The day on which it is paused counts as used: the office had it. */
function standing({ clock, clockFrom, clockDaysLeft }: Clock, today: Day, calendar: WorkingCalendar): Clock {
  if (clockFrom === null || clockDaysLeft === null)
    throw new Error('a time limit that is paused was running before');
  const used = workingDaysBetween(clockFrom, today, calendar);
  return { clock, clockDaysLeft: clockDaysLeft - used, clockFrom: null, clockDueOn: null };
}
