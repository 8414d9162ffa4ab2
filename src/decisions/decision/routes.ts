// Speaks HTTP for comparisons and decisions.

import { Application } from '../../applications/application/schemas.ts';
import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { expectedVersion } from '../../platform/http/preconditions.ts';
import type { App } from '../../platform/http/server.ts';
import { casesOf, decideClearCase, resultsOf } from './batch.ts';
import { declineApplication } from './decline.ts';
import { compareApplication, decideApplication, replayDecision } from './operations.ts';
import {
  Comparison,
  DecideApplication,
  DecideApplications,
  DecidedApplications,
  Decision,
  DecisionReplay,
} from './schemas.ts';

export function decisionRoutes(app: App, { write, writeEach, auditedRead }: Handlers): void {
  app.post(
    '/v1/applications/:id/non-acceptance',
    {
      config: { ifMatch: 3 },
      schema: {
        operationId: 'declineApplication',
        tags: ['decisions'],
        summary: '不予受理 · Do not accept',
        description:
          '仅当比对结果表明所有月份都不符合条件。原因出自比对结果，告知书附比对情况说明。Only where no month can qualify; the reasons are the assessment’s.',
        params: IdParams,
        response: { 201: Application, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        declineApplication(context, request.params.id, expectedVersion(request)),
      ),
  );

  app.post(
    '/v1/applications/:id/comparisons',
    {
      schema: {
        operationId: 'compareApplication',
        tags: ['decisions'],
        summary: '数据比对 · Compare a case with the registers',
        description:
          '对已受理的申请逐月逐项比对，并保存所依据数据的快照。Stores a snapshot of exactly what was looked at.',
        params: IdParams,
        response: { 201: Comparison, ...problemResponses },
      },
    },
    (request, reply) => write(request, reply, (context) => compareApplication(context, request.params.id)),
  );

  app.post(
    '/v1/applications/:id/decision',
    {
      config: { ifMatch: 4 },
      schema: {
        operationId: 'decideApplication',
        tags: ['decisions'],
        summary: '审核办结 · Decide a case',
        description: '按最近一次比对作出决定并签字；审核人不得是本案经办人。The reviewer is not the handler.',
        params: IdParams,
        body: DecideApplication,
        response: { 201: Decision, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        decideApplication(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/decisions',
    {
      schema: {
        operationId: 'decideApplications',
        tags: ['decisions'],
        summary: '批量审核通过 · Sign many clear cases',
        description:
          '一次最多 500 件，仅限各项检查均通过的申请；逐件独立办结，情况有变的不处理并逐件说明。每件用同一 Idempotency-Key 重试不会重复。试用时代替 decideApplication。' +
          'Each is decided on its own; what changed is left out and told. Tried instead of decideApplication.',
        body: DecideApplications,
        response: { 201: DecidedApplications, ...problemResponses },
      },
    },
    (request, reply) =>
      writeEach(
        request,
        reply,
        casesOf(request.body),
        (one) => one.applicationId,
        decideClearCase,
        resultsOf,
      ),
  );

  app.post(
    '/v1/applications/:id/decision/replays',
    {
      config: { isQuestion: true, shows: ['decision'] },
      schema: {
        operationId: 'replayDecision',
        tags: ['decisions'],
        summary: '重演决定 · Replay a decision',
        description:
          '按当时保存的快照和政策版本重新评估，说明是否逐字节相同；不改变任何内容，只留下查阅记录。Changes nothing, and leaves a trace.',
        params: IdParams,
        response: { 200: DecisionReplay, ...problemResponses },
      },
    },
    (request) => auditedRead(request, (context) => replayDecision(context, request.params.id)),
  );
}
