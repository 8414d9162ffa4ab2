// HTTP routes for repeated payments.

import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { LineParams } from '../lines/schemas.ts';
import { confirmReissue, reissuePayment, rejectReissue } from './operations.ts';
import { Reissue, ReissuePayment, RejectReissue } from './schemas.ts';

export function reissueRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/disbursements/:id/lines/:lineId/reissue', {
    id: 'reissuePayment',
    summary: '提出重新发放 · Propose to pay a line again',
    description:
      '发放失败或退票的行，更正账户后由另一人复核。结果不明的不得重发。By one officer; another confirms.',
    problems: ['not-found', 'state-conflict'],
    params: LineParams,
    body: ReissuePayment,
    answer: Reissue,
    run: (context, { params, body }) => reissuePayment(context, params, body),
  });

  post('/v1/disbursements/:id/lines/:lineId/reissue/rejection', {
    id: 'rejectReissue',
    summary: '驳回重新发放 · Reject a reissue',
    description: '账户有误，可再提出。It may be proposed again.',
    problems: ['not-found', 'state-conflict'],
    params: LineParams,
    body: RejectReissue,
    answer: Reissue,
    run: (context, { params, body }) => rejectReissue(context, params, body),
  });

  post('/v1/disbursements/:id/lines/:lineId/reissue/confirmation', {
    id: 'confirmReissue',
    summary: '复核重新发放 · Confirm a reissue',
    description:
      '由提出者以外的人复核；资金还在的，新行等待下一个发放文件；已退财政的，转入下一批次。Another officer than the proposer. 试用时先再提出一次。To try it, propose again first.',
    problems: ['not-found', 'state-conflict', 'same-officer'],
    params: LineParams,
    answer: Reissue,
    run: (context, { params }) => confirmReissue(context, params),
  });
}
