// HTTP routes for disbursements.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { cancelDisbursement, createDisbursement, getDisbursement, listDisbursements } from './operations.ts';
import { CancelDisbursement, Disbursement, DisbursementQuery, DisbursementSummary } from './schemas.ts';

export function disbursementRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/disbursements', {
    id: 'createDisbursement',
    summary: '建立发放批次 · Gather a disbursement',
    description:
      '汇集本机构全部已审核通过且未发放的月份，每人一行。Every approved, unpaid month of the agency, one line per person.',
    problems: ['disbursement-empty', 'state-conflict'],
    answer: Disbursement,
    created: ({ id }) => `/v1/disbursements/${id}`,
    run: (context) => createDisbursement(context),
  });

  get('/v1/disbursements', {
    id: 'listDisbursements',
    summary: '查询发放批次 · List disbursements',
    description: '可见范围内的发放批次。The disbursements within scope.',
    query: DisbursementQuery,
    answer: Page(DisbursementSummary),
    run: (context, { query }) => listDisbursements(context, query),
  });

  get('/v1/disbursements/:id', {
    id: 'getDisbursement',
    summary: '查看发放批次 · Read a disbursement',
    description:
      '状态、各街道（乡镇）核对情况、资金申请和发放文件。State, rosters, fund request, payment file.',
    problems: ['not-found'],
    params: IdParams,
    answer: Disbursement,
    run: (context, { params }) => getDisbursement(context, params.id),
  });
}

/** Registered separately because in the contract's example run the rosters come before it. */
export function cancellationRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/disbursements/:id/cancellation', {
    id: 'cancelDisbursement',
    summary: '取消发放批次 · Cancel a disbursement',
    description:
      '申请资金之前可以取消，全部月份退回待发放。Before funds are requested; every month waits again.',
    problems: ['not-found', 'precondition-failed', 'state-conflict'],
    ifMatch: true,
    params: IdParams,
    body: CancelDisbursement,
    answer: Disbursement,
    run: (context, { params, version, body }) => cancelDisbursement(context, params.id, version, body),
  });
}
