// HTTP routes for appeals.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { decideAppeal, getAppeal, listAppeals, openAppeal, withdrawAppeal } from './operations.ts';
import { Appeal, AppealQuery, DecideAppeal, OpenAppeal, WithdrawAppeal } from './schemas.ts';

export function appealRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'decisions');

  post('/v1/applications/:id/appeals', {
    id: 'openAppeal',
    summary: '登记行政复议、信访、申诉 · Record an appeal',
    description:
      '针对本案现行有效的决定（含不予受理）或已确认的追回；平台、街道和经办机构均可登记，办理时限自受理之日起计算，并告知申请人。' +
      'Against the decision that stands, or a confirmed recovery; handed in at a platform, the street or the agency.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    body: OpenAppeal,
    answer: Appeal,
    created: ({ id }) => `/v1/appeals/${id}`,
    run: (context, { params, body }) => openAppeal(context, params.id, body),
  });

  get('/v1/appeals', {
    id: 'listAppeals',
    summary: '行政复议、信访、申诉列表 · List appeals',
    description: '按登记先后；可按状态、种类、申请和是否超期筛选。In the order in which they were recorded.',
    config: { shows: ['decision'] },
    query: AppealQuery,
    answer: Page(Appeal),
    run: (context, { query }) => listAppeals(context, query),
  });

  get('/v1/appeals/:id', {
    id: 'getAppeal',
    summary: '查看一件行政复议、信访、申诉 · Read an appeal',
    description: '与列表中的内容相同。As the list shows it.',
    config: { shows: ['decision'] },
    problems: ['not-found'],
    params: IdParams,
    answer: Appeal,
    run: (context, { params }) => getAppeal(context, params.id),
  });

  post('/v1/appeals/:id/withdrawal', {
    id: 'withdrawAppeal',
    summary: '撤回行政复议、信访、申诉 · Withdraw an appeal',
    description:
      '申请人撤回的，登记原因；可再次提出。Another may be handed in. 试用时代替 decideAppeal。Tried instead of decideAppeal.',
    problems: ['not-found', 'precondition-missing', 'precondition-failed', 'state-conflict'],
    ifMatch: true,
    params: IdParams,
    body: WithdrawAppeal,
    answer: Appeal,
    run: (context, { params, version, body }) => withdrawAppeal(context, params.id, version, body),
  });

  post('/v1/appeals/:id/outcome', {
    id: 'decideAppeal',
    summary: '登记处理结果 · Record the outcome of an appeal',
    description:
      '由作出原决定以外的审核人员，凭结果文书登记，并告知申请人。变更或撤销的，先撤销决定（undoDecision）并重新审核，或撤销追回（reverseRecovery），' +
      '再登记。Changed or remade: undo the decision and decide anew, or reverse the recovery, first.',
    problems: [
      'not-found',
      'precondition-missing',
      'precondition-failed',
      'state-conflict',
      'officer-already-on-case',
    ],
    ifMatch: true,
    params: IdParams,
    body: DecideAppeal,
    answer: Appeal,
    run: (context, { params, version, body }) => decideAppeal(context, params.id, version, body),
  });
}
