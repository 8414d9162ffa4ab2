// Speaks HTTP for recoveries.

import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import { expectedVersion } from '../../platform/http/preconditions.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from './operations.ts';
import * as schemas from './schemas.ts';

const { Recovery } = schemas;

export function recoveryRoutes(app: App, { write, read }: Handlers): void {
  const tags = ['recoveries'];
  const response = { 201: Recovery, ...problemResponses };

  app.get(
    '/v1/recoveries',
    {
      config: { shows: ['recovery'] },
      schema: {
        operationId: 'listRecoveries',
        tags,
        summary: '查询追回 · List recoveries',
        description:
          '已享受的月份与后来的登记数据不符时自动列入。试用时先以 deliverRecords 的示例 later 报送后来的数据。' +
          'Opened by later records. To try it, deliver deliverRecords’ example later first.',
        querystring: schemas.RecoveryQuery,
        response: { 200: Page(Recovery), ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => operations.listRecoveries(context, request.query)),
  );

  app.post(
    '/v1/recoveries/:id/confirmation',
    {
      config: { ifMatch: 1 },
      schema: {
        operationId: 'confirmRecovery',
        tags,
        summary: '确认追回 · Confirm a recovery',
        description: '听取当事人说明后确认；该月份不再有效，并退出月数累计。After the person was heard.',
        params: IdParams,
        body: schemas.ConfirmRecovery,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.confirmRecovery(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/recoveries/:id/repayments',
    {
      config: { ifMatch: 2 },
      schema: {
        operationId: 'recordRepayment',
        tags,
        summary: '登记退款 · Record a repayment',
        description:
          '可分次退回；退清后追回办结。In part or whole; with the last fen the recovery is closed.',
        params: IdParams,
        body: schemas.RecordRepayment,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.recordRepayment(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/recoveries/:id/set-offs',
    {
      config: { ifMatch: 2 },
      schema: {
        operationId: 'setOffRecovery',
        tags,
        summary: '抵扣 · Set a month off against a debt',
        description:
          '经本人书面同意，以已批准、尚未列入发放批次的整月补贴抵扣欠款，该月份不再发放；抵扣同意书须先以 addMaterial 上传。' +
          'A granted month settles the debt instead of being paid, on the person’s written consent.',
        params: IdParams,
        body: schemas.SetOffRecovery,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.setOffRecovery(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/recoveries/:id/set-offs/:setOffId/reversal',
    {
      config: { ifMatch: 4 },
      schema: {
        operationId: 'reverseSetOff',
        tags,
        summary: '撤销抵扣 · Reverse a set-off',
        description:
          '该月份恢复待发放，欠款恢复。The month waits to be paid again, and the debt is owed again.',
        params: schemas.SetOffParams,
        body: schemas.ReverseSetOff,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.reverseSetOff(context, request.params, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/recoveries/:id/reversal',
    {
      config: { ifMatch: 4 },
      schema: {
        operationId: 'reverseRecovery',
        tags,
        summary: '撤销追回 · Reverse a recovery',
        description:
          '追回有误：该月份恢复有效，已退回的资金须先如数退还本人。The month is live again; what was repaid is given back.',
        params: IdParams,
        body: schemas.ReverseRecovery,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.reverseRecovery(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/recoveries/:id/dismissal',
    {
      config: { ifMatch: 1 },
      schema: {
        operationId: 'dismissRecovery',
        tags,
        summary: '排除追回 · Dismiss a recovery',
        description:
          '说明理由后该月份继续有效。试用时再次查询，取另一条疑似的追回。' +
          'The month stays. To try it, list again and take the other suspected one.',
        params: IdParams,
        body: schemas.DismissRecovery,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.dismissRecovery(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/recoveries',
    {
      schema: {
        operationId: 'openRecovery',
        tags,
        summary: '提出追回 · Open a recovery',
        description:
          '工作人员发现已批准的月份应当追回，写明事实和依据。An officer says which month, and why.',
        body: schemas.OpenRecovery,
        response,
      },
    },
    (request, reply) => write(request, reply, (context) => operations.openRecovery(context, request.body)),
  );
}
