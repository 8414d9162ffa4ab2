// Speaks HTTP for false material and the bar that follows from it.

import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import { expectedVersion } from '../../platform/http/preconditions.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from '../recoveries/operations.ts';
import { ConfirmRecovery } from '../recoveries/schemas.ts';
import * as schemas from './schemas.ts';

export function barRoutes(app: App, { write, read }: Handlers): void {
  const tags = ['recoveries'];
  const response = { 201: schemas.Bar, ...problemResponses };

  app.post(
    '/v1/applications/:id/false-material-reports',
    {
      schema: {
        operationId: 'reportFalseMaterial',
        tags,
        summary: '报告虚假材料 · Report false material',
        description:
          '凭该材料核定、仍然有效的全部月份列为疑似应追回，用过同一文件的其他申请也在内；首次确认追回即取消申请补贴资格。' +
          'Every month still granted on it is suspected, in every case that used it; the first that is confirmed bars the person.',
        params: IdParams,
        body: schemas.ReportFalseMaterial,
        response: { 201: schemas.FalseMaterialReport, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.reportFalseMaterial(context, request.params.id, request.body),
      ),
  );

  app.get(
    '/v1/bars',
    {
      config: { shows: ['recovery'] },
      schema: {
        operationId: 'listBars',
        tags,
        summary: '查询取消资格 · List bars',
        description:
          '因虚假材料被报告、取消资格和已解除的人员。Who was reported for false material, is barred, or was.',
        querystring: schemas.BarQuery,
        response: { 200: Page(schemas.Bar), ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => operations.listBars(context, request.query)),
  );

  app.post(
    '/v1/bars/:id/confirmation',
    {
      config: { ifMatch: 1 },
      schema: {
        operationId: 'confirmBar',
        tags,
        summary: '确认取消资格 · Confirm a bar',
        description:
          '没有凭该材料核定的有效月份时，由报告人以外的审核人员听取说明后确认；有的，逐月确认追回即可。' +
          'Where no month was granted on the material; else with the first recovery. To try it, report false material and list bars first.',
        params: IdParams,
        body: ConfirmRecovery,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.confirmBar(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/bars/:id/dismissal',
    {
      config: { ifMatch: 1 },
      schema: {
        operationId: 'dismissBar',
        tags,
        summary: '排除虚假材料 · Dismiss a report',
        description:
          '报告不属实；疑似的月份须先逐月排除。What was reported is not so. To try it, report false material and list bars first.',
        params: IdParams,
        body: schemas.DismissBar,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.dismissBar(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/bars/:id/lifting',
    {
      config: { ifMatch: 2 },
      schema: {
        operationId: 'liftBar',
        tags,
        summary: '解除取消资格 · Lift a bar',
        description:
          '全部退还后，由未参与该案办理、报告、确认的审核人员写明理由解除。' +
          'Once all is repaid, by a reviewer who had no part in the false case. To try it, report, list and confirm first.',
        params: IdParams,
        body: schemas.LiftBar,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.liftBar(context, request.params.id, expectedVersion(request), request.body),
      ),
  );
}
