// HTTP routes for finding people and for a person's overview.

import { PersonParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { findPeople, getPersonOverview } from './operations.ts';
import { FindPeople, FindPeopleQuery, FoundPerson, PersonOverview } from './schemas.ts';

export function overviewRoutes(app: App, handlers: Handlers): void {
  const { get, ask } = operationsOf(app, handlers, 'people');

  ask('/v1/people/searches', {
    id: 'findPeople',
    summary: '查找人员 · Find people',
    description:
      '按完整姓名、受理编号或完整身份号码在本辖区查找；查询条件只放在请求体中，不出现在地址里。' +
      '辖区以外的人员请用 lookUpPerson。Within scope, by whole name, case number or whole identity number; these travel ' +
      'in the body, never in a URL.',
    config: { shows: ['case', 'identity', 'whole-name'] },
    query: FindPeopleQuery,
    body: FindPeople,
    answer: Page(FoundPerson),
    run: (context, { body, query }) => findPeople(context, body, query),
  });

  get('/v1/people/:personId/overview', {
    id: 'getPersonOverview',
    summary: '查看一个人的全部情况 · A person on one page',
    description:
      '申请、各月份及其资金、欠款、追回、告知书、享受期限和现在可申请的月份。限本辖区（户籍或申请）或今天查询过的人员；' +
      '申请、资金、追回和告知书只列本辖区的。Cases, months with their money, debts, recoveries, notices, term and ' +
      'claimable months; of people with a case or household in scope, or asked about today.',
    problems: ['not-found'],
    config: { shows: ['case', 'identity', 'entitlement', 'notice', 'payment', 'recovery', 'whole-name'] },
    params: PersonParams,
    answer: PersonOverview,
    run: (context, { params }) => getPersonOverview(context, params.personId),
  });
}
