// Routes for reference data that an administrator maintains.

import type { Handlers } from '../http/handlers.ts';
import { operationsOf } from '../http/operations.ts';
import { Page } from '../http/paging.ts';
import type { App } from '../http/server.ts';
import { addCalendarYear, getCalendarYear, listCalendarYears } from './operations.ts';
import { AddCalendarYear, CalendarYear, CalendarYearParams } from './schemas.ts';

export function referenceRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'configuration');

  get('/v1/calendar-years', {
    id: 'listCalendarYears',
    summary: '查看工作日历 · The working calendar',
    description:
      '已录入的放假安排；未录入的年份暂按周一至周五计算。Years that are not here are counted Monday to Friday.',
    answer: Page(CalendarYear),
    run: (context) => listCalendarYears(context),
  });

  post('/v1/calendar-years', {
    id: 'addCalendarYear',
    summary: '录入一年的放假安排 · Add a year to the working calendar',
    description:
      '无需升级程序。录入后，涉及该年的在办时限自动重算；已录入的年份不改写。No release needed; running time limits are counted again.',
    problems: ['calendar-year-exists'],
    body: AddCalendarYear,
    answer: CalendarYear,
    created: ({ year }) => `/v1/calendar-years/${year}`,
    run: (context, { body }) => addCalendarYear(context, body),
  });

  get('/v1/calendar-years/:year', {
    id: 'getCalendarYear',
    summary: '查看一年的放假安排 · One year of the working calendar',
    description: '已录入的一年的放假日和上班的周末。The days off and the working weekends of a year on file.',
    problems: ['not-found'],
    params: CalendarYearParams,
    answer: CalendarYear,
    run: (context, { params }) => getCalendarYear(context, params.year),
  });
}
