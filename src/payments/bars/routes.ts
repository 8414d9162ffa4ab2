// HTTP routes for false material and the bar that follows from it.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { ConfirmRecovery } from '../recoveries/schemas.ts';
import { confirmBar, dismissBar, getBar, liftBar, listBars, reportFalseMaterial } from './operations.ts';
import { Bar, BarQuery, DismissBar, FalseMaterialReport, LiftBar, ReportFalseMaterial } from './schemas.ts';

export function barRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'recoveries');

  post('/v1/applications/:id/false-material-reports', {
    id: 'reportFalseMaterial',
    summary: '报告虚假材料 · Report false material',
    description:
      '凭该材料核定、仍然有效的全部月份列为疑似应追回，用过同一文件的其他申请也在内；首次确认追回即取消申请补贴资格。' +
      'Every month still granted on it is suspected, in every case that used it; the first that is confirmed bars the person.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    body: ReportFalseMaterial,
    answer: FalseMaterialReport,
    created: ({ bar }) => `/v1/bars/${bar.id}`,
    run: (context, { params, body }) => reportFalseMaterial(context, params.id, body),
  });

  get('/v1/bars', {
    id: 'listBars',
    summary: '查询取消资格 · List bars',
    description:
      '因虚假材料被报告、取消资格和已解除的人员。Who was reported for false material, is barred, or was.',
    config: { shows: ['recovery'] },
    query: BarQuery,
    answer: Page(Bar),
    run: (context, { query }) => listBars(context, query),
  });

  get('/v1/bars/:id', {
    id: 'getBar',
    summary: '查看取消资格 · Read a bar',
    description:
      '内容与列表中的相同；办理前凭 ETag 取得最新版本。As the list shows it; its ETag is the version to act on.',
    config: { shows: ['recovery'] },
    problems: ['not-found'],
    params: IdParams,
    answer: Bar,
    run: (context, { params }) => getBar(context, params.id),
  });

  post('/v1/bars/:id/confirmation', {
    id: 'confirmBar',
    summary: '确认取消资格 · Confirm a bar',
    description:
      '没有凭该材料核定的有效月份时，由报告人以外的审核人员听取说明后确认；有的，逐月确认追回即可。' +
      'Where no month was granted on the material; else with the first recovery. To try it, report false material and list bars first.',
    problems: ['not-found', 'precondition-failed', 'state-conflict', 'same-officer'],
    ifMatch: true,
    params: IdParams,
    body: ConfirmRecovery,
    answer: Bar,
    run: (context, { params, version, body }) => confirmBar(context, params.id, version, body),
  });

  post('/v1/bars/:id/dismissal', {
    id: 'dismissBar',
    summary: '排除虚假材料 · Dismiss a report',
    description:
      '报告不属实；疑似的月份须先逐月排除。What was reported is not so. To try it, report false material and list bars first.',
    problems: ['not-found', 'precondition-failed', 'state-conflict'],
    ifMatch: true,
    params: IdParams,
    body: DismissBar,
    answer: Bar,
    run: (context, { params, version, body }) => dismissBar(context, params.id, version, body),
  });

  post('/v1/bars/:id/lifting', {
    id: 'liftBar',
    summary: '解除取消资格 · Lift a bar',
    description:
      '全部退还后，由未参与该案办理、报告、确认的审核人员写明理由解除。' +
      'Once all is repaid, by a reviewer who had no part in the false case. To try it, report, list and confirm first.',
    problems: [
      'not-found',
      'precondition-failed',
      'state-conflict',
      'bar-not-repaid',
      'officer-already-on-case',
    ],
    ifMatch: true,
    params: IdParams,
    body: LiftBar,
    answer: Bar,
    run: (context, { params, version, body }) => liftBar(context, params.id, version, body),
  });
}
