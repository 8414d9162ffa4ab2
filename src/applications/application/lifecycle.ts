// Holds a case, moves it from state to state with its clock, and keeps who signed which part. What an act means stands with
// the operation that calls this; which moves exist stands in states.ts.

import { emit } from '../../notifications/events/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { CasePart } from '../../platform/database/tables.ts';
import { Problem } from '../../platform/problem.ts';
import { readCalendar } from '../../platform/reference/store.ts';
import { chunks } from '../../registers/people/operations.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { clockIn, noClock, runsIn } from './clock.ts';
import { missingIndexesOf } from './sharing.ts';
import { type ApplicationAct, type ApplicationState, next, states } from './states.ts';
import { type ApplicationRow, findApplication, insertCaseParts, lockApplication, setState } from './store.ts';

/** Moves a case on, if the table of transitions allows it in this role, and leaves the trace. For the decision too. */
export async function move(
  context: WriteContext,
  application: ApplicationRow,
  name: ApplicationAct,
  times: Partial<Pick<ApplicationRow, 'submittedAt' | 'acceptedAt' | 'closedAt' | 'agencyCode'>>,
  more: Record<string, unknown> = {},
): Promise<void> {
  const to = next(application.state, name, context.role);
  if (to === null) throw conflict(application.state, actTitles[name]);
  const clock = runsIn(to)
    ? clockIn(to, application, context.today, {
        policy: policyOn(context.today, context.settings),
        calendar: await readCalendar(context.tx),
      })
    : noClock;
  const indexes = missingIndexesOf(context, application);
  await setState(context.tx, application, application.state, to, { ...times, ...clock, ...indexes });
  await tellOfMove(context, application, name, to);
  await context.audit({
    target: ['application', application.applicationId],
    personId: application.personId,
    change: { from: application.state, to, ...more },
  });
}

/** A draft was never told of; a decision, and its undoing, tell their months themselves. */
async function tellOfMove(
  context: WriteContext,
  application: ApplicationRow,
  name: ApplicationAct,
  to: ApplicationState,
): Promise<void> {
  if (name === 'decline' || name === 'approve' || name === 'refuse' || name === 'undo') return;
  if (to === 'draft' || (application.state === 'draft' && to === 'withdrawn')) return;
  const { personId, applicationId } = application;
  await emit(context, [{ personId, applicationId, type: `application-${to}`, content: { state: to } }]);
}

/** Signs the actor's part on cases 谁经办、谁签字. `officer-already-on-case` when they have another on any of them. */
export async function sign(
  context: WriteContext,
  cases: readonly Pick<ApplicationRow, 'personId' | 'applicationId' | 'agencyCode'>[],
  part: CasePart['part'],
): Promise<void> {
  const signature = { officer: officerOf(context.actor), part, actedAt: context.at.toString() };
  for (const chunk of chunks(cases, 2_000)) {
    const isSigned = await insertCaseParts(
      context.tx,
      chunk.map(({ personId, applicationId, agencyCode }) => ({
        personId,
        applicationId,
        agencyCode,
        ...signature,
      })),
    );
    if (!isSigned) throw new Problem('officer-already-on-case');
  }
}
/** The case, held until the transaction ends; `not-found` out of scope, `precondition-failed` when it has moved on. */
export async function locked(
  context: WriteContext,
  applicationId: string,
  expected?: number,
): Promise<ApplicationRow> {
  const application = await lockApplication(context.tx, context.scope, applicationId);
  if (application === undefined) throw new Problem('not-found');
  if (expected !== undefined && application.version !== expected) throw new Problem('precondition-failed');
  return application;
}

const actTitles: Readonly<Record<ApplicationAct, string>> = {
  submit: '提交',
  requestCorrection: '要求补正',
  accept: '受理',
  decline: '不予受理',
  approve: '审核通过',
  refuse: '审核不通过',
  undo: '撤销决定',
  withdraw: '撤回',
};

export function conflict(state: ApplicationState, wanted: string): Problem {
  const { title, next: nextStep } = states[state];
  return new Problem('state-conflict', { detail: `申请当前为“${title}”，不能${wanted}。${nextStep}` });
}

/** The case; `not-found` out of scope. */
export async function found(context: ReadContext, applicationId: string): Promise<ApplicationRow> {
  const application = await findApplication(context.tx, context.scope, applicationId);
  if (application === undefined) throw new Problem('not-found');
  return application;
}
