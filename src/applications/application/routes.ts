// Routes for cases: list, read, submit and withdraw.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { getApplication, listApplications, submitApplication, withdrawApplication } from './operations.ts';
import { Application, ApplicationQuery, ApplicationSummary } from './schemas.ts';

export function applicationRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'applications');

  get('/v1/applications', {
    id: 'listApplications',
    summary: '查询申请列表 · List applications',
    description: '本人员或机构可见的申请。The applications within scope.',
    config: { shows: ['case', 'whole-name'] },
    query: ApplicationQuery,
    answer: Page(ApplicationSummary),
    run: (context, { query }) => listApplications(context, query),
  });

  get('/v1/applications/:id', {
    id: 'getApplication',
    summary: '查看申请进度 · Follow an application',
    description:
      '状态、下一步、材料，各月份及其资金（等待、在名单、发放中、已发放、失败或退票及怎么办、追回）；号码脱敏。' +
      'State, next step, materials, and each month with what became of its money; numbers masked.',
    problems: ['not-found'],
    config: { shows: ['case', 'identity', 'agent', 'payment', 'recovery', 'whole-name'] },
    params: IdParams,
    answer: Application,
    run: (context, { params }) => getApplication(context, params.id),
  });

  post('/v1/applications/:id/submission', {
    id: 'submitApplication',
    summary: '提交申请 · Submit',
    description:
      '提交后月份即被占用，全市范围内不能重复申请。From here on the months are claimed in the whole city.',
    ifMatch: true,
    problems: [
      'not-found',
      'precondition-failed',
      'state-conflict',
      'undertaking-unsigned',
      'correction-incomplete',
      'month-already-claimed',
      'materials-missing',
    ],
    params: IdParams,
    answer: Application,
    run: (context, { params, version }) => submitApplication(context, params.id, version),
  });

  post('/v1/applications/:id/withdrawal', {
    id: 'withdrawApplication',
    summary: '撤回申请 · Withdraw',
    description:
      '审核办结前均可撤回，月份随即放开。试用时先以 createApplication 的示例 toWithdraw 另建一份草稿。' +
      'Until a decision. To try it, open another draft with createApplication’s example toWithdraw first.',
    ifMatch: true,
    problems: ['not-found', 'precondition-failed', 'state-conflict'],
    params: IdParams,
    answer: Application,
    run: (context, { params, version }) => withdrawApplication(context, params.id, version),
  });
}
