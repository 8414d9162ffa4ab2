// HTTP routes for money from the finance bureau and back to it.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { Disbursement } from '../disbursement/schemas.ts';
import { getFundRequestFile, recordFundsReceipt, requestFunds, returnUnspent } from './operations.ts';
import { RecordFundsReceipt, ReturnUnspent } from './schemas.ts';

export function fundRoutes(app: App, handlers: Handlers): void {
  const { post, file } = operationsOf(app, handlers, 'disbursements');

  post('/v1/disbursements/:id/fund-request', {
    id: 'requestFunds',
    summary: '申请拨付资金 · Request funds',
    description:
      '全部街道（乡镇）核对后方可申请；笔数和金额自此固定。Count and total are frozen from here on.' +
      '试用时先重新建立批次并全部签字（前一批次已取消）。To try it, gather anew and sign the whole.',
    problems: [
      'not-found',
      'precondition-failed',
      'rosters-incomplete',
      'state-conflict',
      'disbursement-empty',
    ],
    ifMatch: true,
    params: IdParams,
    answer: Disbursement,
    run: (context, { params, version }) => requestFunds(context, params.id, version),
  });

  post('/v1/disbursements/:id/fund-receipts', {
    id: 'recordFundsReceipt',
    summary: '登记资金到账 · Record the funds received',
    description:
      '可分次到账；少于申请时须注明是否为最后一笔。In parts; less than was asked says whether more will come.',
    problems: ['not-found', 'precondition-failed', 'state-conflict', 'receipt-mismatch'],
    ifMatch: true,
    params: IdParams,
    body: RecordFundsReceipt,
    answer: Disbursement,
    run: (context, { params, version, body }) => recordFundsReceipt(context, params.id, version, body),
  });

  file('/v1/disbursements/:id/fund-request/file', {
    id: 'getFundRequestFile',
    summary: '打印资金拨付申请表 · Print the fund request',
    description:
      '申请时固定的人数、月数和金额，按街道（乡镇）和季度列示，金额大小写。What was asked of finance, the same at every printing.',
    problems: ['not-found', 'state-conflict'],
    config: { lane: 'heavy' },
    params: IdParams,
    mediaTypes: ['application/pdf'],
    file: '资金拨付申请表（PDF） · the fund request',
    run: (context, { params }) => getFundRequestFile(context, params.id),
    print: async (printed) => ({
      mediaType: 'application/pdf',
      content: await app.workers.print('printFundRequest', printed),
      name: `${printed.number}.pdf`,
    }),
  });
}

/** Registered separately because in the contract's example run the bank comes before it. */
export function fundReturnRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/disbursements/:id/fund-returns', {
    id: 'returnUnspent',
    summary: '结余退回财政 · Return unspent money',
    description:
      '部分到账的零头、发放失败或退票的资金；不得动用待发放行需要的资金。What no waiting line needs.',
    problems: ['not-found', 'precondition-failed', 'return-exceeds-unspent'],
    ifMatch: true,
    params: IdParams,
    body: ReturnUnspent,
    answer: Disbursement,
    run: (context, { params, version, body }) => returnUnspent(context, params.id, version, body),
  });
}
