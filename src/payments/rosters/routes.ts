// HTTP routes for rosters.

import { workbookMediaType } from '../../platform/documents/tables.ts';
import { exampleId } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { getRoster, getRosterFile, listRosters, verifyRoster, verifyRosters } from './operations.ts';
import {
  Roster,
  RosterFileQuery,
  RosterParams,
  RosterQuery,
  RosterSummary,
  RosterToVerify,
  VerifiedRoster,
  VerifyRoster,
} from './schemas.ts';

export function rosterRoutes(app: App, handlers: Handlers): void {
  const { get, post, each, file } = operationsOf(app, handlers, 'disbursements');

  get('/v1/disbursements/:id/rosters/:streetCode', {
    id: 'getRoster',
    summary: '查看街道（乡镇）名单 · Read a street’s roster',
    description: '每人一行：姓名、月份、金额、状态；号码脱敏。One line for each person; numbers masked.',
    problems: ['not-found'],
    config: { shows: ['payment', 'identity', 'whole-name'] },
    params: RosterParams,
    answer: Roster,
    run: (context, { params }) => getRoster(context, params),
  });

  post('/v1/disbursements/:id/rosters/:streetCode/verification', {
    id: 'verifyRoster',
    summary: '核对名单 · Verify a roster',
    description:
      '街道（乡镇）签字确认，可附原因暂缓个别人员。Signs the roster, or holds lines back with a reason.',
    problems: ['not-found', 'precondition-failed', 'state-conflict'],
    ifMatch: true,
    params: RosterParams,
    body: VerifyRoster,
    answer: Roster,
    run: (context, { params, version, body }) => verifyRoster(context, params, version, body),
  });

  each('/v1/roster-verifications', {
    id: 'verifyRosters',
    summary: '批量核对名单 · Verify many rosters',
    description:
      '一次最多 500 份名单，逐份签字。试用时代替 verifyRoster。Each as verifyRoster, and tried instead.',
    item: RosterToVerify,
    example: { disbursementId: exampleId, streetCode: '360203007', version: 1 },
    about: 'disbursementId',
    result: VerifiedRoster,
    run: verifyRosters,
  });

  get('/v1/rosters', {
    id: 'listRosters',
    summary: '查询名单 · Which streets have answered',
    description:
      '街道（乡镇）看到待核对的名单；经办机构看到哪些街道（乡镇）尚未核对、已等待几个工作日。' +
      'A street sees what it has to answer, its county which streets have not, and for how long.',
    query: RosterQuery,
    answer: Page(RosterSummary),
    run: (context, { query }) => listRosters(context, query),
  });

  file('/v1/disbursements/:id/rosters/:streetCode/file', {
    id: 'getRosterFile',
    summary: '打印或下载花名册 · A roster as a paper or a workbook',
    description:
      '花名册 PDF（可签章）或 XLSX，号码脱敏；每次打印、下载均留痕。Numbers masked; every copy is audited.',
    problems: ['not-found'],
    config: { lane: 'heavy', shows: ['payment', 'identity', 'whole-name'] },
    params: RosterParams,
    query: RosterFileQuery,
    mediaTypes: ['application/pdf', workbookMediaType],
    file: '花名册 · the roster',
    run: (context, { params, query }) => getRosterFile(context, params, query),
    print: async ({ number, printed }, { query }) =>
      query.format === 'pdf'
        ? {
            mediaType: 'application/pdf',
            content: await app.workers.print('printRoster', printed),
            name: `${number}.pdf`,
          }
        : {
            mediaType: workbookMediaType,
            content: await app.workers.print('rosterWorkbook', printed),
            name: `${number}.xlsx`,
          },
  });
}
