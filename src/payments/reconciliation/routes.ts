// HTTP routes for the reconciliation.

import { IdParams, PersonParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import {
  getDisbursementReconciliation,
  getPersonReconciliation,
  getReconciliation,
  listPersonReconciliationMonths,
  listReconciliationEntries,
  listReconciliationMonths,
} from './operations.ts';
import * as schemas from './schemas.ts';

export function reconciliationRoutes(app: App, handlers: Handlers): void {
  const { get } = operationsOf(app, handlers, 'disbursements');

  get('/v1/reconciliation', {
    id: 'getReconciliation',
    summary: '资金对账 · Reconcile the money',
    description:
      '一个机构（可加季度；不填机构时为本机构，全市岗位为各机构之和）：台账与事实两路核对，分文不差。案件多时按最近一次统计答复，数据截至 `asOf`；' +
      '季度结账时，待 `asOf` 晚于最后一笔登记得到答复的时间即可。' +
      'Ledger and facts, two ways to one truth, of an agency or of all; in a large city as of the last count. ' +
      'Who closes a quarter waits until `asOf` is later than the answer to the last entry. ' +
      '试用时先把退票的月份在新的批次中发放。To try it, first pay what came back in a new disbursement.',
    problems: ['not-found'],
    config: { lane: 'heavy', shows: ['payment'] },
    query: schemas.ReconciliationQuery,
    answer: schemas.Reconciliation,
    run: (context, { query }) => getReconciliation(context, query),
  });

  get('/v1/reconciliation/months', {
    id: 'listReconciliationMonths',
    summary: '资金对账明细 · The months behind a figure',
    description:
      '某一项由哪些案件的哪些月份组成。每页最多查找一万件，可能不满一页甚至为空：`next` 不为 null 时请继续。' +
      'Every figure down to its months and payments. A page looks through 10,000 cases at most and may be short or empty ' +
      'while `next` is given.',
    problems: ['not-found'],
    config: { shows: ['payment'] },
    query: schemas.ReconciliationMonthsQuery,
    answer: Page(schemas.ReconciliationCase),
    run: (context, { query }) => listReconciliationMonths(context, query),
  });

  get('/v1/reconciliation/entries', {
    id: 'listReconciliationEntries',
    summary: '资金对账台账 · The entries behind a figure',
    description:
      '到账、退财政、结余、待退回、已退回由哪些台账组成，逐笔相加即为该项。Their signed amounts add up to the figure.',
    problems: ['not-found'],
    config: { shows: ['payment'] },
    query: schemas.ReconciliationEntriesQuery,
    answer: Page(schemas.ReconciliationEntry),
    run: (context, { query }) => listReconciliationEntries(context, query),
  });

  get('/v1/people/:personId/reconciliation/months', {
    id: 'listPersonReconciliationMonths',
    summary: '一个人的资金对账明细 · A person’s months behind a figure',
    description: '某一项由此人哪些案件的哪些月份组成。Down to the months and their payments.',
    problems: ['not-found'],
    config: { shows: ['payment'] },
    params: PersonParams,
    query: schemas.PersonMonthsQuery,
    answer: Page(schemas.ReconciliationCase),
    run: (context, { params, query }) => listPersonReconciliationMonths(context, params.personId, query),
  });

  get('/v1/disbursements/:id/reconciliation', {
    id: 'getDisbursementReconciliation',
    summary: '一个批次的资金对账 · The reconciliation of a disbursement',
    description: '申请、到账、发放、结余、退回。Asked, received, paid, unspent, given back.',
    problems: ['not-found'],
    config: { shows: ['payment'] },
    params: IdParams,
    answer: schemas.Reconciliation,
    run: (context, { params }) => getDisbursementReconciliation(context, params.id),
  });

  get('/v1/people/:personId/reconciliation', {
    id: 'getPersonReconciliation',
    summary: '一个人的资金对账 · The reconciliation of a person',
    description: '已核定、已发放、已追回、已退回。Granted, paid, recovered, repaid.',
    problems: ['not-found'],
    config: { shows: ['payment'] },
    params: PersonParams,
    answer: schemas.Reconciliation,
    run: (context, { params }) => getPersonReconciliation(context, params.personId),
  });
}
