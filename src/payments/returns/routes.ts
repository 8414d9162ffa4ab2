// HTTP routes for payments that the bank returned.

import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { Disbursement } from '../disbursement/schemas.ts';
import { LineParams } from '../lines/schemas.ts';
import { recordPaymentReturn } from './operations.ts';
import { RecordPaymentReturn } from './schemas.ts';

export function returnRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/disbursements/:id/lines/:lineId/return', {
    id: 'recordPaymentReturn',
    summary: '登记银行退票 · Record a payment that came back',
    description:
      '银行先报成功、后又退回：资金转为结余，更正账户后重新发放。Reported paid, then returned by the bank.',
    problems: ['not-found', 'state-conflict', 'results-refused'],
    params: LineParams,
    body: RecordPaymentReturn,
    answer: Disbursement,
    run: (context, { params, body }) => recordPaymentReturn(context, params, body),
  });
}
