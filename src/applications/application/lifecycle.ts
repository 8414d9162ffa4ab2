// Finds and locks cases, moves them from state to state with their time limit, and signs an officer's part. What an act
// means stands with the operation that calls this; which moves exist stands in states.ts.

import { emit } from '../../notifications/events/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { CasePart } from '../../platform/database/tables.ts';
import { Problem } from '../../platform/problem.ts';
import { readCalendar } from '../../platform/reference/store.ts';
import { chunks } from '../../registers/people/operations.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import type { WorkingCalendar } from '../../values/working-days.ts';
import { missingIndexesOf } from './sharing.ts';
import { type ApplicationAct, type ApplicationState, next, states } from './states.ts';
import {
  type ApplicationRow,
  type CaseKey,
  findApplication,
  findLatestCase as findLatest,
  insertCaseParts,
  lockApplication,
  lockOpenApplications,
  setFields,
  setRecordsChanged,
  setState,
} from './store.ts';
import { noTimeLimit, runsIn, timeLimitIn } from './time-limit.ts';

/** The case. @throws Problem not-found out of scope */
export async function found(context: ReadContext, applicationId: string): Promise<ApplicationRow> {
  const application = await findApplication(context.tx, context.scope, applicationId);
  if (application === undefined) throw new Problem('not-found');
  return application;
}

/** The case, locked until the transaction ends. @throws Problem not-found out of scope, precondition-failed */
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

/** The person's newest case that was submitted and not withdrawn; undefined where none is in scope. */
export async function findLatestCase(context: ReadContext, personId: string) {
  return await findLatest(context.tx, context.scope, personId);
}

/** The person's open cases, locked until the transaction ends, in the order of their ids. */
export async function lockOpenCases(context: WriteContext, personId: string): Promise<ApplicationRow[]> {
  return await lockOpenApplications(context.tx, personId);
}

/** The case has changed otherwise than its state: whoever saw the version before is refused. */
export async function bumpVersion(context: WriteContext, application: CaseKey): Promise<void> {
  await setFields(context.tx, application);
}

/** Puts a case on its officers' list: the records say something else than they have seen. Not a new version. */
export async function markRecordsChanged(
  context: WriteContext,
  application: CaseKey,
  recordsToldDigest: Buffer,
): Promise<void> {
  await setRecordsChanged(context.tx, application, {
    recordsChangedAt: context.at.toString(),
    recordsToldDigest,
  });
}

/** Takes a case off that list: an officer has seen what the records say. */
export async function markRecordsSeen(context: WriteContext, application: CaseKey): Promise<void> {
  await setRecordsChanged(context.tx, application, { recordsChangedAt: null });
}

export interface Moved {
  readonly application: ApplicationRow;
  /** Null where no time limit runs in the new state. */
  readonly calendar: WorkingCalendar | null;
}

/**
 * Moves a case on, with its time limit, and audits it; for decisions too. Returns the case as it is now.
 *
 * @throws Problem state-conflict where the table of transitions does not allow it in this role
 */
export async function move(
  context: WriteContext,
  application: ApplicationRow,
  act: ApplicationAct,
  changes: Partial<Pick<ApplicationRow, 'submittedAt' | 'acceptedAt' | 'closedAt' | 'agencyCode'>>,
  audited: Readonly<Record<string, unknown>> = {},
): Promise<Moved> {
  const to = next(application.state, act, context.role);
  if (to === null) throw conflict(application.state, actTitles[act]);
  const calendar = runsIn(to) ? await readCalendar(context.tx) : null;
  const policy = policyOn(context.today, context.settings);
  const timeLimit =
    calendar === null ? noTimeLimit : timeLimitIn(to, application, context.today, { policy, calendar });
  const indexes = missingIndexesOf(context, application);
  const moved = await setState(context.tx, application, application.state, to, {
    ...changes,
    ...timeLimit,
    ...indexes,
  });
  await emitMove(context, application, act, to);
  await context.audit({
    target: ['application', application.applicationId],
    personId: application.personId,
    change: { from: application.state, to, ...audited },
  });
  return { application: moved, calendar };
}

/** Tells the platform. Not of drafts, which it knows; decisions, and their undoing, tell their months themselves. */
async function emitMove(
  context: WriteContext,
  application: ApplicationRow,
  act: ApplicationAct,
  to: ApplicationState,
): Promise<void> {
  if (act === 'decline' || act === 'approve' || act === 'refuse' || act === 'undo') return;
  if (to === 'draft' || (application.state === 'draft' && to === 'withdrawn')) return;
  const { personId, applicationId } = application;
  await emit(context, [{ personId, applicationId, type: `application-${to}`, content: { state: to } }]);
}

/** Signs the actor's part on cases 谁经办、谁签字. @throws Problem officer-already-on-case, having another on one of them */
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
