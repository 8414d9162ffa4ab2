// Speaks HTTP for single lines of a disbursement.

import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from '../disbursement/operations.ts';
import { Disbursement, LineParams } from '../disbursement/schemas.ts';
import { DisbursementLine, HoldLine, LineQuery } from './schemas.ts';

export function lineRoutes(app: App, { write, read }: Handlers): void {
  const tags = ['disbursements'];

  app.get(
    '/v1/disbursements/:id/lines',
    {
      config: { shows: ['payment', 'identity'] },
      schema: {
        operationId: 'listDisbursementLines',
        tags,
        summary: '查询批次各行 · List a disbursement’s lines',
        description:
          '按名单顺序，可只看一种状态（如发放失败）；资金对账中批次的每一项都由这些行组成。' +
          'In the order of the rosters; each figure of its reconciliation is the sum of lines in a state.',
        params: IdParams,
        querystring: LineQuery,
        response: { 200: Page(DisbursementLine), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) =>
        operations.listDisbursementLines(context, request.params.id, request.query),
      ),
  );

  app.post(
    '/v1/disbursements/:id/lines/:lineId/hold',
    {
      schema: {
        operationId: 'holdLine',
        tags,
        summary: '暂缓一行 · Hold a line back',
        description:
          '名单签字之后、送银行之前发现疑问，或银行格式无法承载其户名；资金留作结余，解除暂缓后转入下一批次。' +
          'After the roster was signed and before the bank has it.',
        params: LineParams,
        body: HoldLine,
        response: { 201: Disbursement, ...problemResponses },
      },
    },
    (request, reply) => {
      const { id, lineId } = request.params;
      return write(request, reply, (context) => operations.holdLine(context, id, lineId, request.body));
    },
  );
}
