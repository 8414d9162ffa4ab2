// HTTP routes for set-offs.

import { IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { Recovery } from '../recoveries/schemas.ts';
import { reverseSetOff, setOffRecovery } from './operations.ts';
import { ReverseSetOff, SetOffParams, SetOffRecovery } from './schemas.ts';

export function setOffRoutes(app: App, handlers: Handlers): void {
  const { post } = operationsOf(app, handlers, 'recoveries');

  post('/v1/recoveries/:id/set-offs', {
    id: 'setOffRecovery',
    summary: '抵扣 · Set a month off against a debt',
    description:
      '经本人书面同意，以已批准、尚未列入发放批次的整月补贴抵扣欠款，该月份不再发放；抵扣同意书须先以 addMaterial 上传。' +
      'A granted month settles the debt instead of being paid, on the person’s written consent.',
    problems: [
      'not-found',
      'precondition-failed',
      'state-conflict',
      'set-off-refused',
      'repayment-exceeds-debt',
      'officer-already-on-case',
    ],
    ifMatch: true,
    params: IdParams,
    body: SetOffRecovery,
    answer: Recovery,
    run: (context, { params, version, body }) => setOffRecovery(context, params.id, version, body),
  });

  post('/v1/recoveries/:id/set-offs/:setOffId/reversal', {
    id: 'reverseSetOff',
    summary: '撤销抵扣 · Reverse a set-off',
    description: '该月份恢复待发放，欠款恢复。The month waits to be paid again, and the debt is owed again.',
    problems: [
      'not-found',
      'precondition-failed',
      'state-conflict',
      'month-already-claimed',
      'cap-exceeded',
      'officer-already-on-case',
    ],
    ifMatch: true,
    params: SetOffParams,
    body: ReverseSetOff,
    answer: Recovery,
    run: (context, { params, version, body }) => reverseSetOff(context, params, version, body),
  });
}
