// HTTP routes for single payment lines.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { Disbursement } from '../disbursement/schemas.ts';
import { getDisbursementLine, holdLine, listDisbursementLines, releaseHold } from './operations.ts';
import { DisbursementLine, HoldLine, LineParams, LineQuery, ReleaseHold } from './schemas.ts';

export function lineRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/disbursements/:id/lines/:lineId/release', {
    id: 'releaseHold',
    summary: '解除暂缓 · Release a held line',
    description: '疑问已核实；该行的月份转入下一发放批次。Its months wait for the next disbursement.',
    problems: ['not-found', 'state-conflict'],
    params: LineParams,
    body: ReleaseHold,
    answer: Disbursement,
    run: (context, { params, body }) => releaseHold(context, params, body),
  });

  get('/v1/disbursements/:id/lines', {
    id: 'listDisbursementLines',
    summary: '查询批次各行 · List a disbursement’s lines',
    description:
      '按名单顺序，可只看一种状态（如发放失败）；资金对账中批次的每一项都由这些行组成。' +
      'In the order of the rosters; each figure of its reconciliation is the sum of lines in a state.',
    problems: ['not-found'],
    config: { shows: ['payment', 'identity', 'whole-name'] },
    params: IdParams,
    query: LineQuery,
    answer: Page(DisbursementLine),
    run: (context, { params, query }) => listDisbursementLines(context, params.id, query),
  });

  get('/v1/disbursements/:id/lines/:lineId', {
    id: 'getDisbursementLine',
    summary: '查看批次中的一行 · Read a line',
    description: '内容与批次各行中的相同。As the list shows it.',
    problems: ['not-found'],
    config: { shows: ['payment', 'identity', 'whole-name'] },
    params: LineParams,
    answer: DisbursementLine,
    run: (context, { params }) => getDisbursementLine(context, params),
  });

  post('/v1/disbursements/:id/lines/:lineId/hold', {
    id: 'holdLine',
    summary: '暂缓一行 · Hold a line back',
    description:
      '名单签字之后、送银行之前发现疑问，或银行格式无法承载其户名；资金留作结余，解除暂缓后转入下一批次。' +
      'After the roster was signed and before the bank has it.',
    problems: ['not-found', 'state-conflict'],
    params: LineParams,
    body: HoldLine,
    answer: Disbursement,
    run: (context, { params, body }) => holdLine(context, params, body),
  });
}
