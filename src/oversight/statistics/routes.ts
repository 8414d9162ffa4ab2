// HTTP routes for statistics and the forecast.

import { csvMediaType, csvOf, workbookMediaType, workbookOf } from '../../platform/documents/tables.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { getForecast, getStatistics, getStatisticsFile } from './operations.ts';
import { Forecast, ForecastQuery, Statistics, StatisticsFileQuery, StatisticsQuery } from './schemas.ts';
import { tablesOf } from './tables.ts';

export function statisticsRoutes(app: App, handlers: Handlers): void {
  const { get, file } = operationsOf(app, handlers, 'statistics');
  const config = { lane: 'heavy' } as const;

  get('/v1/statistics', {
    id: 'getStatistics',
    summary: '统计 · Figures',
    description:
      '按季度、机构、街道、类别、渠道或结果分组：件数、人数、月数、金额、等待时间和未通过原因；只有数字。' +
      'Cases, people, months, money, waiting times and reasons, told apart by one thing.',
    config,
    problems: ['not-found'],
    query: StatisticsQuery,
    answer: Statistics,
    run: (context, { query }) => getStatistics(context, query),
  });

  file('/v1/statistics/file', {
    id: 'getStatisticsFile',
    summary: '下载统计表 · Figures as a file',
    description:
      '分组表，CSV（UTF-8，Excel 可直接打开）或 XLSX；XLSX 另含未通过原因。The groups as CSV; a workbook has the reasons too.',
    config,
    problems: ['not-found'],
    query: StatisticsFileQuery,
    file: '统计表 · the figures',
    mediaTypes: ['text/csv', workbookMediaType],
    run: (context, { query }) => getStatisticsFile(context, query),
    print: async (statistics, { query: { format } }) => {
      const { by, fromQuarter, toQuarter } = statistics;
      const name = `statistics-${by}-${fromQuarter}-${toQuarter}.${format}`;
      const [groups, reasons] = tablesOf(statistics);
      return format === 'csv'
        ? { name, mediaType: csvMediaType, content: csvOf(groups) }
        : { name, mediaType: workbookMediaType, content: await workbookOf([groups, reasons]) };
    },
  });

  get('/v1/forecast', {
    id: 'getForecast',
    summary: '资金预测 · What the next quarter will cost',
    description:
      '按已核定人员的剩余月数、退休月份和补贴标准测算下一季度（或指定季度）的资金，分预计和上限。' +
      'From the terms that have begun: people, months left, retirement; expected and at most.',
    config,
    problems: ['not-found'],
    query: ForecastQuery,
    answer: Forecast,
    run: (context, { query }) => getForecast(context, query),
  });
}
