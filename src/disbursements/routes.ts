// Speaks HTTP for disbursements, from the roster to the bank's results.

import { Type } from 'typebox';
import type { Acting } from '../http/acting.ts';
import { Page } from '../http/paging.ts';
import { expectedVersion } from '../http/preconditions.ts';
import { IdParams, refusals } from '../http/schemas.ts';
import type { App } from '../http/server.ts';
import { getMoneyChain } from '../ledger/operations.ts';
import * as operations from './operations.ts';
import * as payments from './payments.ts';
import * as schemas from './schemas.ts';

const { Disbursement } = schemas;

export function disbursementRoutes(app: App, { effect, view, witnessed }: Acting): void {
  const tags = ['disbursements'];
  const response = { 201: Disbursement, ...refusals };

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
    (request, reply) => effect(request, reply, (act) => operations.createDisbursement(act)),
  );

  app.get(
    '/v1/disbursements',
    {
      schema: {
        operationId: 'listDisbursements',
        tags,
        summary: '查询发放批次 · List disbursements',
        description: '可见范围内的发放批次。The disbursements within sight.',
        querystring: schemas.DisbursementQuery,
        response: { 200: Page(schemas.DisbursementSummary), ...refusals },
      },
    },
    (request, reply) => view(request, reply, (seen) => operations.listDisbursements(seen, request.query)),
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
        response: { 200: Disbursement, ...refusals },
      },
    },
    (request, reply) => view(request, reply, (seen) => operations.getDisbursement(seen, request.params.id)),
  );

  app.get(
    '/v1/disbursements/:id/rosters/:streetCode',
    {
      schema: {
        operationId: 'getRoster',
        tags,
        summary: '查看街道（乡镇）名单 · Read a street’s roster',
        description: '每人一行：月份、金额、状态，个人信息脱敏。One line for each person, masked.',
        params: schemas.RosterParams,
        response: { 200: schemas.Roster, ...refusals },
      },
    },
    (request, reply) => {
      const { id, streetCode } = request.params;
      return view(request, reply, (seen) => operations.getRoster(seen, id, streetCode));
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
        response: { 201: schemas.Roster, ...refusals },
      },
    },
    (request, reply) => {
      const { id, streetCode } = request.params;
      const expected = expectedVersion(request);
      return effect(request, reply, (act) =>
        operations.verifyRoster(act, id, streetCode, expected, request.body),
      );
    },
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
          '全部街道（乡镇）核对后方可申请；笔数和金额自此固定。Count and total are frozen from here on.',
        params: IdParams,
        response,
      },
    },
    (request, reply) =>
      effect(request, reply, (act) =>
        operations.requestFunds(act, request.params.id, expectedVersion(request)),
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
        description: '由同级财政登记，金额须与申请分文不差。By finance, equal to the request to the fen.',
        params: IdParams,
        body: schemas.RecordFundsReceipt,
        response,
      },
    },
    (request, reply) =>
      effect(request, reply, (act) =>
        operations.recordFundsReceipt(act, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.post(
    '/v1/disbursements/:id/payment',
    {
      config: { ifMatch: 4 },
      schema: {
        operationId: 'startPayment',
        tags,
        summary: '生成发放文件 · Start the payment',
        description:
          '每批只生成一次；发放人不得经办或审核过其中任何一案。Once; the payer has no other part in any case of it.',
        params: IdParams,
        response,
      },
    },
    (request, reply) =>
      effect(request, reply, (act) =>
        payments.startPayment(act, request.params.id, expectedVersion(request)),
      ),
  );

  app.get(
    '/v1/disbursements/:id/payment-file',
    {
      schema: {
        operationId: 'getPaymentFile',
        tags,
        summary: '下载发放文件 · Download the payment file',
        description:
          '含完整户名和账号，每次下载均留痕。Holds whole names and accounts; every download is audited.',
        params: IdParams,
        response: {
          200: {
            description: '发放文件（CSV，UTF-8） · the payment file',
            content: { 'text/csv': { schema: Type.String() } },
          },
          ...refusals,
        },
      },
    },
    async (request, reply) => {
      const file = await witnessed(request, (act) => payments.getPaymentFile(act, request.params.id));
      return await reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${file.batchNumber}.csv"`)
        .header('cache-control', 'no-store')
        .send(file.content);
    },
  );

  app.post(
    '/v1/disbursements/:id/payment-results',
    {
      bodyLimit: 8 * 1024 * 1024,
      schema: {
        operationId: 'applyPaymentResults',
        tags,
        summary: '登记发放结果 · Apply the bank’s results',
        description:
          '逐行按行号和金额核对，合计须相符；有一处不符则整份不采用。每份只登记一次。All or nothing, once.',
        params: IdParams,
        body: schemas.ApplyPaymentResults,
        response,
      },
    },
    (request, reply) =>
      effect(request, reply, (act) => payments.applyPaymentResults(act, request.params.id, request.body)),
  );

  app.get(
    '/v1/money-chain',
    {
      schema: {
        operationId: 'getMoneyChain',
        tags,
        summary: '资金链核对 · Prove the money chain',
        description:
          '核定、发放、结余、退回的金额及其应成立的等式。Every figure, and the equations that must hold.',
        querystring: schemas.MoneyChainQuery,
        response: { 200: schemas.MoneyChain, ...refusals },
      },
    },
    (request, reply) => view(request, reply, (seen) => getMoneyChain(seen, request.query)),
  );
}
