// Counts working days. A year whose holidays are not announced yet is counted Monday to Friday and reported,
// so that the user of a date knows what it rests on. Pure; the calendar is data.

import type { Day } from './days.ts';

/**
 * The announced years, and their days that differ from Monday to Friday: holidays, and working weekends 调休.
 */
export type WorkingCalendar = {
  readonly years: ReadonlySet<number>;
  /** Day → whether it is a working day. */
  readonly exceptions: ReadonlyMap<Day, boolean>;
};

/** Far more than any time limit; a longer count is a programming error. */
const mostDays = 3_660;

export function isWorkingDay(day: Day, { exceptions }: WorkingCalendar): boolean {
  return exceptions.get(day) ?? Temporal.PlainDate.from(day).dayOfWeek <= 5;
}

/**
 * The day `count` working days later, not counting the day itself 自次日起算. Zero is the day itself; a negative
 * count goes back, for a time limit that had expired before it was paused.
 */
export function addWorkingDays(day: Day, count: number, calendar: WorkingCalendar): Day {
  const step = count < 0 ? -1 : 1;
  let date = Temporal.PlainDate.from(day);
  let left = Math.abs(count);
  for (let walked = 0; left > 0; walked += 1) {
    if (walked >= mostDays) throw new RangeError(`${count} working days after ${day} are too far away`);
    date = date.add({ days: step });
    if (isWorkingDay(date.toString(), calendar)) left -= 1;
  }
  return date.toString();
}

/** Working days after `from` up to and including `through`; zero when `through` is not later. */
export function workingDaysBetween(from: Day, through: Day, calendar: WorkingCalendar): number {
  let date = Temporal.PlainDate.from(from);
  const last = Temporal.PlainDate.from(through);
  let count = 0;
  while (Temporal.PlainDate.compare(date, last) < 0) {
    date = date.add({ days: 1 });
    if (isWorkingDay(date.toString(), calendar)) count += 1;
  }
  return count;
}

/** The years between two days whose holidays are not in the calendar. */
export function missingYears(from: Day, through: Day, { years }: WorkingCalendar): number[] {
  const first = Number(from.slice(0, 4));
  const last = Number(through.slice(0, 4));
  const touched = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  return touched.filter((year) => !years.has(year));
}
