// Speaks HTTP for the reference data that an administrator maintains.

import { problemResponses } from '../http/contract/schemas.ts';
import type { Handlers } from '../http/handlers.ts';
import type { App } from '../http/server.ts';
import * as operations from './operations.ts';
import { AddCalendarYear, CalendarYear, CalendarYears } from './schemas.ts';

export function referenceRoutes(app: App, { write, read }: Handlers): void {
  const tags = ['configuration'];

  app.get(
    '/v1/calendar-years',
    {
      schema: {
        operationId: 'listCalendarYears',
        tags,
        summary: '查看工作日历 · The working calendar',
        description:
          '已录入的放假安排；未录入的年份暂按周一至周五计算。Years that are not here are counted Monday to Friday.',
        response: { 200: CalendarYears, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, operations.listCalendarYears),
  );

  app.post(
    '/v1/calendar-years',
    {
      schema: {
        operationId: 'addCalendarYear',
        tags,
        summary: '录入一年的放假安排 · Add a year to the working calendar',
        description:
          '无需升级程序。录入后，涉及该年的在办时限自动重算；已录入的年份不改写。No release needed; running time limits are counted again.',
        body: AddCalendarYear,
        response: { 201: CalendarYear, ...problemResponses },
      },
    },
    (request, reply) => write(request, reply, (context) => operations.addCalendarYear(context, request.body)),
  );
}
