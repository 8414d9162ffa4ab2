// Speaks HTTP for figures and the forecast.

import { workbookMediaType } from '../../platform/documents/tables.ts';
import { problemResponses } from '../../platform/http/contract/schemas.ts';
import { File, sendFile } from '../../platform/http/files.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from './operations.ts';
import * as schemas from './schemas.ts';

export function statisticsRoutes(app: App, { read, auditedRead }: Handlers): void {
  const tags = ['statistics'];

  app.get(
    '/v1/statistics',
    {
      config: { lane: 'heavy' },
      schema: {
        operationId: 'getStatistics',
        tags,
        summary: '统计 · Figures',
        description:
          '按季度、机构、街道、类别、渠道或结果分组：件数、人数、月数、金额、等待时间和未通过原因；只有数字。' +
          'Cases, people, months, money, waiting times and reasons, told apart by one thing.',
        querystring: schemas.StatisticsQuery,
        response: { 200: schemas.Statistics, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => operations.getStatistics(context, request.query)),
  );

  app.get(
    '/v1/statistics/file',
    {
      config: { lane: 'heavy' },
      schema: {
        operationId: 'getStatisticsFile',
        tags,
        summary: '下载统计表 · Figures as a file',
        description:
          '分组表，CSV（UTF-8，Excel 可直接打开）或 XLSX；XLSX 另含未通过原因。The groups as CSV; a workbook has the reasons too.',
        querystring: schemas.StatisticsFileQuery,
        response: {
          200: {
            description: '统计表 · the figures',
            content: { 'text/csv': { schema: File }, [workbookMediaType]: { schema: File } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const { name, mediaType, make } = await auditedRead(request, (context) =>
        operations.getStatisticsFile(context, request.query),
      );
      await sendFile(reply, { mediaType, content: await make(), name });
    },
  );

  app.get(
    '/v1/forecast',
    {
      config: { lane: 'heavy' },
      schema: {
        operationId: 'getForecast',
        tags,
        summary: '资金预测 · What the next quarter will cost',
        description:
          '按已核定人员的剩余月数、退休月份和补贴标准测算下一季度（或指定季度）的资金，分预计和上限。' +
          'From the terms that have begun: people, months left, retirement; expected and at most.',
        querystring: schemas.ForecastQuery,
        response: { 200: schemas.Forecast, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => operations.getForecast(context, request.query)),
  );
}
