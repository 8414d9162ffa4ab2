// HTTP routes for proposed changes of the policy.

import { ProposePolicy } from '../../platform/http/contract/policy-values.ts';
import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import {
  adoptPolicy,
  getPolicyProposal,
  listPolicyProposals,
  proposePolicy,
  rehearsePolicy,
  rejectPolicy,
} from './operations.ts';
import { PolicyProposal, RejectPolicy } from './schemas.ts';

export function policyProposalRoutes(app: App, handlers: Handlers): void {
  const { get, post } = operationsOf(app, handlers, 'configuration');

  post('/v1/policy-proposals', {
    id: 'proposePolicy',
    summary: '提议政策变动 · Propose a change of the policy',
    description:
      '写明改动的值、生效日、条款、文件和理由；系统随即以近十二个月的决定预演，由另一名管理员通过后生效。' +
      'Rehearsed on past decisions at once; another administrator adopts it.',
    body: ProposePolicy,
    answer: PolicyProposal,
    created: ({ id }) => `/v1/policy-proposals/${id}`,
    run: (context, { body }) => proposePolicy(context, body),
  });

  get('/v1/policy-proposals', {
    id: 'listPolicyProposals',
    summary: '政策变动提议列表 · Proposed changes of the policy',
    description: '全部提议，最新的在前。All of them, newest first.',
    answer: Page(PolicyProposal),
    run: (context) => listPolicyProposals(context),
  });

  get('/v1/policy-proposals/:id', {
    id: 'getPolicyProposal',
    summary: '查看政策变动提议 · A proposed change of the policy',
    description: '改动的值和预演结果。The changed values, and what the rehearsal came to.',
    problems: ['not-found'],
    params: IdParams,
    answer: PolicyProposal,
    run: (context, { params }) => getPolicyProposal(context, params.id),
  });

  post('/v1/policy-proposals/:id/rehearsal', {
    id: 'rehearsePolicy',
    summary: '重新预演 · Rehearse a proposal again',
    description:
      '预演之后又收到有关人员的登记记录的，须重新预演；完成后可在提议中查看。' +
      'Needed once records about its people arrived since. The proposal shows the result.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    answer: PolicyProposal,
    run: (context, { params }) => rehearsePolicy(context, params.id),
  });

  post('/v1/policy-proposals/:id/rejection', {
    id: 'rejectPolicy',
    summary: '驳回政策变动 · Reject a change of the policy',
    description: '提议者也可撤回；可再提议。Proposers may withdraw their own; another may be proposed.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    body: RejectPolicy,
    answer: PolicyProposal,
    run: (context, { params, body }) => rejectPolicy(context, params.id, body),
  });

  post('/v1/policy-proposals/:id/adoption', {
    id: 'adoptPolicy',
    summary: '通过政策变动 · Adopt a change of the policy',
    description:
      '由提议者以外的管理员通过，自生效日起适用，无需重启；此前的决定不受影响。' +
      'By another administrator. Decides from its first day on, without a restart; earlier decisions stay. ' +
      '试用时先再提出一次。To try it, propose again first.',
    problems: ['not-found', 'state-conflict', 'same-officer'],
    params: IdParams,
    answer: PolicyProposal,
    run: (context, { params }) => adoptPolicy(context, params.id),
  });
}
