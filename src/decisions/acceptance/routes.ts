// HTTP routes for accepting cases.

import { Application } from '../../applications/application/schemas.ts';
import { exampleId, IdParams } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { acceptApplication, acceptApplications } from './operations.ts';
import { AcceptApplication, AcceptedCase, CaseToAccept } from './schemas.ts';

export function acceptanceRoutes(app: App, handlers: Handlers): void {
  const { post, each } = operationsOf(app, handlers, 'applications');

  post('/v1/applications/:id/acceptance', {
    id: 'acceptApplication',
    summary: '受理 · Accept',
    description:
      '材料齐备方可受理；登记数据已能证明的材料无需提供。按现有数据各月均不符合条件的，须写明理由。' +
      'Papers that a register waives are not asked for; where no month can be paid, a reason is.',
    ifMatch: true,
    problems: [
      'not-found',
      'precondition-failed',
      'state-conflict',
      'officer-already-on-case',
      'materials-missing',
      'acceptance-needs-reason',
    ],
    params: IdParams,
    body: AcceptApplication,
    answer: Application,
    run: (context, { params, version, body }) => acceptApplication(context, params.id, version, body),
  });

  each('/v1/acceptances', {
    id: 'acceptApplications',
    summary: '批量受理 · Accept many',
    description:
      '一次最多 500 件，条件与单件受理相同；不能受理的逐件说明，不影响其他各件。试用时代替 acceptApplication。' +
      'Each as acceptApplication; what cannot be accepted is told. Tried instead of acceptApplication.',
    item: CaseToAccept,
    example: { applicationId: exampleId, version: 3 },
    about: 'applicationId',
    result: AcceptedCase,
    run: acceptApplications,
  });
}
