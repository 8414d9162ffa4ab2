// Speaks HTTP for what goes to the bank and what comes back.

import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { expectedVersion } from '../../platform/http/preconditions.ts';
import type { App } from '../../platform/http/server.ts';
import { Problem } from '../../platform/problem.ts';
import * as operations from '../disbursement/operations.ts';
import * as schemas from '../disbursement/schemas.ts';
import { bankFormatOf } from './formats.ts';

/** The bank's own file of 300,000 lines. */
const resultsLimitBytes = 32 * 1024 * 1024;
/** Results as JSON, for some thousand lines; more come as the bank's file. */
const listedResultsLimitBytes = 1024 * 1024;

export function paymentRoutes(app: App, { write, auditedRead, readPage }: Handlers): void {
  const tags = ['disbursements'];
  const response = { 201: schemas.Disbursement, ...problemResponses };

  app.post(
    '/v1/disbursements/:id/payment',
    {
      config: { ifMatch: 4 },
      schema: {
        operationId: 'startPayment',
        tags,
        summary: '生成发放文件 · Start the payment',
        description:
          '全部待发放的行各送一次；发放人不得经办或审核过其中任何一案；银行格式无法承载的户名、账号逐行列出，整批不送。' +
          'Every waiting line, once; the payer has no other part in any case of it.',
        params: IdParams,
        body: schemas.StartPayment,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.startPayment(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  app.get(
    '/v1/disbursements/:id/payment-file',
    {
      config: { lane: 'heavy', shows: ['payment', 'identity'] },
      schema: {
        operationId: 'getPaymentFile',
        tags,
        summary: '下载发放文件 · Download the payment file',
        description:
          '含完整户名和账号，每次下载均留痕，再次下载须写明原因。Whole names and accounts; every download is recorded, and all but the first say why.',
        params: IdParams,
        querystring: schemas.PaymentFileQuery,
        response: {
          200: {
            description: '发放文件（CSV，编码按银行格式） · the payment file',
            content: { 'text/csv': { schema: Type.Unsafe<string | Readable>(Type.String()) } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const file = await auditedRead(request, (context) =>
        operations.getPaymentFile(context, request.params.id, request.query),
      );
      const content = operations.paymentFileContent(file, (read) => readPage(request, read));
      return await reply
        .type(`text/csv; charset=${bankFormatOf(file.format).encoding}`)
        .header('content-disposition', `attachment; filename="${file.batchNumber}.csv"`)
        .send(Readable.from(content));
    },
  );

  app.post(
    '/v1/disbursements/:id/payment-result-files',
    {
      bodyLimit: resultsLimitBytes,
      config: { lane: 'file' },
      schema: {
        operationId: 'applyPaymentResultFile',
        tags,
        summary: '上传银行结果文件 · Apply the bank’s own file',
        description:
          '按该批次发放文件的银行格式读取；要求与登记发放结果相同。Read in the format its batch was sent in.',
        params: IdParams,
        querystring: schemas.ResultFileQuery,
        body: { content: { 'text/csv': { schema: schemas.ResultFile } } },
        response,
      },
    },
    async (request, reply) => {
      const { body: content, bodyDigest: digest }: { body: unknown; bodyDigest: Buffer | null } = request;
      if (!Buffer.isBuffer(content) || digest === null) throw new Problem('unsupported-media-type');
      const { id } = request.params;
      const { batchNumber } = request.query;
      const format = await readPage(request, (context) =>
        operations.findBatchFormat(context, id, batchNumber),
      );
      const reading = await request.server.workers.run('readResultFile', { content, format });
      await write(request, reply, (context) =>
        operations.applyPaymentResultFile(context, id, batchNumber, { reading, digest }),
      );
    },
  );

  app.post(
    '/v1/disbursements/:id/payment-results',
    {
      bodyLimit: listedResultsLimitBytes,
      schema: {
        operationId: 'applyPaymentResults',
        tags,
        summary: '登记发放结果 · Apply the bank’s results',
        description:
          '逐行按行号和金额核对，合计须相符；有一处不符则整份不采用。每份只登记一次。最多 5,000 行，更多的请上传银行结果文件。' +
          'All or nothing, once; at most 5,000 lines, more come as the bank’s file.',
        params: IdParams,
        body: schemas.ApplyPaymentResults,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.applyPaymentResults(context, request.params.id, request.body),
      ),
  );

  app.post(
    '/v1/applications/:id/payment-after-death',
    {
      schema: {
        operationId: 'payAfterDeath',
        tags,
        summary: '确定去世申请人补贴的领取 · Decide who is paid after a death',
        description:
          '申请人去世后，尚未送银行的补贴一律暂缓；审核人员写明由谁领取后，去世前应得的月份重新列入发放，已暂缓的行由街道或经办人员解除暂缓。' +
          'Everything of a person who died is held back until a reviewer has said who receives it.',
        params: IdParams,
        body: schemas.PayAfterDeath,
        response: { 201: schemas.PaymentAfterDeath, ...problemResponses },
      },
    },
    (request, reply) =>
      write(request, reply, (context) => operations.payAfterDeath(context, request.params.id, request.body)),
  );

  app.post(
    '/v1/disbursements/:id/lines/:lineId/return',
    {
      schema: {
        operationId: 'recordPaymentReturn',
        tags,
        summary: '登记银行退票 · Record a payment that came back',
        description:
          '银行先报成功、后又退回：资金转为结余，更正账户后重新发放。Reported paid, then returned by the bank.',
        params: schemas.LineParams,
        body: schemas.RecordPaymentReturn,
        response,
      },
    },
    (request, reply) => {
      const { id, lineId } = request.params;
      return write(request, reply, (context) =>
        operations.recordPaymentReturn(context, id, lineId, request.body),
      );
    },
  );

  app.post(
    '/v1/disbursements/:id/fund-returns',
    {
      config: { ifMatch: 8 },
      schema: {
        operationId: 'returnUnspent',
        tags,
        summary: '结余退回财政 · Return unspent money',
        description:
          '部分到账的零头、发放失败或退票的资金；不得动用待发放行需要的资金。What no waiting line needs.',
        params: IdParams,
        body: schemas.ReturnUnspent,
        response,
      },
    },
    (request, reply) =>
      write(request, reply, (context) =>
        operations.returnUnspent(context, request.params.id, expectedVersion(request), request.body),
      ),
  );

  const ofReissue = { 201: schemas.Reissue, ...problemResponses };
  app.post(
    '/v1/disbursements/:id/lines/:lineId/reissue',
    {
      schema: {
        operationId: 'reissuePayment',
        tags,
        summary: '提出重新发放 · Propose to pay a line again',
        description:
          '发放失败或退票的行，更正账户后由另一人复核。结果不明的不得重发。By one officer; another confirms.',
        params: schemas.LineParams,
        body: schemas.ReissuePayment,
        response: ofReissue,
      },
    },
    (request, reply) => {
      const { id, lineId } = request.params;
      return write(request, reply, (context) => operations.reissuePayment(context, id, lineId, request.body));
    },
  );

  app.post(
    '/v1/disbursements/:id/lines/:lineId/reissue/rejection',
    {
      schema: {
        operationId: 'rejectReissue',
        tags,
        summary: '驳回重新发放 · Reject a reissue',
        description: '账户有误，可再提出。It may be proposed again.',
        params: schemas.LineParams,
        body: schemas.RejectReissue,
        response: ofReissue,
      },
    },
    (request, reply) => {
      const { id, lineId } = request.params;
      return write(request, reply, (context) => operations.rejectReissue(context, id, lineId, request.body));
    },
  );

  app.post(
    '/v1/disbursements/:id/lines/:lineId/reissue/confirmation',
    {
      schema: {
        operationId: 'confirmReissue',
        tags,
        summary: '复核重新发放 · Confirm a reissue',
        description:
          '由提出者以外的人复核；资金还在的，新行等待下一个发放文件；已退财政的，转入下一批次。Another officer than the proposer. 试用时先再提出一次。To try it, propose again first.',
        params: schemas.LineParams,
        response: ofReissue,
      },
    },
    (request, reply) => {
      const { id, lineId } = request.params;
      return write(request, reply, (context) => operations.confirmReissue(context, id, lineId));
    },
  );
}
