// HTTP routes for assignments.

import { exampleId } from '../../platform/http/contract/schemas.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { operationsOf } from '../../platform/http/operations.ts';
import type { App } from '../../platform/http/server.ts';
import { assignApplications } from './operations.ts';
import { AssignedCase, CaseToAssign } from './schemas.ts';

export function assignmentRoutes(app: App, handlers: Handlers): void {
  const { each } = operationsOf(app, handlers, 'applications');

  each('/v1/assignments', {
    id: 'assignApplications',
    summary: '指派办理人员 · Assign cases',
    description:
      '把在办申请指派给本机构的某个账号，或接手他人名下的申请（写明原因）。只用于排队，不改变谁有权办理。' +
      'Whose queue a case is in, taking over included. It changes nobody’s rights.',
    item: CaseToAssign,
    example: { applicationId: exampleId, account: 'me', reason: '原经办人员休假' },
    about: 'applicationId',
    result: AssignedCase,
    run: assignApplications,
  });
}
