// Speaks HTTP for notices.

import type { Db } from '../../platform/database/connect.ts';
import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import { File, sendFile } from '../../platform/http/files.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import { expectedVersion } from '../../platform/http/preconditions.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from './operations.ts';
import {
  Notice,
  NoticeQuery,
  NoticeVerification,
  RecordNoticeDelivery,
  VerificationParams,
} from './schemas.ts';
import { createNoticeVerifier } from './verification.ts';

export function noticeRoutes(app: App, { write, read, auditedRead }: Handlers, { db }: { db: Db }): void {
  const tags = ['notices'];
  const verify = createNoticeVerifier(db);

  app.get(
    '/v1/notices',
    {
      config: { shows: ['notice', 'identity'] },
      schema: {
        operationId: 'listNotices',
        tags,
        summary: '告知书收件箱 · Notices to be told',
        description:
          '街道（乡镇）看到须由其告知的告知书；经办机构可查超过告知期限仍未告知的。A street sees what it has to tell; its county what was not told in time.',
        querystring: NoticeQuery,
        response: { 200: Page(Notice), ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => operations.listNotices(context, request.query)),
  );

  app.get(
    '/v1/notices/:id/document',
    {
      config: { lane: 'file', shows: ['notice', 'identity'] },
      schema: {
        operationId: 'getNoticeDocument',
        tags,
        summary: '打印告知书 · Print a notice',
        description:
          '告知书 PDF，带编号和验证码，个人信息脱敏；每次打印均留痕。Masked; every printing is audited.',
        params: IdParams,
        response: {
          200: {
            description: '告知书（PDF） · the notice',
            content: { 'application/pdf': { schema: File } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const notice = await auditedRead(request, (context) =>
        operations.getNoticeDocument(context, request.params.id),
      );
      const content = await app.workers.print('printNotice', notice);
      await sendFile(reply, { mediaType: 'application/pdf', content, name: `${notice.noticeNumber}.pdf` });
    },
  );

  app.post(
    '/v1/notices/:id/deliveries',
    {
      config: { ifMatch: 1 },
      schema: {
        operationId: 'recordNoticeDelivery',
        tags,
        summary: '登记告知情况 · Record how the applicant was told',
        description: '一次告知一条记录；未告知到的，再次告知后另行登记。One row for each attempt.',
        params: IdParams,
        body: RecordNoticeDelivery,
        response: { 201: Notice, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.recordNoticeDelivery(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.get(
    '/v1/notices/verifications/:verificationCode',
    {
      config: { public: true, asksDatabase: true },
      schema: {
        operationId: 'verifyNotice',
        tags,
        summary: '核验告知书 · Verify a notice',
        description:
          '凭文书上的验证码确认由本服务出具，不含个人信息。By the code on the paper; no personal data.',
        params: VerificationParams,
        querystring: {},
        response: { 200: NoticeVerification, ...problemResponses },
      },
    },
    (request) => verify(request.params.verificationCode),
  );
}
