// Speaks HTTP for the auditor.

import { problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { exportAuditCheckpoint, listAuditEntries, verifyAudit } from './operations.ts';
import * as schemas from './schemas.ts';

export function auditRoutes(app: App, { read }: Handlers): void {
  const tags = ['oversight'];

  app.get(
    '/v1/audit-entries',
    {
      config: { shows: ['trace'] },
      schema: {
        operationId: 'listAuditEntries',
        tags,
        summary: '查询审计记录 · List audit entries',
        description:
          '谁、何时、以什么岗位、对什么做了什么。不含个人信息原文。Who did what; no personal value.',
        querystring: schemas.AuditQuery,
        response: { 200: Page(schemas.AuditEntry), ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => listAuditEntries(context, request.query)),
  );

  app.get(
    '/v1/audit-checkpoint',
    {
      schema: {
        operationId: 'exportAuditCheckpoint',
        tags,
        summary: '导出审计检查点 · Export a checkpoint',
        description:
          '签名的链头，请保存在数据库之外；日后可据此发现尾部被截断。Shows later that the tail was cut.',
        response: { 200: schemas.Checkpoint, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => exportAuditCheckpoint(context)),
  );

  app.post(
    '/v1/audit-verifications',
    {
      config: { lane: 'heavy', isQuestion: true },
      schema: {
        operationId: 'verifyAudit',
        tags,
        summary: '校验审计记录 · Verify the audit',
        description:
          '沿链逐条核对，指出第一条有误的记录；附上保存的检查点还能发现尾部被截断。Names the first bad entry.',
        body: schemas.VerifyAudit,
        response: { 200: schemas.AuditVerification, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => verifyAudit(context, request.body)),
  );
}
