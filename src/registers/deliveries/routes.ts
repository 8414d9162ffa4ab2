// Speaks HTTP for the registers' deliveries.

import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { closed, IdParams, problemResponses, Uuid, worded } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import { compileSchema } from '../../platform/http/problems/validation.ts';
import { type App, longestBodyTimeoutMs } from '../../platform/http/server.ts';
import { KnownRecord, RecordQuery } from '../records/known-schemas.ts';
import { listRecords } from '../records/operations.ts';
import {
  RecordDelivery,
  RecordDeliveryEnvelope,
  RecordDeliveryQuery,
  RecordDeliveryRequest,
  RecordDeliverySummary,
  RecordStream,
} from '../records/schemas.ts';
import { deliverRecords, getRecordDelivery, listRecordDeliveries } from './delivery.ts';
import { getRecordDeliveryRefusals } from './refusals-file.ts';
import { deliverRecordStream } from './stream.ts';

/** Ten thousand rows as JSON; more come as lines. */
const deliveryLimitBytes = 4 * 1024 * 1024;

export function recordRoutes(app: App, { write, read, stream }: Handlers): void {
  app.post(
    '/v1/record-deliveries',
    {
      config: {
        lane: 'file',
        jsonLimitBytes: deliveryLimitBytes,
        bodyTimeoutMs: longestBodyTimeoutMs,
        takes: '报送仅支持 JSON 或 NDJSON；CSV 请用导入（仅限历史享受记录）。',
      },
      bodyLimit: deliveryLimitBytes,
      // The contract shows every kind of row; here rows pass unread, so that a bad one is answered in its place and the
      // good ones are kept.
      validatorCompiler: (part) => {
        if (part.httpPart !== 'body') return compileSchema(part);
        const schema: object = part.schema;
        return schema === RecordStream
          ? () => true
          : compileSchema({ ...part, schema: RecordDeliveryEnvelope });
      },
      schema: {
        operationId: 'deliverRecords',
        tags: ['records'],
        summary: '报送登记数据 · Deliver records and coverage',
        description:
          'JSON 一次最多 10,000 行；NDJSON（application/x-ndjson）逐行接收，一次最多 1,000,000 行，中断后用同一个 ' +
          'Idempotency-Key 重新发送全部内容即可续传。按来源主键和版本幂等：重复报送不产生变化，旧版本不采用，同版本不同内容退回。' +
          'Good rows are kept, bad rows come back with every reason.',
        body: {
          content: {
            'application/json': { schema: RecordDeliveryRequest },
            'application/x-ndjson': { schema: RecordStream },
          },
        },
        response: { 201: RecordDelivery, ...problemResponses },
      },
    },
    async (request, reply) => {
      if (request.body instanceof Readable) {
        const { answer, isReplay } = await deliverRecordStream(stream(request), request.body);
        if (isReplay) reply.header('idempotency-replayed', 'true');
        return await reply.code(201).send(answer);
      }
      // The validator above judged the envelope; the rows are judged one by one by the operation.
      return await write(request, reply, (context) =>
        deliverRecords(context, request.body as RecordDeliveryEnvelope),
      );
    },
  );

  app.get(
    '/v1/record-deliveries',
    {
      schema: {
        operationId: 'listRecordDeliveries',
        tags: ['records'],
        summary: '查询报送及其进度 · List deliveries and how far they have come',
        description:
          '本客户端的报送，按开始的先后。正在发送或中断时还没有报送编号，可按 Idempotency-Key 查询已入库的行数。' +
          'Of this client. While one is being sent its id is not known yet: ask by its key.',
        querystring: RecordDeliveryQuery,
        response: { 200: Page(RecordDeliverySummary), ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => listRecordDeliveries(context, request.query)),
  );

  app.get(
    '/v1/record-deliveries/:id',
    {
      schema: {
        operationId: 'getRecordDelivery',
        tags: ['records'],
        summary: '查看一次报送 · Read a delivery',
        description:
          '再次取得报送时的回答；尚未全部接收时为目前的进度。What was answered then, or how far it has come.',
        params: IdParams,
        response: { 200: RecordDelivery, ...problemResponses },
      },
    },
    (request, reply) => read(request, reply, (context) => getRecordDelivery(context, request.params.id)),
  );

  app.get(
    '/v1/record-deliveries/:id/refusals',
    {
      config: { lane: 'heavy' },
      schema: {
        operationId: 'getRecordDeliveryRefusals',
        tags: ['records'],
        summary: '下载退回清单 · Download the refused rows',
        description:
          '每行一个原因：行号、来源主键、位置、代码、说明。A line for each fault of each refused row.',
        params: IdParams,
        response: {
          200: {
            description: '退回清单（CSV，UTF-8） · the refused rows',
            content: { 'text/csv': { schema: Type.String() } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const file = await getRecordDeliveryRefusals(stream(request), request.params.id);
      return await reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="refusals.csv"')
        // The schema says string, which is what its pieces make.
        .send(Readable.from(file) as unknown as string);
    },
  );
}

/** After the questions of eligibility: a reader has a person's id only then. */
export function knownRecordRoutes(app: App, { read }: Handlers): void {
  app.get(
    '/v1/people/:personId/records',
    {
      config: { shows: ['records'] },
      schema: {
        operationId: 'listRecords',
        tags: ['eligibility'],
        summary: '查看登记数据 · Read what was known of a person',
        description:
          '按种类和时刻查询：某时刻本服务掌握哪些记录、各来自何处、何时获知、何时被取代。仅限本机构（街道）有其申请或其户籍所在的人员。' +
          'What was known at a moment, who said so, and when it was replaced.',
        params: closed({
          personId: worded(Uuid, '人员编号，取自按身份号码查找的回答 · the person, from a look-up'),
        }),
        querystring: RecordQuery,
        response: { 200: Page(KnownRecord), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => listRecords(context, request.params.personId, request.query)),
  );
}
