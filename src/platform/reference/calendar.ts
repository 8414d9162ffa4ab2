// The working calendar as the database knows it: announced years are read, and added once, never rewritten.

import { sql } from 'kysely';
import type { WorkingCalendar } from '../../values/working-days.ts';
import type { Tx } from '../database/connect.ts';

/** One year as the State Council announced it 放假安排. */
export interface CalendarYear {
  readonly year: number;
  /** Where the announcement can be read. */
  readonly announcement: string;
  /** Days off that would be Monday to Friday, or are part of a holiday. */
  readonly off: readonly { readonly day: string; readonly name: string }[];
  /** Weekend days worked in exchange 调休. */
  readonly work: readonly { readonly day: string; readonly name: string }[];
}

/** The whole calendar: some forty rows for each announced year. */
export async function readCalendar(tx: Tx): Promise<WorkingCalendar> {
  const rows = await tx
    .selectFrom('workingCalendarYear as year')
    .leftJoin('workingCalendarException as exception', 'exception.year', 'year.year')
    .select(['year.year', 'exception.day', 'exception.works'])
    .execute();
  return {
    years: new Set(rows.map(({ year }) => year)),
    exceptions: new Map(
      rows.flatMap(({ day, works }) => (day === null || works === null ? [] : [[day, works] as const])),
    ),
  };
}

export async function listCalendarYears(tx: Tx) {
  const years = await tx.selectFrom('workingCalendarYear').selectAll().orderBy('year').execute();
  const days = await tx.selectFrom('workingCalendarException').selectAll().orderBy('day').execute();
  return years.map(({ year, announcement }) => {
    const named = (works: boolean) =>
      days
        .filter((exception) => exception.year === year && exception.works === works)
        .map(({ day, name }) => ({ day, name }));
    return { year, announcement, off: named(false), work: named(true) };
  });
}

/** Adds a year; false when the database has it already, and then nothing changes. */
export async function insertCalendarYear(tx: Tx, calendar: CalendarYear): Promise<boolean> {
  const { year, announcement, off, work } = calendar;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('workingCalendarYear')
    .values({ year, announcement })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) return false;
  const exceptions = [
    ...off.map((exception) => ({ ...exception, year, works: false })),
    ...work.map((exception) => ({ ...exception, year, works: true })),
  ];
  await tx.insertInto('workingCalendarException').values(exceptions).execute();
  return true;
}

/**
 * Has the running clocks, and the days by which notices are to be told, that reach into a year counted again after the
 * commit: they had counted it Monday to Friday. Stages nothing where there is none, as on a new database.
 */
export async function stageRecount(tx: Tx, year: number): Promise<void> {
  const [first, last] = [`${year}-01-01`, `${year}-12-31`];
  await sql`select graphile_worker.add_job('recount-clocks', ${JSON.stringify({ year })}::json,
      job_key => ${`recount-clocks ${year}`}, max_attempts => 10)
    where exists (select from application where clock_from <= ${last} and clock_due_on >= ${first})
      or exists (select from notice where told_at is null and tell_by >= ${first}
        and issued_at < ${`${year + 1}-01-01T00:00:00+08:00`}::timestamptz)`.execute(tx);
}
