// HTTP route for a person's overview.

import { PersonParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { getPersonOverview } from './operations.ts';
import { PersonOverview } from './schemas.ts';

export function overviewRoutes(app: App, handlers: Handlers): void {
  const { get } = operationsOf(app, handlers, 'people');

  get('/v1/people/:personId/overview', {
    id: 'getPersonOverview',
    summary: '查看一个人的全部情况 · A person on one page',
    description:
      '申请、各月份及其资金、欠款、追回、告知书、享受期限和现在可申请的月份。限本辖区（户籍或申请）或今天查询过的人员；' +
      '申请、资金、追回和告知书只列本辖区的。Cases, months with their money, debts, recoveries, notices, term and ' +
      'claimable months; of people with a case or household in scope, or asked about today.',
    problems: ['not-found'],
    config: { shows: ['case', 'identity', 'entitlement', 'notice', 'payment', 'recovery'] },
    params: PersonParams,
    answer: PersonOverview,
    run: (context, { params }) => getPersonOverview(context, params.personId),
  });
}
