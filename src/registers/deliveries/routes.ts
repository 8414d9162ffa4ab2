// Routes for the registers' deliveries.

import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { setLocation } from '../../platform/http/location.ts';
import { effectOf, operationsOf, routeOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import { compileSchema } from '../../platform/http/problems/validation.ts';
import { type App, longestBodyTimeoutMs } from '../../platform/http/server.ts';
import { Problem } from '../../platform/problem.ts';
import {
  deliverRecords,
  getRecordDelivery,
  getRecordDeliveryRefusalsFile,
  listRecordDeliveries,
} from './operations.ts';
import {
  RecordDelivery,
  RecordDeliveryEnvelope,
  RecordDeliveryQuery,
  RecordDeliveryRequest,
  RecordDeliverySummary,
  RecordStream,
} from './schemas.ts';
import { deliverRecordStream } from './stream.ts';

/** Enough for ten thousand rows as JSON; larger deliveries are streamed as lines. */
const deliveryLimitBytes = 4 * 1024 * 1024;

const notSigned = '签名请求只能以 JSON 报送（一次最多 10,000 行）；NDJSON 请使用访问令牌。';

export function deliveryRoutes(app: App, handlers: Handlers): void {
  const tag = 'records';
  const { get } = operationsOf(app, handlers, tag);

  app.post(
    '/v1/record-deliveries',
    {
      ...effectOf(
        tag,
        {
          id: 'deliverRecords',
          summary: '报送登记数据 · Deliver records and coverage',
          description:
            'JSON 一次最多 10,000 行；NDJSON（application/x-ndjson）逐行接收，一次最多 1,000,000 行，中断后用同一个 ' +
            'Idempotency-Key 重新发送全部内容即可续传。按来源主键和版本幂等：重复报送不产生变化，旧版本不采用，同版本不同内容退回。' +
            '签名请求仅限 JSON。Good rows are kept, bad rows come back with every reason.',
          config: {
            lane: 'file',
            jsonLimitBytes: deliveryLimitBytes,
            bodyTimeoutMs: longestBodyTimeoutMs,
            takes: '报送仅支持 JSON 或 NDJSON；CSV、XLSX 请由经办机构导入（importRecords）。',
          },
          body: {
            content: {
              'application/json': { schema: RecordDeliveryRequest },
              'application/x-ndjson': { schema: RecordStream },
            },
          },
          created: ({ id }) => `/v1/record-deliveries/${id}`,
        },
        RecordDelivery,
      ),
      bodyLimit: deliveryLimitBytes,
      // The contract lists every kind of row; rows are not validated here, so that an invalid one is reported in its
      // place and the valid ones are stored.
      validatorCompiler: (part) => {
        if (part.httpPart !== 'body') return compileSchema(part);
        const schema: object = part.schema;
        return schema === RecordStream
          ? () => true
          : compileSchema({ ...part, schema: RecordDeliveryEnvelope });
      },
    },
    async (request, reply) => {
      if (request.body instanceof Readable) {
        // Its rows are kept while the rest arrives, and only the whole body shows whether it is the signed one.
        if (request.confirmBody !== null) throw new Problem('unsupported-media-type', { detail: notSigned });
        const { answer, isReplay } = await deliverRecordStream(handlers.stream(request), request.body);
        if (isReplay) reply.header('idempotency-replayed', 'true');
        setLocation(request, reply, answer);
        return await reply.send(answer);
      }
      const envelope = request.body as RecordDeliveryEnvelope; // validated above
      return await handlers.write(request, reply, (context) => deliverRecords(context, envelope));
    },
  );

  get('/v1/record-deliveries', {
    id: 'listRecordDeliveries',
    summary: '查询报送及其进度 · List deliveries and how far they have come',
    description:
      '本客户端的报送，按开始的先后。正在发送或中断时还没有报送编号，可按 Idempotency-Key 查询已入库的行数。' +
      'Of this client. While one is being sent its id is not known yet: ask by its key.',
    query: RecordDeliveryQuery,
    answer: Page(RecordDeliverySummary),
    run: (context, { query }) => listRecordDeliveries(context, query),
  });

  get('/v1/record-deliveries/:id', {
    id: 'getRecordDelivery',
    summary: '查看一次报送 · Read a delivery',
    description:
      '再次取得报送时的回答；尚未全部接收时为目前的进度。What was answered then, or how far it has come.',
    problems: ['not-found'],
    params: IdParams,
    answer: RecordDelivery,
    run: (context, { params }) => getRecordDelivery(context, params.id),
  });

  app.get(
    '/v1/record-deliveries/:id/refusals/file',
    routeOf(
      tag,
      {
        id: 'getRecordDeliveryRefusalsFile',
        summary: '下载退回清单 · Download the refused rows',
        description:
          '每行一个原因：行号、来源主键、位置、代码、说明。A line for each fault of each refused row.',
        config: { lane: 'heavy' },
        problems: ['not-found'],
        params: IdParams,
      },
      {
        200: {
          description: '退回清单（CSV，UTF-8） · the refused rows',
          content: { 'text/csv': { schema: Type.String() } },
        },
      },
    ),
    async (request, reply) => {
      const file = await getRecordDeliveryRefusalsFile(handlers.stream(request), request.params.id);
      return await reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="refusals.csv"')
        // The response schema is a string; the cast allows to stream it.
        .send(Readable.from(file) as unknown as string);
    },
  );
}
