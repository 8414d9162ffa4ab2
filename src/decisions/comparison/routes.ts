// HTTP routes for comparisons.

import { closed, exampleId, IdParams, Uuid, worded } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import {
  compareApplication,
  compareApplications,
  getApplicationAssessment,
  getComparison,
} from './operations.ts';
import { ApplicationAssessment, CaseToCompare, ComparedCase, Comparison } from './schemas.ts';

export function comparisonRoutes(app: App, handlers: Handlers): void {
  const { get, post, each } = operationsOf(app, handlers, 'decisions');

  get('/v1/applications/:id/assessment', {
    id: 'getApplicationAssessment',
    summary: '查看申请的比对情况 · Assess a case as it stands',
    description:
      '受理时核对：按现有登记数据逐月逐项评估，不保存，不改变申请。For acceptance: every check of every month by today’s ' +
      'records; stores and changes nothing.',
    config: { shows: ['entitlement'] },
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    answer: ApplicationAssessment,
    run: (context, { params }) => getApplicationAssessment(context, params.id),
  });

  post('/v1/applications/:id/comparisons', {
    id: 'compareApplication',
    summary: '数据比对 · Compare a case with the registers',
    description:
      '对已受理的申请逐月逐项比对，并保存所依据数据的快照。Stores a snapshot of exactly what was looked at.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    answer: Comparison,
    created: ({ id }, params) => `/v1/applications/${params.id}/comparisons/${id}`,
    run: (context, { params }) => compareApplication(context, params.id),
  });

  each('/v1/comparisons', {
    id: 'compareApplications',
    summary: '批量比对 · Compare many cases',
    description:
      '一次最多 500 件已受理的申请，逐件保存比对，并说明哪些可批量审核通过。试用时代替 compareApplication。' +
      'Stores a comparison of each, and tells which may be signed together. Tried instead of compareApplication.',
    item: CaseToCompare,
    example: { applicationId: exampleId },
    about: 'applicationId',
    result: ComparedCase,
    run: compareApplications,
  });

  get('/v1/applications/:id/comparisons/:comparisonId', {
    id: 'getComparison',
    summary: '查看比对 · Read a comparison',
    description:
      '内容与比对时的回答相同，出自当时保存的快照和结果；提示事项（flags）为目前的。' +
      'As it was answered, from what was stored then; the flags are those of now.',
    config: { shows: ['decision'] },
    problems: ['not-found'],
    params: closed({ ...IdParams.properties, comparisonId: worded(Uuid, '比对编号 · id of the comparison') }),
    answer: Comparison,
    run: (context, { params }) => getComparison(context, params.id, params.comparisonId),
  });
}
