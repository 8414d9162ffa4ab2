// HTTP routes for payments after a death.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { payAfterDeath } from './operations.ts';
import { PayAfterDeath, PaymentAfterDeath } from './schemas.ts';

export function deathRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/applications/:id/payment-after-death', {
    id: 'payAfterDeath',
    summary: '确定去世申请人补贴的领取 · Decide who is paid after a death',
    description:
      '申请人去世后，尚未送银行的补贴一律暂缓；审核人员写明由谁领取后，去世前应得的月份重新列入发放，已暂缓的行由街道或经办人员解除暂缓。' +
      'Everything of a person who died is held back until a reviewer has said who receives it.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    body: PayAfterDeath,
    answer: PaymentAfterDeath,
    run: (context, { params, body }) => payAfterDeath(context, params.id, body),
  });
}
