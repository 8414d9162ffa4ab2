// Speaks HTTP for disbursements up to the money at hand: gathering, rosters, funds. The bank's part is in payment-routes.ts.

import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import { expectedVersion } from '../../platform/http/preconditions.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from './operations.ts';
import * as schemas from './schemas.ts';

const { Disbursement } = schemas;

export function disbursementRoutes(app: App, { write, read }: Handlers): void {
  const tags = ['disbursements'];
  const response = { 201: Disbursement, ...problemResponses };

  app.post(
    '/v1/disbursements',
    {
      schema: {
        operationId: 'createDisbursement',
        tags,
        summary: '建立发放批次 · Gather a disbursement',
        description:
          '汇集本机构全部已审核通过且未发放的月份，每人一行。Every approved, unpaid month of the agency, one line per person.',
        response,
      },
    },
    (request, reply) => write(request, reply, (context) => operations.createDisbursement(context)),
  );

  app.get(
    '/v1/disbursements',
    {
      schema: {
        operationId: 'listDisbursements',
        tags,
        summary: '查询发放批次 · List disbursements',
        description: '可见范围内的发放批次。The disbursements within scope.',
        querystring: schemas.DisbursementQuery,
        response: { 200: Page(schemas.DisbursementSummary), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.listDisbursements(context, request.query)),
  );

  app.get(
    '/v1/disbursements/:id',
    {
      schema: {
        operationId: 'getDisbursement',
        tags,
        summary: '查看发放批次 · Read a disbursement',
        description:
          '状态、各街道（乡镇）核对情况、资金申请和发放文件。State, rosters, fund request, payment file.',
        params: IdParams,
        response: { 200: Disbursement, ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.getDisbursement(context, request.params.id)),
  );

  app.get(
    '/v1/disbursements/:id/rosters/:streetCode',
    {
      config: { shows: ['payment', 'identity'] },
      schema: {
        operationId: 'getRoster',
        tags,
        summary: '查看街道（乡镇）名单 · Read a street’s roster',
        description: '每人一行：月份、金额、状态，个人信息脱敏。One line for each person, masked.',
        params: schemas.RosterParams,
        response: { 200: schemas.Roster, ...problemResponses },
      },
    },
    (request, reply) => {
      const { id, streetCode } = request.params;
      return read(request, reply, (context) => operations.getRoster(context, id, streetCode));
    },
  );

  app.post(
    '/v1/disbursements/:id/rosters/:streetCode/verification',
    {
      config: { ifMatch: 1 },
      schema: {
        operationId: 'verifyRoster',
        tags,
        summary: '核对名单 · Verify a roster',
        description:
          '街道（乡镇）签字确认，可附原因暂缓个别人员。Signs the roster, or holds lines back with a reason.',
        params: schemas.RosterParams,
        body: schemas.VerifyRoster,
        response: { 201: schemas.Roster, ...problemResponses },
      },
    },
    (request, reply) => {
      const { id, streetCode } = request.params;
      const expected = expectedVersion(request);
      return write(request, reply, (context) =>
        operations.verifyRoster(context, id, streetCode, expected, request.body),
      );
    },
  );

  app.post(
    '/v1/disbursements/:id/lines/:lineId/release',
    {
      schema: {
        operationId: 'releaseHold',
        tags,
        summary: '解除暂缓 · Release a held line',
        description: '疑问已核实；该行的月份转入下一发放批次。Its months wait for the next disbursement.',
        params: schemas.LineParams,
        body: schemas.ReleaseHold,
        response,
      },
    },
    (request, reply) => {
      const { id, lineId } = request.params;
      return write(request, reply, (context) => operations.releaseHold(context, id, lineId, request.body));
    },
  );

  app.post(
    '/v1/disbursements/:id/cancellation',
    {
      config: { ifMatch: 3 },
      schema: {
        operationId: 'cancelDisbursement',
        tags,
        summary: '取消发放批次 · Cancel a disbursement',
        description:
          '申请资金之前可以取消，全部月份退回待发放。Before funds are requested; every month waits again.',
        params: IdParams,
        body: schemas.CancelDisbursement,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.cancelDisbursement(
          context,
          request.params.id,
          expectedVersion(request),
          request.body.reason,
        ),
      ),
  );

  app.post(
    '/v1/disbursements/:id/fund-request',
    {
      config: { ifMatch: 2 },
      schema: {
        operationId: 'requestFunds',
        tags,
        summary: '申请拨付资金 · Request funds',
        description:
          '全部街道（乡镇）核对后方可申请；笔数和金额自此固定。Count and total are frozen from here on.' +
          '试用时先重新建立批次并全部签字（前一批次已取消）。To try it, gather anew and sign the whole.',
        params: IdParams,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.requestFunds(context, request.params.id, expectedVersion(request)),
      ),
  );

  app.post(
    '/v1/disbursements/:id/fund-receipts',
    {
      config: { ifMatch: 3 },
      schema: {
        operationId: 'recordFundsReceipt',
        tags,
        summary: '登记资金到账 · Record the funds received',
        description:
          '可分次到账；少于申请时须注明是否为最后一笔。In parts; less than was asked says whether more will come.',
        params: IdParams,
        body: schemas.RecordFundsReceipt,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.recordFundsReceipt(context, request.params.id, expectedVersion(request), request.body),
      ),
  );
}
