// Appeals 行政复议、信访、申诉 against a decision or a recovery: handed in at a platform, a street or the agency, decided
// by an officer other than the one who made what is contested. An outcome undoes nothing by itself: it names what the
// undoing of the decision, a new one, or the reversal of the recovery has done.

import { noticedCase } from '../../applications/application/description.ts';
import { found as foundCase, locked as lockedCase } from '../../applications/application/lifecycle.ts';
import { listCaseMaterials } from '../../applications/materials/operations.ts';
import { emit } from '../../notifications/events/operations.ts';
import { appealDecidedContent, appealOpenedContent } from '../../notifications/notices/content.ts';
import { issueNotice } from '../../notifications/notices/operations.ts';
import { findRecovery } from '../../payments/recoveries/lifecycle.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import { refuseFutureDay } from '../../platform/http/days.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { type Day, dayInShanghai } from '../../values/days.ts';
import { monthInWords } from '../../values/wording.ts';
import { findStandingDecision } from '../decision/store.ts';
import { findReplacement, findUndo } from '../review/store.ts';
import type { AppealQuery, DecideAppeal, OpenAppeal, WithdrawAppeal } from './schemas.ts';
import { appealKinds, appealOutcomes } from './states.ts';
import * as store from './store.ts';
import { dueDay, limitOn } from './time-limits.ts';

/**
 * Records an appeal as it was handed in: against the decision that stands on a case, a refusal to accept it included, or
 * against a confirmed recovery of it. Its time limit runs from the day of receipt.
 *
 * @throws Problem not-found, state-conflict if there is nothing to contest, or it is contested so already
 */
export async function openAppeal(context: WriteContext, applicationId: string, body: OpenAppeal) {
  const application = await lockedCase(context, applicationId);
  const { personId, agencyCode, streetCode } = application;
  const contested = await contestedBy(context, application, body.recoveryId);
  const { receivedOn = context.today } = body;
  refuseFutureDay(receivedOn, context.today, '/body/receivedOn', '受理日期');
  const limit = limitOn(body.kind, receivedOn);
  if (receivedOn < contested.since || limit === undefined) {
    const detail = '受理日期不能早于作出决定（确认追回）的日期，请核对。';
    const fieldErrors: FieldError[] = [{ pointer: '/body/receivedOn', code: 'before-issue', detail }];
    throw new Problem('invalid-fields', { fieldErrors });
  }
  const appealId = context.newId();
  const opened = {
    personId,
    appealId,
    applicationId,
    kind: body.kind,
    decisionId: contested.decisionId,
    recoveryId: contested.recoveryId,
    contestedBy: contested.officer,
    agencyCode,
    streetCode,
    grounds: body.grounds,
    receivedOn,
    dueOn: dueDay(receivedOn, limit.days, context.reference.calendar),
    receivedAt: context.at.toString(),
    receivedBy: officerOf(context.actor),
  };
  if (!(await store.insertAppeal(context.tx, opened)))
    throw new Problem('state-conflict', { detail: '对此已有一件同类的正在办理，请先查询。' });
  const { kind, decisionId, recoveryId, dueOn } = opened;
  await context.audit({ ...targetOf(opened), change: { to: 'open', kind, decisionId, recoveryId, dueOn } });
  await emit(context, [{ personId, applicationId, type: 'appeal-opened', content: {} }]);
  const noticed = await noticedCase(context, application);
  await issueNotice(context, 'appeal', noticed, (subject) =>
    appealOpenedContent(subject, { kind: appealKinds[kind], about: contested.about, dueOn }),
  );
  return await described(context, appealId);
}

/** Recomputes the last days of open appeals after a year was added to the calendar. */
export async function recountAppeals(context: WriteContext, year: number): Promise<void> {
  const open = await store.lockOpenDueBetween(context.tx, `${year}-01-01`, `${year}-12-31`);
  let appealsRecounted = 0;
  for (const appeal of open) {
    const days = limitOn(appeal.kind, appeal.receivedOn)?.days;
    if (days === undefined) throw new Error('an appeal was opened within a time limit');
    const dueOn = dueDay(appeal.receivedOn, days, context.reference.calendar);
    if (dueOn === appeal.dueOn) continue;
    await store.setDueDay(context.tx, appeal, dueOn);
    appealsRecounted += 1;
  }
  await context.audit({ target: ['calendar-year', String(year)], change: { appealsRecounted } });
}

/** The appeals within scope, optionally of one state, kind or case, or those overdue. */
export async function listAppeals(context: ReadContext, query: AppealQuery) {
  const request = pageRequest(query);
  const rows = await store.listAppeals(context.tx, context.scope, query, context.today, request);
  const { items, next } = page(rows, request, ({ appealId }) => appealId);
  context.shows(items.map(({ personId }) => personId));
  return { items: items.map((row) => describe(context, row)), next };
}

/** @throws Problem not-found */
export async function getAppeal(context: ReadContext, appealId: string) {
  const row = await store.findAppeal(context.tx, context.scope, appealId);
  if (row === undefined) throw new Problem('not-found');
  context.shows([row.personId]);
  return describe(context, row);
}

/**
 * Records the outcome with its paper. Kept changes nothing. Otherwise the decision has been undone by `undoDecision` and,
 * if it was changed, replaced by another one; a recovery has been reversed; or, where a decision cannot be undone because
 * it was paid or is a refusal to accept the case, the person has a new application. The applicant is told.
 *
 * @throws Problem not-found, precondition-failed, precondition-missing, state-conflict, officer-already-on-case
 */
export async function decideAppeal(
  context: WriteContext,
  appealId: string,
  expected: number,
  body: DecideAppeal,
) {
  const appeal = await locked(context, appealId, expected);
  const closedBy = officerOf(context.actor);
  if (closedBy === appeal.contestedBy) {
    const detail = '须由作出原决定（确认追回）以外的审核人员办理。';
    throw new Problem('officer-already-on-case', { detail });
  }
  const application = await foundCase(context, appeal.applicationId);
  const fieldErrors = [
    ...(await paperErrors(context, application, body)),
    ...(await applicationErrors(context, appeal, body)),
  ];
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  await refuseNotDone(context, appeal, body);
  const { outcome, reason, paperId, newApplicationId = null } = body;
  const closed = { outcome, reason, paperId, newApplicationId, closedAt: context.at.toString(), closedBy };
  await store.closeAppeal(context.tx, appeal, 'decided', closed);
  const { personId, applicationId, kind } = appeal;
  await context.audit({
    ...targetOf(appeal),
    change: { from: 'open', to: 'decided', outcome, paperId, newApplicationId },
  });
  await emit(context, [{ personId, applicationId, type: 'appeal-decided', content: {} }]);
  const about = await aboutOf(context, appeal);
  await issueNotice(context, 'appeal', await noticedCase(context, application), (subject) =>
    appealDecidedContent(subject, {
      kind: appealKinds[kind],
      about,
      outcome: appealOutcomes[outcome],
      reason,
    }),
  );
  return await described(context, appealId);
}

/**
 * The applicant takes the appeal back; another may be handed in.
 *
 * @throws Problem not-found, precondition-failed, precondition-missing, state-conflict
 */
export async function withdrawAppeal(
  context: WriteContext,
  appealId: string,
  expected: number,
  { reason }: WithdrawAppeal,
) {
  const appeal = await locked(context, appealId, expected);
  const closed = { reason, closedAt: context.at.toString(), closedBy: officerOf(context.actor) };
  await store.closeAppeal(context.tx, appeal, 'withdrawn', closed);
  const { personId, applicationId } = appeal;
  await context.audit({ ...targetOf(appeal), change: { from: 'open', to: 'withdrawn' } });
  await emit(context, [{ personId, applicationId, type: 'appeal-withdrawn', content: {} }]);
  return await described(context, appealId);
}

/** The appeals of a case, for answers that show what is contested. */
export async function appealsOf(
  context: ReadContext,
  { personId, applicationId }: Pick<Application, 'personId' | 'applicationId'>,
) {
  return (await store.listAppealsOf(context.tx, personId, applicationId)).map((row) =>
    describe(context, row),
  );
}

interface Contested {
  readonly decisionId: string | null;
  readonly recoveryId: string | null;
  readonly officer: string;
  readonly since: Day;
  /** In words. */
  readonly about: string;
}

/** @throws Problem state-conflict if there is nothing to contest */
async function contestedBy(
  context: WriteContext,
  { personId, applicationId }: Application,
  recoveryId: string | undefined,
): Promise<Contested> {
  const dayOf = (instant: string) => dayInShanghai(Temporal.Instant.from(instant));
  if (recoveryId === undefined) {
    const decision = await findStandingDecision(context.tx, personId, applicationId);
    if (decision === undefined)
      throw new Problem('state-conflict', { detail: '本案尚无决定，或决定已撤销，没有可以申诉的事项。' });
    const { decisionId, officer, decidedAt } = decision;
    return {
      decisionId,
      recoveryId: null,
      officer: officer.account,
      since: dayOf(decidedAt),
      about: decisionInWords,
    };
  }
  const recovery = await findRecovery(context, recoveryId);
  if (recovery === undefined || recovery.applicationId !== applicationId) throw new Problem('not-found');
  const { state, confirmedBy, heardOn, month } = recovery;
  if (confirmedBy === null || heardOn === null || (state !== 'confirmed' && state !== 'repaid'))
    throw new Problem('state-conflict', { detail: '这笔追回尚未确认，或已排除、撤销，没有可以申诉的事项。' });
  return {
    decisionId: null,
    recoveryId,
    officer: confirmedBy,
    since: heardOn,
    about: recoveryInWords(month),
  };
}

const decisionInWords = '本申请的决定';
const recoveryInWords = (month: string) => `${monthInWords(month)}补贴的追回`;

async function aboutOf(context: ReadContext, { recoveryId }: store.AppealRow): Promise<string> {
  if (recoveryId === null) return decisionInWords;
  const recovery = await findRecovery(context, recoveryId);
  return recovery === undefined ? '补贴的追回' : recoveryInWords(recovery.month);
}

/** @throws Problem not-found, precondition-failed, state-conflict if it is closed */
async function locked(context: WriteContext, appealId: string, expected: number): Promise<store.AppealRow> {
  const appeal = await store.lockAppeal(context.tx, context.scope, appealId);
  if (appeal === undefined) throw new Problem('not-found');
  if (appeal.version !== expected) throw new Problem('precondition-failed');
  if (appeal.state === 'open') return appeal;
  throw new Problem('state-conflict', { detail: '该事项已经办结或撤回，不能再次办理。' });
}

async function paperErrors(
  context: WriteContext,
  application: Application,
  { paperId }: DecideAppeal,
): Promise<FieldError[]> {
  const supplied = await listCaseMaterials(context, application);
  const isThere = supplied.some(({ materialId, kind }) => materialId === paperId && kind === 'appeal-paper');
  if (isThere && !supplied.some(({ supersedes }) => supersedes === paperId)) return [];
  const detail = '应为本申请中未被替换的行政复议、信访、申诉文书；还没有的，请先由街道（乡镇）上传。';
  return [{ pointer: '/body/paperId', code: 'no-such-paper', detail }];
}

/** A new application stands for an outcome only of the same person, after the decision, where that is what happened. */
async function applicationErrors(
  context: WriteContext,
  { personId, applicationId, decisionId }: store.AppealRow,
  { newApplicationId, outcome }: DecideAppeal,
): Promise<FieldError[]> {
  if (newApplicationId === undefined) return [];
  const other = await foundCase(context, newApplicationId).catch(() => undefined);
  const isMeant = outcome !== 'kept' && decisionId !== null && newApplicationId !== applicationId;
  if (isMeant && other?.personId === personId && other.state !== 'draft' && other.state !== 'withdrawn')
    return [];
  const detail = '应为同一申请人已提交的另一件申请；维持原决定或针对追回的，请勿填写。';
  return [{ pointer: '/body/newApplicationId', code: 'not-the-persons', detail }];
}

/** @throws Problem state-conflict unless what the outcome says was done */
async function refuseNotDone(
  context: WriteContext,
  { personId, decisionId, recoveryId }: store.AppealRow,
  { outcome, newApplicationId }: DecideAppeal,
): Promise<void> {
  if (outcome === 'kept' || newApplicationId !== undefined) return;
  if (recoveryId !== null) {
    if ((await findRecovery(context, recoveryId))?.state === 'reversed') return;
    throw new Problem('state-conflict', { detail: '请先撤销这笔追回，再登记结果。' });
  }
  if (decisionId === null || !(await findUndo(context.tx, personId, decisionId))) {
    const detail =
      '请先撤销原决定，再登记结果；已经发放或不予受理、不能撤销的，由申请人重新提出申请后填写新的申请。';
    throw new Problem('state-conflict', { detail });
  }
  if (outcome === 'changed' && !(await findReplacement(context.tx, personId, decisionId)))
    throw new Problem('state-conflict', {
      detail: '原决定已撤销，请重新审核作出新的决定后，再登记为“变更”。',
    });
}

function targetOf({ personId, appealId }: Pick<store.AppealRow, 'personId' | 'appealId'>) {
  return { target: ['appeal', appealId] as const, personId };
}

async function described(context: WriteContext, appealId: string) {
  const row = await store.findAppeal(context.tx, context.scope, appealId);
  if (row === undefined) throw new Error(`appeal ${appealId} is in scope`);
  return describe(context, row);
}

function describe(context: ReadContext, row: store.AppealRow) {
  return {
    id: row.appealId,
    version: row.version,
    kind: row.kind,
    title: appealKinds[row.kind],
    state: row.state,
    applicationId: row.applicationId,
    caseNumber: row.caseNumber,
    agencyCode: row.agencyCode,
    streetCode: row.streetCode,
    decisionId: row.decisionId,
    recoveryId: row.recoveryId,
    grounds: row.grounds,
    receivedOn: row.receivedOn,
    receivedBy: context.scope.relation === 'own' ? null : row.receivedBy,
    timeLimit: row.state === 'open' ? timeLimitOf(row, context.today) : null,
    outcome: row.outcome,
    newApplicationId: row.newApplicationId,
    paperId: row.paperId,
    reason: row.reason,
    closedAt: row.closedAt,
  };
}

function timeLimitOf({ kind, receivedOn, dueOn }: store.AppealRow, today: Day) {
  const { days } = Temporal.PlainDate.from(today).until(dueOn, { largestUnit: 'days' });
  return {
    state: days < 0 ? ('overdue' as const) : ('running' as const),
    daysLeft: days,
    dueOn,
    source: limitOn(kind, receivedOn)?.source ?? '',
  };
}
