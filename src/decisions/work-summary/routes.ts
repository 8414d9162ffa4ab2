// HTTP routes for the counts of work that waits.

import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { getWorkSummary } from './operations.ts';
import { WorkSummary } from './schemas.ts';

export function workSummaryRoutes(app: App, handlers: Handlers): void {
  const { get } = operationsOf(app, handlers, 'applications');

  get('/v1/work-summary', {
    id: 'getWorkSummary',
    summary: '待办数量 · Count the work that waits',
    description:
      '一次给出本岗位各清单的待办数量：在办申请、到期、告知书、名单、追回、更正、复核。Every queue of the caller’s role, in one call.',
    answer: WorkSummary,
    run: (context) => getWorkSummary(context),
  });
}
