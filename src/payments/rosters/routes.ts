// Speaks HTTP for rosters and fund requests as papers, and for which streets have answered.

import { workbookMediaType } from '../../platform/documents/tables.ts';
import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import { File, sendFile } from '../../platform/http/files.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from '../disbursement/operations.ts';
import { RosterParams } from '../disbursement/schemas.ts';
import { RosterFileQuery, RosterQuery, RosterSummary } from './schemas.ts';

export function disbursementPaperRoutes(app: App, { read, auditedRead }: Handlers): void {
  const tags = ['disbursements'];

  app.get(
    '/v1/rosters',
    {
      schema: {
        operationId: 'listRosters',
        tags,
        summary: '查询名单 · Which streets have answered',
        description:
          '街道（乡镇）看到待核对的名单；经办机构看到哪些街道（乡镇）尚未核对、已等待几个工作日。' +
          'A street sees what it has to answer, its county which streets have not, and for how long.',
        querystring: RosterQuery,
        response: { 200: Page(RosterSummary), ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => operations.listRosters(context, request.query)),
  );

  app.get(
    '/v1/disbursements/:id/rosters/:streetCode/file',
    {
      config: { lane: 'heavy', shows: ['payment', 'identity'] },
      schema: {
        operationId: 'getRosterFile',
        tags,
        summary: '打印或下载花名册 · A roster as a paper or a workbook',
        description:
          '花名册 PDF（可签章）或 XLSX，个人信息脱敏；每次打印、下载均留痕。Masked; every copy is audited.',
        params: RosterParams,
        querystring: RosterFileQuery,
        response: {
          200: {
            description: '花名册 · the roster',
            content: { 'application/pdf': { schema: File }, [workbookMediaType]: { schema: File } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const { id, streetCode } = request.params;
      const { number, printed } = await auditedRead(request, (context) =>
        operations.getRosterFile(context, id, streetCode, request.query),
      );
      if (request.query.format === 'pdf') {
        const content = await app.workers.print('printRoster', printed);
        return await sendFile(reply, { mediaType: 'application/pdf', content, name: `${number}.pdf` });
      }
      const content = await app.workers.print('rosterWorkbook', printed);
      await sendFile(reply, { mediaType: workbookMediaType, content, name: `${number}.xlsx` });
    },
  );

  app.get(
    '/v1/disbursements/:id/fund-request/document',
    {
      config: { lane: 'heavy' },
      schema: {
        operationId: 'getFundRequestDocument',
        tags,
        summary: '打印资金拨付申请表 · Print the fund request',
        description:
          '申请时固定的人数、月数和金额，按街道（乡镇）和季度列示，金额大小写。What was asked of finance, the same at every printing.',
        params: IdParams,
        response: {
          200: {
            description: '资金拨付申请表（PDF） · the fund request',
            content: { 'application/pdf': { schema: File } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const printed = await auditedRead(request, (context) =>
        operations.getFundRequestDocument(context, request.params.id),
      );
      const content = await app.workers.print('printFundRequest', printed);
      await sendFile(reply, { mediaType: 'application/pdf', content, name: `${printed.number}.pdf` });
    },
  );
}
