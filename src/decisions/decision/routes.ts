// HTTP routes for decisions.

import { Application } from '../../applications/application/schemas.ts';
import { exampleId, IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { decideApplication, decideApplications, declineApplication, getDecision } from './operations.ts';
import { ClearCase, DecideApplication, DecidedCase, Decision, StandingDecision } from './schemas.ts';

export function decisionRoutes(app: App, handlers: Handlers): void {
  const { get, post, each } = operationsOf(app, handlers, 'decisions');

  post('/v1/applications/:id/non-acceptance', {
    id: 'declineApplication',
    summary: '不予受理 · Do not accept',
    description:
      '仅当比对结果表明所有月份都不符合条件。原因出自比对结果，告知书附比对情况说明。Only where no month can qualify; the reasons are the assessment’s.',
    problems: [
      'not-found',
      'precondition-missing',
      'precondition-failed',
      'state-conflict',
      'decline-not-supported',
      'officer-already-on-case',
    ],
    ifMatch: true,
    params: IdParams,
    answer: Application,
    run: (context, { params, version }) => declineApplication(context, params.id, version),
  });

  post('/v1/applications/:id/decision', {
    id: 'decideApplication',
    summary: '审核办结 · Decide a case',
    description: '按最近一次比对作出决定并签字；审核人不得是本案经办人。The reviewer is not the handler.',
    problems: [
      'not-found',
      'precondition-missing',
      'precondition-failed',
      'comparison-missing',
      'comparison-stale',
      'decision-not-supported',
      'applicant-barred',
      'flags-unconfirmed',
      'state-conflict',
      'officer-already-on-case',
      'cap-exceeded',
    ],
    ifMatch: true,
    params: IdParams,
    body: DecideApplication,
    answer: Decision,
    created: (_, { id }) => `/v1/applications/${id}/decision`,
    run: (context, { params, version, body }) => decideApplication(context, params.id, version, body),
  });

  get('/v1/applications/:id/decision', {
    id: 'getDecision',
    summary: '查看决定 · Read the decision on a case',
    description:
      '现行有效的决定及其依据的比对；已撤销的不再显示。ETag 为申请的版本，复核、撤销以此为准。' +
      'The decision that stands, described from its stored comparison; its ETag is the application’s version.',
    config: { shows: ['decision'] },
    problems: ['not-found'],
    params: IdParams,
    answer: StandingDecision,
    run: (context, { params }) => getDecision(context, params.id),
  });

  each('/v1/decisions', {
    id: 'decideApplications',
    summary: '批量审核通过 · Sign many clear cases',
    description:
      '一次最多 500 件，仅限各项检查均通过的申请；逐件独立办结，情况有变的不处理并逐件说明。试用时代替 decideApplication。' +
      'Each is decided on its own; what changed is left out and told. Tried instead of decideApplication.',
    item: ClearCase,
    example: { applicationId: exampleId, version: 4, comparisonId: exampleId },
    about: 'applicationId',
    result: DecidedCase,
    run: decideApplications,
  });
}
