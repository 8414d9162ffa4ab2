// Routes for notices.

import type { Db } from '../../platform/database/connect.ts';
import { exampleId, IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf, routeOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { createCodeLookup } from './code-lookup.ts';
import {
  getNotice,
  getNoticeFile,
  listNotices,
  recordNoticeDeliveries,
  recordNoticeDelivery,
  verifyNotice,
} from './operations.ts';
import {
  Notice,
  NoticeQuery,
  NoticeToRecord,
  NoticeVerification,
  RecordedNotice,
  RecordNoticeDelivery,
  VerificationParams,
} from './schemas.ts';

export function noticeRoutes(app: App, handlers: Handlers, { db }: { readonly db: Db }): void {
  const tag = 'notices';
  const { get, post, each, file } = operationsOf(app, handlers, tag);

  get('/v1/notices', {
    id: 'listNotices',
    summary: '告知书收件箱 · Notices to be told',
    description:
      '街道（乡镇）看到须由其告知的告知书；经办机构可查超过告知期限仍未告知的。A street sees what it has to tell; its county what was not told in time.',
    config: { shows: ['notice', 'identity', 'whole-name'] },
    query: NoticeQuery,
    answer: Page(Notice),
    run: (context, { query }) => listNotices(context, query),
  });

  get('/v1/notices/:id', {
    id: 'getNotice',
    summary: '查看告知书 · Read a notice',
    description:
      '内容与收件箱中的相同；登记告知前凭 ETag 取得最新版本。As the list shows it; its ETag is the version to act on.',
    config: { shows: ['notice', 'identity', 'whole-name'] },
    problems: ['not-found'],
    params: IdParams,
    answer: Notice,
    run: (context, { params }) => getNotice(context, params.id),
  });

  file('/v1/notices/:id/file', {
    id: 'getNoticeFile',
    summary: '打印告知书 · Print a notice',
    description:
      '告知书 PDF，带编号和验证码，号码脱敏；每次打印均留痕。Numbers masked; every printing is audited.',
    config: { lane: 'file', shows: ['notice', 'identity', 'whole-name'] },
    problems: ['not-found'],
    params: IdParams,
    mediaTypes: ['application/pdf'],
    file: '告知书（PDF） · the notice',
    run: (context, { params }) => getNoticeFile(context, params.id),
    print: async (notice) => ({
      mediaType: 'application/pdf',
      content: await app.workers.print('printNotice', notice),
      name: `${notice.noticeNumber}.pdf`,
    }),
  });

  post('/v1/notices/:id/deliveries', {
    id: 'recordNoticeDelivery',
    summary: '登记告知情况 · Record how the applicant was told',
    description:
      '一次告知一条记录；未告知到的，再次告知后另行登记。提交申请的平台登记本人登录后已阅看的（shown-online），即为已告知，' +
      '街道（乡镇）无需再电话告知。One row for each attempt; the platform of the case confirms what the applicant was shown.',
    ifMatch: true,
    problems: ['not-found', 'precondition-failed', 'precondition-missing', 'state-conflict'],
    params: IdParams,
    body: RecordNoticeDelivery,
    answer: Notice,
    run: (context, { params, version, body }) => recordNoticeDelivery(context, params.id, version, body),
  });

  each('/v1/notice-deliveries', {
    id: 'recordNoticeDeliveries',
    summary: '批量登记告知情况 · Record how many applicants were told',
    description:
      '一次最多 500 份，逐份登记。试用时代替 recordNoticeDelivery。Each as recordNoticeDelivery, and tried instead.',
    item: NoticeToRecord,
    example: { noticeId: exampleId, version: 1, method: 'phone', outcome: 'told' },
    about: 'noticeId',
    result: RecordedNotice,
    run: recordNoticeDeliveries,
  });

  const findByCode = createCodeLookup(db);
  app.get(
    '/v1/notice-verifications/:verificationCode',
    routeOf(
      tag,
      {
        id: 'verifyNotice',
        summary: '核验告知书 · Verify a notice',
        description:
          '凭文书上的验证码确认由本服务出具，不含个人信息。By the code on the paper; no personal data.',
        config: { public: true, asksDatabase: true },
        problems: ['not-found'],
        params: VerificationParams,
        query: {},
      },
      { 200: NoticeVerification },
    ),
    (request) => verifyNotice(findByCode, request.params.verificationCode),
  );
}
