// HTTP routes for comparisons.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { compareApplication } from './operations.ts';
import { Comparison } from './schemas.ts';

export function comparisonRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'decisions');

  post('/v1/applications/:id/comparisons', {
    id: 'compareApplication',
    summary: '数据比对 · Compare a case with the registers',
    description:
      '对已受理的申请逐月逐项比对，并保存所依据数据的快照。Stores a snapshot of exactly what was looked at.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    answer: Comparison,
    run: (context, { params }) => compareApplication(context, params.id),
  });
}
