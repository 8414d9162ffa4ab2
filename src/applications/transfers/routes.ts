// Routes for transfers.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { transferApplication } from './operations.ts';
import { Transfer, TransferApplication } from './schemas.ts';

export function transferRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'applications');

  post('/v1/applications/:id/transfer', {
    id: 'transferApplication',
    summary: '移送户籍所在地办理 · Hand over to where the household is',
    description:
      '审核办结前，经办人员把申请移送户籍所在街道（乡镇）的经办机构；时限连续计算，材料、月份和补正事项保留，两地街道和平台均获告知。' +
      'Before the decision; the time limit runs on, materials, months and an open correction stay, and both streets and the platform are told.',
    ifMatch: true,
    problems: ['not-found', 'precondition-failed', 'state-conflict', 'officer-already-on-case'],
    params: IdParams,
    body: TransferApplication,
    answer: Transfer,
    run: (context, { params, version, body }) => transferApplication(context, params.id, version, body),
  });
}
