// Divides an agency's open cases among its officers. An assignment is a queue and nothing more: whoever may act on a case
// still may, and nobody's signature follows from it.

import { officerNamed, officerOf, subjectOfOfficer } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { conflict, locked } from '../application/lifecycle.ts';
import { setAssignee } from '../application/store.ts';
import type { CaseToAssign } from './schemas.ts';

const open: readonly string[] = ['submitted', 'correction-requested', 'accepted'];

/**
 * Puts one of many open cases into an officer's queue, or into nobody's. Taking it over from a colleague who is away is
 * the same act, and says why.
 */
export async function assignApplications(
  context: WriteContext,
  { applicationId, account, reason }: CaseToAssign,
) {
  const application = await locked(context, applicationId);
  if (!open.includes(application.state)) throw conflict(application.state, '指派');
  const self = officerOf(context.actor);
  const before = application.assignedTo;
  if (reason === undefined && before !== null && before !== self) {
    const detail = `该申请已指派给“${subjectOfOfficer(before)}”，转出须写明原因。`;
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/body/reason', code: 'required', detail }],
    });
  }
  const after = account === null ? null : account === 'me' ? self : officerNamed(context.actor, account);
  await setAssignee(context.tx, application, after);
  await context.audit({
    target: ['application', applicationId],
    personId: application.personId,
    change: { assignedTo: after, before, reason: reason ?? null },
  });
  return { assignedTo: after, before };
}
