// HTTP routes for the auditor.

import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf, routeOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { exportAuditCheckpoint, listAuditEntries, verifyAudit } from './operations.ts';
import { AuditEntry, AuditQuery, AuditVerification, Checkpoint, VerifyAudit } from './schemas.ts';

export function auditRoutes(app: App, handlers: Handlers): void {
  const { get } = operationsOf(app, handlers, 'oversight');

  get('/v1/audit-entries', {
    id: 'listAuditEntries',
    summary: '查询审计记录 · List audit entries',
    description: '谁、何时、以什么岗位、对什么做了什么。不含个人信息原文。Who did what; no personal value.',
    config: { shows: ['trace'] },
    query: AuditQuery,
    answer: Page(AuditEntry),
    run: (context, { query }) => listAuditEntries(context, query),
  });

  get('/v1/audit-checkpoint', {
    id: 'exportAuditCheckpoint',
    summary: '导出审计校验点 · Export a checkpoint',
    description:
      '签名的链头，请保存在数据库之外；日后可据此发现尾部被截断。Shows later that the tail was cut.',
    problems: ['state-conflict'],
    answer: Checkpoint,
    run: exportAuditCheckpoint,
  });

  // POST only because it needs a body: it leaves no entry in the audit that it verifies.
  app.post(
    '/v1/audit-verifications',
    routeOf(
      'oversight',
      {
        id: 'verifyAudit',
        summary: '校验审计记录 · Verify the audit',
        description:
          '沿链逐条核对，指出第一条有误的记录；附上保存的校验点还能发现尾部被截断。Names the first bad entry.',
        config: { lane: 'heavy', isQuestion: true },
        body: VerifyAudit,
      },
      { 200: AuditVerification },
    ),
    (request, reply) => handlers.read(request, reply, (context) => verifyAudit(context, request.body)),
  );
}
