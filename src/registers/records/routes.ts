// Routes for the records that registers and officers keep about a person.

import { PersonParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import { Page } from '../../platform/http/paging.ts';
import type { App } from '../../platform/http/server.ts';
import { listRecords } from './operations.ts';
import { KnownRecord, RecordQuery } from './schemas.ts';

export function recordRoutes(app: App, handlers: Handlers): void {
  const { get } = operationsOf(app, handlers, 'eligibility');

  get('/v1/people/:personId/records', {
    id: 'listRecords',
    summary: '查看登记数据 · Read what was known of a person',
    description:
      '按种类和时刻查询：某时刻本服务掌握哪些记录、各来自何处、何时获知、何时被取代。仅限本机构（街道）有其申请或其户籍所在的人员。' +
      'What was known at a moment, who said so, and when it was replaced.',
    config: { shows: ['records'] },
    problems: ['not-found'],
    params: PersonParams,
    query: RecordQuery,
    answer: Page(KnownRecord),
    run: (context, { params, query }) => listRecords(context, params.personId, query),
  });
}
