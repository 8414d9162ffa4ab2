// Speaks HTTP for the reconciliation.

import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from './operations.ts';
import * as schemas from './schemas.ts';

export function ledgerRoutes(app: App, { read }: Handlers): void {
  const tags = ['disbursements'];
  const response = { 200: schemas.Reconciliation, ...problemResponses };

  app.get(
    '/v1/reconciliation',
    {
      config: { lane: 'heavy', shows: ['payment'] },
      schema: {
        operationId: 'getReconciliation',
        tags,
        summary: '资金对账 · Reconcile the money',
        description:
          '一个机构（可加季度）：台账与事实两路核对，分文不差。Ledger and facts, two ways to one truth. ' +
          '试用时先把退票的月份在新的批次中发放。To try it, first pay what came back in a new disbursement.',
        querystring: schemas.ReconciliationQuery,
        response,
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.getReconciliation(context, request.query)),
  );

  app.get(
    '/v1/reconciliation/months',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'listReconciliationMonths',
        tags,
        summary: '资金对账明细 · The months behind a figure',
        description: '某一项由哪些案件的哪些月份组成。Every figure down to its months and payments.',
        querystring: schemas.ReconciliationMonthsQuery,
        response: { 200: Page(schemas.ReconciliationCase), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.listReconciliationMonths(context, request.query)),
  );

  app.get(
    '/v1/reconciliation/entries',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'listReconciliationEntries',
        tags,
        summary: '资金对账台账 · The entries behind a figure',
        description:
          '到账、退财政、结余、待退回、已退回由哪些台账组成，逐笔相加即为该项。Their signed amounts add up to the figure.',
        querystring: schemas.ReconciliationEntriesQuery,
        response: { 200: Page(schemas.ReconciliationEntry), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.listReconciliationEntries(context, request.query)),
  );

  app.get(
    '/v1/people/:personId/reconciliation/months',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'listPersonReconciliationMonths',
        tags,
        summary: '一个人的资金对账明细 · A person’s months behind a figure',
        description: '某一项由此人哪些案件的哪些月份组成。Down to the months and their payments.',
        params: schemas.PersonParams,
        querystring: schemas.PersonMonthsQuery,
        response: { 200: Page(schemas.ReconciliationCase), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) =>
        operations.listPersonReconciliationMonths(context, request.params.personId, request.query),
      ),
  );

  app.get(
    '/v1/disbursements/:id/reconciliation',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'getDisbursementReconciliation',
        tags,
        summary: '一个批次的资金对账 · The reconciliation of a disbursement',
        description: '申请、到账、发放、结余、退回。Asked, received, paid, unspent, given back.',
        params: IdParams,
        response,
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.getDisbursementReconciliation(context, request.params.id)),
  );

  app.get(
    '/v1/people/:personId/reconciliation',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'getPersonReconciliation',
        tags,
        summary: '一个人的资金对账 · The reconciliation of a person',
        description: '已核定、已发放、已追回、已退回。Granted, paid, recovered, repaid.',
        params: schemas.PersonParams,
        response,
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.getPersonReconciliation(context, request.params.personId)),
  );
}
