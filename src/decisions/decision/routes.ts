// Speaks HTTP for comparisons and decisions.

import { Application } from '../../applications/application/schemas.ts';
import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf, routeOf } from '../../platform/http/operations.ts';
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

export function decisionRoutes(app: App, handlers: Handlers): void {
  const { post, ask } = operationsOf(app, handlers, 'decisions');

  post('/v1/applications/:id/non-acceptance', {
    id: 'declineApplication',
    summary: '不予受理 · Do not accept',
    description:
      '仅当比对结果表明所有月份都不符合条件。原因出自比对结果，告知书附比对情况说明。Only where no month can qualify; the reasons are the assessment’s.',
    ifMatch: 3,
    params: IdParams,
    answer: Application,
    run: (context, { params, version }) => declineApplication(context, params.id, version),
  });

  post('/v1/applications/:id/comparisons', {
    id: 'compareApplication',
    summary: '数据比对 · Compare a case with the registers',
    description:
      '对已受理的申请逐月逐项比对，并保存所依据数据的快照。Stores a snapshot of exactly what was looked at.',
    params: IdParams,
    answer: Comparison,
    run: (context, { params }) => compareApplication(context, params.id),
  });

  post('/v1/applications/:id/decision', {
    id: 'decideApplication',
    summary: '审核办结 · Decide a case',
    description: '按最近一次比对作出决定并签字；审核人不得是本案经办人。The reviewer is not the handler.',
    ifMatch: 4,
    params: IdParams,
    body: DecideApplication,
    answer: Decision,
    run: (context, { params, version, body }) => decideApplication(context, params.id, version, body),
  });

  app.post(
    '/v1/decisions',
    routeOf(
      'decisions',
      {
        id: 'decideApplications',
        summary: '批量审核通过 · Sign many clear cases',
        description:
          '一次最多 500 件，仅限各项检查均通过的申请；逐件独立办结，情况有变的不处理并逐件说明。每件用同一 Idempotency-Key 重试不会重复。试用时代替 decideApplication。' +
          'Each is decided on its own; what changed is left out and told. Tried instead of decideApplication.',
        body: DecideApplications,
      },
      { 201: DecidedApplications },
    ),
    (request, reply) =>
      handlers.writeEach(
        request,
        reply,
        casesOf(request.body),
        (one) => one.applicationId,
        decideClearCase,
        resultsOf,
      ),
  );

  ask('/v1/applications/:id/decision/replays', {
    id: 'replayDecision',
    summary: '重演决定 · Replay a decision',
    description:
      '按当时保存的快照和政策版本重新评估，说明是否逐字节相同；不改变任何内容，只留下查阅记录。Changes nothing, and leaves a trace.',
    config: { shows: ['decision'] },
    params: IdParams,
    answer: DecisionReplay,
    run: (context, { params }) => replayDecision(context, params.id),
  });
}
