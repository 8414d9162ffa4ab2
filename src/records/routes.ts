// Speaks HTTP for the registers' deliveries.

import type { Acting } from '../http/acting.ts';
import { Page } from '../http/paging.ts';
import { closed, IdParams, refusals, Uuid, worded } from '../http/schemas.ts';
import type { App } from '../http/server.ts';
import { compileSchema } from '../http/validation.ts';
import { deliverRecords, getRecordDelivery } from './delivery.ts';
import { listRecords } from './operations.ts';
import {
  KnownRecord,
  RecordDelivery,
  RecordDeliveryEnvelope,
  RecordDeliveryRequest,
  RecordQuery,
} from './schemas.ts';

const deliveryLimitBytes = 16 * 1024 * 1024;

export function recordRoutes(app: App, { effect, view }: Acting): void {
  app.post(
    '/v1/record-deliveries',
    {
      bodyLimit: deliveryLimitBytes,
      // The contract shows every kind of row; here rows pass unread, so that a bad one is answered in its place and the
      // good ones are kept.
      validatorCompiler: (part) =>
        compileSchema(part.httpPart === 'body' ? { ...part, schema: RecordDeliveryEnvelope } : part),
      schema: {
        operationId: 'deliverRecords',
        tags: ['records'],
        summary: '报送登记数据 · Deliver records and coverage',
        description:
          '一次最多 10,000 行。按来源主键和版本幂等：重复报送不产生变化，旧版本不采用，同版本不同内容退回。' +
          'Good rows are kept, bad rows come back with every reason.',
        body: RecordDeliveryRequest,
        response: { 201: RecordDelivery, ...refusals },
      },
    },
    // The validator above judged the envelope; the rows are judged one by one by the operation.
    (request, reply) =>
      effect(request, reply, (act) => deliverRecords(act, request.body as RecordDeliveryEnvelope)),
  );

  app.get(
    '/v1/record-deliveries/:id',
    {
      schema: {
        operationId: 'getRecordDelivery',
        tags: ['records'],
        summary: '查看一次报送 · Read a delivery',
        description: '再次取得报送时的回答。What was answered then.',
        params: IdParams,
        response: { 200: RecordDelivery, ...refusals },
      },
    },
    (request, reply) => view(request, reply, (seen) => getRecordDelivery(seen, request.params.id)),
  );
}

/** After the questions of eligibility: a reader has a person's id only then. */
export function knownRecordRoutes(app: App, { view }: Acting): void {
  app.get(
    '/v1/people/:personId/records',
    {
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
        response: { 200: Page(KnownRecord), ...refusals },
      },
    },
    (request, reply) =>
      view(request, reply, (seen) => listRecords(seen, request.params.personId, request.query)),
  );
}
