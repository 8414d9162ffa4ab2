// Routes for correction requests.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { Application } from '../application/schemas.ts';
import { requestCorrection } from './operations.ts';
import { RequestCorrection } from './schemas.ts';

export function correctionRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'applications');

  post('/v1/applications/:id/correction-requests', {
    id: 'requestCorrection',
    summary: '一次性告知补正 · Ask once for everything missing',
    description:
      '缺少的材料由系统列出，经办人员补充发现的问题；一份告知书包含全部事项。再次告知只能列出上次不可能看到的情况。' +
      'A second notice only for what could not have been seen at the first.',
    ifMatch: true,
    problems: [
      'not-found',
      'precondition-failed',
      'state-conflict',
      'officer-already-on-case',
      'nothing-to-correct',
      'already-told-once',
    ],
    params: IdParams,
    body: RequestCorrection,
    answer: Application,
    run: (context, { params, version, body }) => requestCorrection(context, params.id, version, body),
  });
}
