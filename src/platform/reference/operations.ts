// Maintains the working calendar in which time limits are counted. A year comes with a release or is added
// here when the State Council announces it; both insert the same rows.

import { isDay } from '../../values/days.ts';
import type { ReadContext, WriteContext } from '../context.ts';
import { wholePage } from '../http/paging.ts';
import { type FieldError, Problem } from '../problem.ts';
import type { CalendarYear } from './schemas.ts';
import { insertCalendarYear, listCalendarYears as listYears } from './store.ts';

/** Lists the announced years with their holidays and working weekends. */
export async function listCalendarYears(context: ReadContext) {
  return wholePage(await listYears(context.tx));
}

/** An announced year. @throws Problem not-found */
export async function getCalendarYear(context: ReadContext, year: string): Promise<CalendarYear> {
  const known = (await listYears(context.tx)).find((one) => one.year === Number(year));
  if (known === undefined) throw new Problem('not-found', { detail: '该年放假安排尚未录入。' });
  return known;
}

/**
 * Adds an announced year; time limits that reach into it are recomputed after the commit. Reports every
 * error: a day of another year, a day named twice, a working weekend day that is not on a weekend.
 *
 * @throws Problem calendar-year-exists
 */
export async function addCalendarYear(context: WriteContext, body: CalendarYear): Promise<CalendarYear> {
  const fieldErrors = fieldErrorsOf(body);
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const isNew = await insertCalendarYear(context.tx, body);
  if (!isNew) throw new Problem('calendar-year-exists');
  // Staged always: row scope hides from administrators whether any time limit reaches into the year.
  await context.enqueue('recount-time-limits', [{ key: String(body.year), payload: { year: body.year } }]);
  await context.audit({
    target: ['calendar-year', String(body.year)],
    change: { off: body.off.length, work: body.work.length, announcement: body.announcement },
  });
  return body;
}

function fieldErrorsOf({ year, off, work }: CalendarYear): FieldError[] {
  const fieldErrors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [list, days] of Object.entries({ off, work })) {
    for (const [index, { day }] of days.entries()) {
      const pointer = `/body/${list}/${index}/day`;
      const isOfYear = isDay(day) && day.startsWith(`${year}-`);
      if (!isOfYear)
        fieldErrors.push({ pointer, code: 'other-year', detail: `应为${year}年内的日期，请更正或删除。` });
      if (seen.has(day))
        fieldErrors.push({ pointer, code: 'repeated', detail: '同一天只能出现一次，请删除重复项。' });
      seen.add(day);
      if (isOfYear && list === 'work' && !isWeekend(day)) {
        const detail = '调休上班日应为周六或周日，请核对放假通知。';
        fieldErrors.push({ pointer, code: 'not-a-weekend', detail });
      }
    }
  }
  return fieldErrors;
}

function isWeekend(day: string): boolean {
  return Temporal.PlainDate.from(day).dayOfWeek > 5;
}
