// HTTP routes for replays of decisions.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { replayDecision } from './operations.ts';
import { DecisionReplay } from './schemas.ts';

export function replayRoutes(app: App, handlers: Handlers): void {
  const { ask } = operationsOf(app, handlers, 'decisions');

  ask('/v1/applications/:id/decision/replays', {
    id: 'replayDecision',
    summary: '重演决定 · Replay a decision',
    description:
      '按当时保存的快照和政策版本重新评估，说明是否逐字节相同；不改变任何内容，只留下查阅记录。Changes nothing, and leaves a trace.',
    config: { shows: ['decision'] },
    problems: ['not-found'],
    params: IdParams,
    answer: DecisionReplay,
    run: (context, { params }) => replayDecision(context, params.id),
  });
}
