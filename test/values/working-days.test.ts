// Working days against the announced calendars of 2024 to 2026.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import {
  addWorkingDays,
  isWorkingDay,
  missingYears,
  type WorkingCalendar,
  workingDaysBetween,
} from '../../src/values/working-days.ts';

interface Announced {
  year: number;
  off: { day: string }[];
  work: { day: string }[];
}

const announced = [2024, 2025, 2026].map(
  (year): Announced =>
    JSON.parse(readFileSync(new URL(`../../reference/calendar/${year}.json`, import.meta.url), 'utf8')),
);
const calendar: WorkingCalendar = {
  years: new Set(announced.map(({ year }) => year)),
  exceptions: new Map(
    announced.flatMap(({ off, work }) => [
      ...off.map(({ day }) => [day, false] as const),
      ...work.map(({ day }) => [day, true] as const),
    ]),
  ),
};

t.test('a make-up Saturday is a working day and a holiday Wednesday is not', async (t) => {
  t.equal(isWorkingDay('2025-09-28', calendar), true, 'the Sunday before the National Day of 2025');
  t.equal(isWorkingDay('2025-10-08', calendar), false);
  t.equal(isWorkingDay('2025-10-09', calendar), true);
  t.equal(isWorkingDay('2025-07-05', calendar), false, 'an ordinary Saturday');
});

t.test('a time limit is counted from the next day and skips days off', async (t) => {
  t.equal(addWorkingDays('2025-07-05', 5, calendar), '2025-07-11', 'submitted on a Saturday');
  t.equal(addWorkingDays('2025-07-07', 5, calendar), '2025-07-14', 'submitted on a Monday');
  t.equal(
    addWorkingDays('2025-09-30', 5, calendar),
    '2025-10-14',
    'over the National Day, with Saturday 11 worked',
  );
  t.equal(
    addWorkingDays('2026-02-13', 1, calendar),
    '2026-02-14',
    'the Saturday before the Spring Festival is worked',
  );
  t.equal(addWorkingDays('2025-07-07', 0, calendar), '2025-07-07');
  t.equal(addWorkingDays('2025-07-14', -5, calendar), '2025-07-07');
});

t.test('counting working days is the inverse of adding them', async () => {
  const day = fc
    .integer({ min: 0, max: 900 })
    .map((days) => Temporal.PlainDate.from('2024-01-10').add({ days }).toString());
  fc.assert(
    fc.property(day, fc.integer({ min: 0, max: 40 }), (from, count) => {
      const due = addWorkingDays(from, count, calendar);
      return (
        workingDaysBetween(from, due, calendar) === count && (count === 0 || isWorkingDay(due, calendar))
      );
    }),
    { seed: 5 },
  );
});

t.test('an unannounced year is counted Monday to Friday and reported', async (t) => {
  t.equal(isWorkingDay('2027-01-01', calendar), true, 'a Friday: nobody has announced that it is off');
  t.strictSame(missingYears('2026-12-28', '2027-01-04', calendar), [2027]);
  t.strictSame(missingYears('2026-12-01', '2026-12-31', calendar), []);
  t.strictSame(missingYears('2027-01-04', '2026-12-28', calendar), []);
});

t.test('a count of working days beyond any time limit throws', async (t) => {
  const unannounced: WorkingCalendar = { years: new Set(), exceptions: new Map() };
  // From a Tuesday, the last day walked, the 3,660th, is a Monday and worked, and so is the one that is too far.
  t.equal(addWorkingDays('2025-07-08', 2_614, unannounced), '2035-07-16');
  t.throws(() => addWorkingDays('2025-07-08', 2_615, unannounced), RangeError);
});
