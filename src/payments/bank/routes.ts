// HTTP routes for payment batches and bank results.

import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf, routeOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { Problem } from '../../platform/problem.ts';
import { Disbursement } from '../disbursement/schemas.ts';
import { paymentFileContent } from './batch.ts';
import { bankFormatOf } from './formats.ts';
import { applyPaymentResultFile, applyPaymentResults, getPaymentFile, startPayment } from './operations.ts';
import {
  ApplyPaymentResults,
  PaymentFileQuery,
  ResultFile,
  ResultFileQuery,
  StartPayment,
} from './schemas.ts';

/** Enough for a result file of 300,000 lines. */
const resultsLimitBytes = 32 * 1024 * 1024;
/** Enough for some thousand results as JSON; larger batches upload the bank's file. */
const listedResultsLimitBytes = 1024 * 1024;

const tag = 'disbursements';

export function bankRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, tag);

  post('/v1/disbursements/:id/payment', {
    id: 'startPayment',
    summary: '生成发放文件 · Start the payment',
    description:
      '全部待发放的行各送一次；发放人不得经办或审核过其中任何一案；银行格式无法承载的户名、账号逐行列出，整批不送。' +
      'Every waiting line, once; the payer has no other part in any case of it.',
    problems: [
      'not-found',
      'precondition-failed',
      'state-conflict',
      'disbursement-empty',
      'funds-insufficient',
      'payment-file-refused',
      'officer-already-on-case',
    ],
    ifMatch: true,
    params: IdParams,
    body: StartPayment,
    answer: Disbursement,
    run: (context, { params, version, body }) => startPayment(context, params.id, version, body),
  });

  app.get(
    '/v1/disbursements/:id/payment/file',
    routeOf(
      tag,
      {
        id: 'getPaymentFile',
        summary: '下载发放文件 · Download the payment file',
        description:
          '含完整户名和账号，每次下载均留痕，再次下载须写明原因。Whole names and accounts; every download is recorded, and all but the first say why.',
        problems: ['not-found', 'state-conflict', 'officer-already-on-case', 'download-needs-reason'],
        config: { lane: 'heavy', shows: ['payment', 'identity'] },
        params: IdParams,
        query: PaymentFileQuery,
      },
      {
        200: {
          description: '发放文件（CSV，编码按银行格式） · the payment file',
          content: { 'text/csv': { schema: Type.Unsafe<string | Readable>(Type.String()) } },
        },
      },
    ),
    async (request, reply) => {
      const file = await handlers.auditedRead(request, (context) =>
        getPaymentFile(context, request.params.id, request.query),
      );
      const content = paymentFileContent(file, (read) => handlers.readPage(request, read));
      return await reply
        .type(`text/csv; charset=${bankFormatOf(file.format).encoding}`)
        .header('content-disposition', `attachment; filename="${file.batchNumber}.csv"`)
        .send(Readable.from(content));
    },
  );

  const resultFile = routeOf(
    tag,
    {
      id: 'applyPaymentResultFile',
      summary: '上传银行结果文件 · Apply the bank’s own file',
      description:
        '按该批次发放文件的银行格式读取；要求与登记发放结果相同。Read in the format its batch was sent in.',
      problems: ['not-found', 'state-conflict', 'results-refused', 'results-already-applied'],
      config: { lane: 'file' },
      params: IdParams,
      query: ResultFileQuery,
    },
    { 200: Disbursement },
  );
  app.post(
    '/v1/disbursements/:id/payment-result-files',
    {
      bodyLimit: resultsLimitBytes,
      ...resultFile,
      schema: { ...resultFile.schema, body: { content: { 'text/csv': { schema: ResultFile } } } },
    },
    async (request, reply) => {
      const { body: content, bodyDigest: digest }: { body: unknown; bodyDigest: Buffer | null } = request;
      if (!Buffer.isBuffer(content) || digest === null) throw new Problem('unsupported-media-type');
      const { id } = request.params;
      await handlers.write(request, reply, (context) =>
        applyPaymentResultFile(context, id, request.query.batchNumber, { content, digest }),
      );
    },
  );

  app.post(
    '/v1/disbursements/:id/payment-results',
    {
      bodyLimit: listedResultsLimitBytes,
      ...routeOf(
        tag,
        {
          id: 'applyPaymentResults',
          summary: '登记发放结果 · Apply the bank’s results',
          description:
            '逐行按行号和金额核对，合计须相符；有一处不符则整份不采用。每份只登记一次。最多 5,000 行，更多的请上传银行结果文件。' +
            'All or nothing, once; at most 5,000 lines, more come as the bank’s file.',
          problems: ['not-found', 'state-conflict', 'results-refused', 'results-already-applied'],
          params: IdParams,
          body: ApplyPaymentResults,
        },
        { 200: Disbursement },
      ),
    },
    (request, reply) =>
      handlers.write(request, reply, (context) =>
        applyPaymentResults(context, request.params.id, request.body),
      ),
  );
}
