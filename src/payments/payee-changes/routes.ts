// HTTP routes for changes of whom a case pays.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import {
  changeAccount,
  confirmPayeeChange,
  correctApplicantName,
  listPayeeChanges,
  rejectPayeeChange,
} from './operations.ts';
import {
  ChangeAccount,
  CorrectApplicantName,
  PayeeChange,
  PayeeChangeParams,
  PayeeChangeQuery,
  RejectPayeeChange,
} from './schemas.ts';

export function payeeChangeRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/applications/:id/name-corrections', {
    id: 'correctApplicantName',
    summary: '更正姓名 · Correct the applicant’s name',
    description:
      '受理后发现姓名有误（包括银行以户名不符退回）的，以身份证复印件为依据提出，由另一人复核；复核后以 reissuePayment 重新发放失败的补贴。' +
      'Shown by an identity card; another officer confirms. What failed is then paid again by a reissue.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    body: CorrectApplicantName,
    answer: PayeeChange,
    run: (context, { params, body }) => correctApplicantName(context, params.id, body),
  });

  post('/v1/applications/:id/account-changes', {
    id: 'changeAccount',
    summary: '更改收款账户 · Change the account before the bank has the payment',
    description:
      '受理后、送银行前，由申请人通过原渠道或在街道提出，经办机构复核后生效；已送银行的不能更改。' +
      'Proposed by the applicant through their channel or at the street; an officer confirms.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    body: ChangeAccount,
    answer: PayeeChange,
    run: (context, { params, body }) => changeAccount(context, params.id, body),
  });

  get('/v1/payee-changes', {
    id: 'listPayeeChanges',
    summary: '查询收款信息更正 · Changes of whom cases pay',
    description:
      '辖区内的更正，最早的在前；可只看一件申请的，或等待复核的。Oldest first; of one case, or those that wait for an officer.',
    config: { shows: ['payment', 'identity', 'whole-name'] },
    query: PayeeChangeQuery,
    answer: Page(PayeeChange),
    run: (context, { query }) => listPayeeChanges(context, query),
  });

  post('/v1/applications/:id/payee-changes/:payeeChangeId/rejection', {
    id: 'rejectPayeeChange',
    summary: '驳回或撤回更正 · Reject a change',
    description: '有误的予以驳回，提出者也可撤回；可再提出。Another may be proposed.',
    problems: ['not-found', 'state-conflict'],
    params: PayeeChangeParams,
    body: RejectPayeeChange,
    answer: PayeeChange,
    run: (context, { params, body }) => rejectPayeeChange(context, params.id, params.payeeChangeId, body),
  });

  post('/v1/applications/:id/payee-changes/:payeeChangeId/confirmation', {
    id: 'confirmPayeeChange',
    summary: '复核更正 · Confirm a change',
    description:
      '由提出者以外的人复核；尚未送银行的补贴按新的收款信息发放，已核对的名单无需重新核对，并告知申请人。' +
      'By another officer. Verified rosters stay verified; the applicant is told. 试用时先再提出一次。To try it, propose again first.',
    problems: ['not-found', 'state-conflict', 'same-officer'],
    params: PayeeChangeParams,
    answer: PayeeChange,
    run: (context, { params }) => confirmPayeeChange(context, params.id, params.payeeChangeId),
  });
}
