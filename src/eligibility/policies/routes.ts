// Routes for the policy.

import { Type } from 'typebox';
import { closed } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { getPolicy, listPolicies } from './operations.ts';
import { Policy, PolicySummary } from './schemas.ts';

export function policyRoutes(app: App, handlers: Handlers): void {
  const { get } = operationsOf(app, handlers, 'eligibility');

  get('/v1/policies', {
    id: 'listPolicies',
    summary: '政策版本列表 · List policy versions',
    description: '现行和历次政策版本。Every version, and which is in force.',
    answer: Page(PolicySummary),
    run: listPolicies,
  });

  get('/v1/policies/:version', {
    id: 'getPolicy',
    summary: '查看政策版本 · Read a policy version',
    description:
      '全部参数（取值、起始日、条款、理由）和全部检查项。Every parameter and check, with its article.',
    problems: ['not-found'],
    params: closed({
      version: Type.String({
        description: '政策版本，斜杠写作 %2F · version, its slash written as %2F',
        examples: ['jdz-2024-139/2025-01-01'],
      }),
    }),
    answer: Policy,
    run: (context, { params }) => getPolicy(context, params.version),
  });
}
