// Working days: which days the offices work, and counting them. A year whose holidays have not been announced is counted
// Monday to Friday and named, so that whoever shows a date can say what it rests on. Pure; the calendar is data.

import type { Day } from './days.ts';

/** The announced years, and in them the days that differ from Monday to Friday: holidays, and weekends worked instead 调休. */
export type WorkingCalendar = {
  readonly years: ReadonlySet<number>;
  /** Day → whether it is worked. */
  readonly exceptions: ReadonlyMap<Day, boolean>;
};

/** Far more than any time limit; a count that runs away is a broken assumption, not a long wait. */
const mostDays = 3_660;

/** Whether the offices work on a day. */
export function isWorkingDay(day: Day, { exceptions }: WorkingCalendar): boolean {
  return exceptions.get(day) ?? Temporal.PlainDate.from(day).dayOfWeek <= 5;
}

/**
 * The day `count` working days after a day, which is not counted itself 自次日起算. Zero is the day; a negative count goes
 * back, for a time limit that had run out before it was paused.
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

/** How many working days lie after `from` and not after `through`. Zero when `through` is not later. */
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

/** The years from one day to another whose holidays are not in the calendar. */
export function missingYears(from: Day, through: Day, { years }: WorkingCalendar): number[] {
  const first = Number(from.slice(0, 4));
  const last = Number(through.slice(0, 4));
  const touched = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  return touched.filter((year) => !years.has(year));
}
