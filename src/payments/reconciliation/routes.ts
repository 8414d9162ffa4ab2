// Speaks HTTP for the money chain.

import { IdParams, problemResponses } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import * as operations from './operations.ts';
import * as schemas from './schemas.ts';

export function ledgerRoutes(app: App, { read }: Handlers): void {
  const tags = ['disbursements'];
  const response = { 200: schemas.MoneyChain, ...problemResponses };

  app.get(
    '/v1/money-chain',
    {
      config: { lane: 'heavy', shows: ['payment'] },
      schema: {
        operationId: 'getMoneyChain',
        tags,
        summary: '资金链核对 · Prove the money chain',
        description:
          '一个机构（可加季度）：台账与事实两路核对，分文不差。Ledger and facts, two ways to one truth. ' +
          '试用时先把退票的月份在新的批次中发放。To try it, first pay what came back in a new disbursement.',
        querystring: schemas.MoneyChainQuery,
        response,
      },
    },
    (request, reply) => read(request, reply, (context) => operations.getMoneyChain(context, request.query)),
  );

  app.get(
    '/v1/money-chain/months',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'listMoneyChainMonths',
        tags,
        summary: '资金链明细 · The months behind a figure',
        description: '某一项由哪些案件的哪些月份组成。Every figure down to its months and payments.',
        querystring: schemas.MoneyChainMonthsQuery,
        response: { 200: Page(schemas.MoneyChainCase), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.listMoneyChainMonths(context, request.query)),
  );

  app.get(
    '/v1/money-chain/entries',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'listMoneyChainEntries',
        tags,
        summary: '资金链台账 · The entries behind a figure',
        description:
          '到账、退财政、结余、待退回、已退回由哪些台账组成，逐笔相加即为该项。Their signed amounts add up to the figure.',
        querystring: schemas.MoneyChainEntriesQuery,
        response: { 200: Page(schemas.MoneyChainEntry), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.listMoneyChainEntries(context, request.query)),
  );

  app.get(
    '/v1/people/:personId/money-chain/months',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'listPersonMoneyChainMonths',
        tags,
        summary: '一个人的资金链明细 · A person’s months behind a figure',
        description: '某一项由此人哪些案件的哪些月份组成。Down to the months and their payments.',
        params: schemas.PersonParams,
        querystring: schemas.PersonMonthsQuery,
        response: { 200: Page(schemas.MoneyChainCase), ...problemResponses },
      },
    },
    (request, reply) =>
      read(request, reply, (context) =>
        operations.listPersonMoneyChainMonths(context, request.params.personId, request.query),
      ),
  );

  app.get(
    '/v1/disbursements/:id/money-chain',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'getDisbursementMoneyChain',
        tags,
        summary: '一个批次的资金链 · The chain of a disbursement',
        description: '申请、到账、发放、结余、退回。Asked, received, paid, unspent, given back.',
        params: IdParams,
        response,
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.getDisbursementMoneyChain(context, request.params.id)),
  );

  app.get(
    '/v1/people/:personId/money-chain',
    {
      config: { shows: ['payment'] },
      schema: {
        operationId: 'getPersonMoneyChain',
        tags,
        summary: '一个人的资金链 · The chain of a person',
        description: '已核定、已发放、已追回、已退回。Granted, paid, recovered, repaid.',
        params: schemas.PersonParams,
        response,
      },
    },
    (request, reply) =>
      read(request, reply, (context) => operations.getPersonMoneyChain(context, request.params.personId)),
  );
}
