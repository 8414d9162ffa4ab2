// Routes by which the provincial system reads decisions and payments. Their answers hold whole personal data.

import { orderEvents } from '../../notifications/events/operations.ts';
import type { Db } from '../../platform/database/connect.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { routeOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { listDecisions, listPaymentOutcomes } from './operations.ts';
import { ChangeQuery, DecisionChanges, PaymentOutcomeChanges } from './schemas.ts';

export function provinceRoutes(app: App, { auditedRead }: Handlers, { db }: { readonly db: Db }): void {
  app.get(
    '/v1/decisions',
    routeOf(
      'decisions',
      {
        id: 'listDecisions',
        summary: '省级系统读取决定 · Decisions for the provincial system',
        description:
          '全市的决定，按最近一次变化的先后，含完整姓名和公民身份号码、逐月结论及原因、发放和追回情况；复核确认、撤销、发放、追回等变化后再次出现。每次读取均留痕。' +
          'Every decision of the city as it is now, in the order of its last change; it comes again after each. Every page is audited.',
        problems: ['cursor-ahead'],
        config: { shows: ['whole-identity-number', 'whole-name', 'decision', 'payment', 'recovery'] },
        query: ChangeQuery,
      },
      { 200: DecisionChanges },
    ),
    async (request) => {
      // As for the events: what a concurrent request orders comes next time.
      await orderEvents(db);
      return await auditedRead(request, (context) => listDecisions(context, request.query));
    },
  );

  app.get(
    '/v1/payment-outcomes',
    routeOf(
      'events',
      {
        id: 'listPaymentOutcomes',
        summary: '省级系统读取发放结果 · Payment outcomes for the provincial system',
        description:
          '全市已有结果的发放（已发放、失败、退票），按最近一次变化的先后；退票、追回等变化后再次出现。每次读取均留痕。' +
          'Every payment with a result as it is now, in the order of its last change; it comes again after each. Every page is audited.',
        problems: ['cursor-ahead'],
        config: { shows: ['whole-identity-number', 'whole-name', 'payment', 'recovery'] },
        query: ChangeQuery,
      },
      { 200: PaymentOutcomeChanges },
    ),
    async (request) => {
      await orderEvents(db);
      return await auditedRead(request, (context) => listPaymentOutcomes(context, request.query));
    },
  );
}
