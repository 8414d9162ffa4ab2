// Routes for continuing from quarter to quarter.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { continueApplication, listClaimable } from './operations.ts';
import { ClaimableQuarter, ClaimableQuery, ContinuedApplication } from './schemas.ts';

export function continuingRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'applications');

  get('/v1/claimable-quarters', {
    id: 'listClaimable',
    summary: '可以申请而尚未申请的人员 · Who may claim a quarter and has not applied',
    description:
      '本街道（乡镇）或本平台已批准过的人员中，期限未满、该季度没有申请的；每人附最近一件申请，用 continueApplication 续申。' +
      'Of the people with an approved case of this street or platform, whose term is not over; continueApplication opens the draft.',
    config: { shows: ['case', 'entitlement', 'whole-name'] },
    query: ClaimableQuery,
    answer: Page(ClaimableQuarter),
    run: (context, { query }) => listClaimable(context, query),
  });

  post('/v1/applications/:id/continuations', {
    id: 'continueApplication',
    summary: '续申下一季度 · Continue in the next quarter',
    description:
      '以上一件申请为底稿，为其后可以申请的月份建立草稿：带入填报内容、现在的收款账户和身份证件材料，承诺书须重新签署；' +
      '并说明此后的变化。不能续申时一次列出全部原因。From the last case a draft for the next claimable months: entries, ' +
      'the account paid now and identity papers come along, the undertaking is signed anew, and what has changed is told.',
    problems: ['not-found', 'state-conflict', 'applicant-barred'],
    params: IdParams,
    answer: ContinuedApplication,
    created: ({ application }) => `/v1/applications/${application.id}`,
    run: (context, { params }) => continueApplication(context, params.id),
  });
}
