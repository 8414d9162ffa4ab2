// Finds and locks cases, changes their state and time limit, and signs an officer's part. The calling operation does
// the rest of the act; states.ts defines the transitions.

import type { RawBuilder } from 'kysely';
import { emit } from '../../notifications/events/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { CasePart } from '../../platform/database/tables.ts';
import { together } from '../../platform/database/together.ts';
import { Problem } from '../../platform/problem.ts';
import { knownToRules } from '../../registers/people/operations.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { missingIndexesOf } from './sharing.ts';
import { type ApplicationAct, type ApplicationState, next, states } from './states.ts';
import {
  type ApplicationRow,
  type CaseKey,
  findApplication,
  findLatestCase as findLatest,
  insertCasePart,
  listParts,
  listUnfinished,
  lockApplication,
  lockOpenApplications,
  lockWithPerson,
  type Signature,
  setFields,
  setRecordsChanged,
  setState,
  signing,
} from './store.ts';
import { timeLimitIn } from './time-limit.ts';

/** A case in scope. @throws Problem not-found */
export async function found(context: ReadContext, applicationId: string): Promise<ApplicationRow> {
  const application = await findApplication(context.tx, context.scope, applicationId);
  if (application === undefined) throw new Problem('not-found');
  return application;
}

/** A case in scope, locked until the transaction ends. @throws Problem not-found, precondition-failed */
export async function locked(
  context: WriteContext,
  applicationId: string,
  expected?: number,
): Promise<ApplicationRow> {
  return asExpected(context, await lockApplication(context.tx, context.scope, applicationId), expected);
}

/**
 * The same with its person, who is locked too and becomes the current one.
 *
 * @throws Problem not-found, precondition-failed
 */
export async function lockedWithPerson(context: WriteContext, applicationId: string, expected?: number) {
  const application = asExpected(context, await lockWithPerson(context.tx, applicationId), expected);
  return { application, person: knownToRules(context, application) };
}

function asExpected<A extends ApplicationRow>(
  { scope }: ReadContext,
  application: A | undefined,
  expected: number | undefined,
): A {
  if (application === undefined || !isInScope(scope, application)) throw new Problem('not-found');
  if (expected !== undefined && application.version !== expected) throw new Problem('precondition-failed');
  return application;
}

/** Whether the caller's own scope holds a case; row security shows those of the current person besides. */
export function isInScope(scope: Scope, { agencyCode, streetCode, clientId }: ApplicationRow): boolean {
  switch (scope.relation) {
    case 'city':
      return true;
    case 'agency':
      return agencyCode === scope.code;
    case 'street':
      return streetCode === scope.code;
    case 'own':
      return clientId === scope.client;
  }
}

/** The person's newest case that was submitted and not withdrawn; undefined if none is in scope. */
export async function findLatestCase(context: ReadContext, personId: string) {
  return await findLatest(context.tx, context.scope, personId);
}

/** The person's open cases in the whole city and the drafts in scope. The person is the current one. */
export async function listUnfinishedCases(context: ReadContext, personId: string) {
  return await listUnfinished(context.tx, context.scope, personId);
}

/** The person's open cases, locked until the transaction ends, in the order of their ids. */
export async function lockOpenCases(context: WriteContext, personId: string): Promise<ApplicationRow[]> {
  return await lockOpenApplications(context.tx, personId);
}

/** Increments the version after a change other than of the state, so that changes based on an older one are refused. */
export async function bumpVersion(context: WriteContext, application: CaseKey): Promise<void> {
  await setFields(context.tx, application);
}

/** Marks a case for its officers: the records differ from what they have seen. Not a new version. */
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

/** Removes that mark: an officer has seen the records. */
export async function markRecordsSeen(context: WriteContext, application: CaseKey): Promise<void> {
  await setRecordsChanged(context.tx, application, { recordsChangedAt: null });
}

/**
 * Changes the state and time limit of a case, also for decisions, and audits it. Returns the case as it is now.
 *
 * @throws Problem state-conflict if the transition table does not allow it for this role
 */
export async function move(
  context: WriteContext,
  application: ApplicationRow,
  act: ApplicationAct,
  changes: Partial<
    Pick<
      ApplicationRow,
      'submittedAt' | 'acceptedAt' | 'acceptanceReason' | 'assignedTo' | 'closedAt' | 'agencyCode'
    >
  >,
  audited: Readonly<Record<string, unknown>> = {},
): Promise<ApplicationRow> {
  const to = next(application.state, act, context.role);
  if (to === null) throw conflict(application.state, actTitles[act]);
  const policy = policyOn(context.today, context.policies);
  const { calendar } = context.reference;
  const timeLimit = timeLimitIn(to, application, context.today, { policy, calendar });
  const indexes = missingIndexesOf(context, application);
  // The traces are sent with the change: what is asked for after it sees them too.
  const [moved] = await together([
    setState(context.tx, application, application.state, to, { ...changes, ...timeLimit, ...indexes }),
    emitMove(context, application, act, to),
    context.audit({
      target: ['application', application.applicationId],
      personId: application.personId,
      change: { from: application.state, to, ...audited },
    }),
  ]);
  return moved;
}

/** Emits an event for the platform. Not for drafts; decisions and their undoing emit events with months themselves. */
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

/**
 * Signs the actor's part on a case 谁经办、谁签字. @throws Problem officer-already-on-case for a different part on it
 */
export async function sign(
  context: WriteContext,
  application: CaseKey & Pick<ApplicationRow, 'agencyCode'>,
  part: CasePart['part'],
): Promise<void> {
  const signature = signatureOf(context, part, application.agencyCode);
  if (!(await insertCasePart(context.tx, application, signature)))
    throw new Problem('officer-already-on-case');
}

/** The statement by which a store signs the actor's part on all cases of a table that its own statement makes. */
export function signingOf(context: WriteContext, part: CasePart['part'], agencyCode: string) {
  const signature = signatureOf(context, part, agencyCode);
  return (cases: RawBuilder<unknown>) => signing(cases, signature);
}

function signatureOf({ actor, at }: WriteContext, part: CasePart['part'], agencyCode: string): Signature {
  return { officer: officerOf(actor), part, agencyCode, actedAt: at.toString() };
}

/** Who took which part on a case. */
export async function partsOf(context: ReadContext, application: CaseKey) {
  return await listParts(context.tx, application);
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
