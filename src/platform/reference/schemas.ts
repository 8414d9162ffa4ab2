// Schemas for reference data that an administrator maintains.

import { type Static, Type } from 'typebox';
import { closed, Day, named, Text } from '../http/contract/schemas.ts';

const CalendarDay = named(
  'CalendarDay',
  closed({
    day: Day,
    name: Text({ minLength: 1, maxLength: 20, description: '节日 · holiday', examples: ['国庆节'] }),
  }),
);

export const CalendarYear = named(
  'CalendarYear',
  closed(
    {
      year: Type.Integer({ minimum: 2024, maximum: 2100, description: '年份 · year', examples: [2027] }),
      announcement: Type.String({
        minLength: 10,
        maxLength: 300,
        pattern: '^https:[/]{2}[!-~]+$',
        description: '国务院办公厅放假通知的网址 · where the announcement can be read',
        examples: ['https://www.gov.cn/zhengce/'],
      }),
      off: Type.Array(CalendarDay, {
        minItems: 1,
        maxItems: 60,
        description: '放假日，含假期内的周末 · days off',
      }),
      work: Type.Array(CalendarDay, {
        maxItems: 20,
        description: '调休上班的周末 · weekend days worked in exchange',
      }),
    },
    {
      description: '一年的放假安排 · one year of the working calendar',
    },
  ),
);
export type CalendarYear = Static<typeof CalendarYear>;

export const CalendarYearParams = closed({
  year: Type.String({ pattern: '^2\\d{3}$', description: '年份 · year', examples: ['2027'] }),
});

export const AddCalendarYear = named(
  'AddCalendarYear',
  closed(CalendarYear.properties, {
    description: '要录入的一年 · the year to add',
    examples: [
      {
        year: 2027,
        announcement: 'https://www.gov.cn/zhengce/',
        off: [{ day: '2027-01-01', name: '元旦' }],
        work: [],
      },
    ],
  }),
);
