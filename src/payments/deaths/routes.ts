// HTTP routes for what becomes of the money of somebody who died.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { PayeeChange } from '../payee-changes/schemas.ts';
import { closeAfterDeath, proposeHeir } from './operations.ts';
import { CloseAfterDeath, ProposeHeir } from './schemas.ts';

export function deathRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'disbursements');

  post('/v1/applications/:id/heirs', {
    id: 'proposeHeir',
    summary: '登记去世申请人的领取人 · Propose an heir',
    description:
      '申请人去世后，尚未送银行的补贴一律暂缓。凭死亡证明和亲属关系证明（或公证书等）登记领取人，由另一人以 confirmPayeeChange 复核；' +
      '复核后解除暂缓（releaseHold），去世前应得的月份发放给领取人。去世当月及以后的月份不发放。' +
      'Shown by papers of the case; another officer confirms. Only months that had ended before the death are paid.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    body: ProposeHeir,
    answer: PayeeChange,
    run: (context, { params, body }) => proposeHeir(context, params.id, body),
  });

  post('/v1/applications/:id/closures-after-death', {
    id: 'closeAfterDeath',
    summary: '申请人去世后结案 · Propose to close a case after a death',
    description:
      '已批准、无人领取的，提出结案，由另一人以 confirmPayeeChange 复核：暂缓的行离开批次，不再发放。尚未审核的由街道撤回申请。此后出现领取人的，仍可登记。Another officer confirms; an heir who turns up later may still be proposed.',
    problems: ['not-found', 'state-conflict'],
    params: IdParams,
    body: CloseAfterDeath,
    answer: PayeeChange,
    run: (context, { params, body }) => closeAfterDeath(context, params.id, body),
  });
}
