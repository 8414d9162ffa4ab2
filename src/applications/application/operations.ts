// Lists, shows, submits and withdraws cases.

import { recountNotices } from '../../notifications/notices/operations.ts';
import { officerNamed, officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { together } from '../../platform/database/together.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findRegisteredStreet } from '../../registers/records/operations.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { fieldErrorsOfMonths } from '../../rules/validation/claims.ts';
import { fieldErrorsOfCaseNumber } from '../../values/case-number.ts';
import { subjectTitles } from '../acceptance/corrections.ts';
import { closeCorrection } from '../acceptance/store.ts';
import { refuseMissingPapers, withoutAgents } from '../agents/agents.ts';
import { flagKinds } from '../flags/kinds.ts';
import { flagsOfListed, isVisibleFlag, lateQuartersOn, seesOfficersFlags } from '../flags/operations.ts';
import { listMaterials } from '../materials/store.ts';
import { listCases } from '../work-list/page.ts';
import { describe, materialsRequired, summarise } from './description.ts';
import { householdErrors } from './household.ts';
import { locked, lockedWithPerson, move } from './lifecycle.ts';
import { claimMonths, refuseTakenMonths, releaseMonths, takenMonths } from './months.ts';
import type { ApplicationQuery } from './schemas.ts';
import { type ApplicationRow, listRunningTimeLimits, setFields } from './store.ts';
import { recounted } from './time-limit.ts';
import { foundWhole } from './whole-case.ts';

/**
 * A case with its state, next step, months and materials, numbers masked.
 *
 * @throws Problem not-found
 */
export async function getApplication(context: ReadContext, applicationId: string) {
  const whole = await foundWhole(context, applicationId);
  context.shows([whole.personId], withoutAgents(context, [whole]));
  return await describe(context, whole);
}

/** A page of the cases in scope. Rejects a mistyped case number, and flags that a platform may not filter by. */
export async function listApplications(context: ReadContext, query: ApplicationQuery) {
  const fieldErrors = queryErrors(context, query);
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const request = pageRequest(query);
  const basis = { today: context.today, lateQuarters: lateQuartersOn(context) };
  const { assignedTo, ...filter } = query;
  const { tx, scope } = context;
  const asked = { ...filter, ...assigneeIn(context, assignedTo) };
  const rows = await listCases(seesOfficersFlags(context), tx, scope, asked, basis, request);
  const { items, next: nextCursor } = page(rows, request, (row) => row.applicationId);
  context.shows(items.map(({ personId }) => personId));
  const flags = await flagsOfListed(context, items);
  return {
    items: items.map((row) => summarise(row, { context, flags: flags.get(row.applicationId) ?? [] })),
    next: nextCursor,
  };
}

/** Whose queue is asked for. Platforms see no assignment: to them every case is in nobody's queue. */
function assigneeIn(
  { actor, scope }: ReadContext,
  assignedTo: string | undefined,
): { assignee?: string | null } {
  if (assignedTo === undefined) return {};
  if (scope.relation === 'own') return assignedTo === 'nobody' ? {} : { assignee: '' };
  if (assignedTo === 'nobody') return { assignee: null };
  return { assignee: assignedTo === 'me' ? officerOf(actor) : officerNamed(actor, assignedTo) };
}

function queryErrors(context: ReadContext, { caseNumber, flag }: ApplicationQuery): FieldError[] {
  const fieldErrors: FieldError[] = [];
  if (caseNumber !== undefined) fieldErrors.push(...fieldErrorsOfCaseNumber(caseNumber, '/query/caseNumber'));
  if (flag !== undefined && !isVisibleFlag(context, flag)) {
    const detail = `“${flagKinds[flag].title}”仅供工作人员核对，请去掉或改用其他提示。`;
    fieldErrors.push({ pointer: '/query/flag', code: 'not-for-platforms', detail });
  }
  return fieldErrors;
}

/**
 * Submits the draft: from now on its months are claimed in the whole city. Submits it again after a correction, once
 * every item of the notice has been answered.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, undertaking-unsigned, correction-incomplete,
 *   month-already-claimed, materials-missing from an agent
 */
export async function submitApplication(context: WriteContext, applicationId: string, expected: number) {
  const [{ application: draft }, taken, registered] = await together([
    lockedWithPerson(context, applicationId, expected),
    takenMonths(context, applicationId),
    findRegisteredStreet(context, null, context.today),
  ]);
  const isFinal = draft.state !== 'draft' && draft.state !== 'correction-requested';
  if (draft.agentRelation !== null && !isFinal)
    refuseMissingPapers(draft, await listMaterials(context.tx, draft));
  if (draft.state !== 'draft') return await resubmit(context, draft);
  const agencyCode = await handlerOf(context, draft, registered);
  refuseTakenMonths(taken, draft.months, '');
  const submitted = { submittedAt: context.at.toString(), agencyCode };
  const [, , whole] = await together([
    move(context, draft, 'submit', submitted, agencyCode === draft.agencyCode ? {} : { agencyCode }),
    claimMonths(context, draft),
    foundWhole(context, applicationId), // as it is now
  ]);
  return await describe(context, whole);
}

async function resubmit(context: WriteContext, corrected: ApplicationRow) {
  if (corrected.state === 'correction-requested') await closeAnswered(context, corrected);
  const [, whole] = await together([
    move(context, corrected, 'submit', {}),
    foundWhole(context, corrected.applicationId),
  ]);
  return await describe(context, whole);
}

/**
 * The agency for a draft at its submission. Throws unless it is signed, its months can still be claimed, and its street
 * is open and the registered one.
 */
async function handlerOf(
  context: WriteContext,
  draft: ApplicationRow,
  registered: Awaited<ReturnType<typeof findRegisteredStreet>>,
): Promise<string> {
  const { undertakingVersion, streetCode, quarter, months } = draft;
  if (undertakingVersion === null) throw new Problem('undertaking-unsigned');
  const { today, policies } = context;
  const pointer = '/household/streetCode';
  const fieldErrors: FieldError[] = [
    ...fieldErrorsOfMonths({ quarter, months }, today, policyOn(today, policies), ''),
    ...householdErrors(registered, streetCode, pointer),
  ];
  const street = context.reference.findStreet(streetCode, today);
  if (street !== undefined && fieldErrors.length === 0) return street.agencyCode;
  if (street === undefined) {
    const detail = '草稿所填的户籍所在街道（乡镇）已撤销或合并，请按现户籍所在地修改后再提交。';
    fieldErrors.push({ pointer, code: 'unknown-street', detail });
  }
  const detail = '草稿保存后情况有变化，请按逐项列出的说明修改草稿后再提交。';
  throw new Problem('state-conflict', { detail, fieldErrors });
}

/** Closes the correction. Papers that a register waives by now need no answer. @throws Problem correction-incomplete */
async function closeAnswered(context: WriteContext, application: ApplicationRow): Promise<void> {
  const whole = await foundWhole(context, application.applicationId);
  const required = materialsRequired(whole);
  const waived = required.filter(({ waivedBy }) => waivedBy !== null).map(({ kind }) => kind);
  const open = whole.openItems.filter(
    ({ subject, answeredAt }) => answeredAt === null && !waived.some((kind) => kind === subject),
  );
  if (open.length > 0) {
    throw new Problem('correction-incomplete', {
      fieldErrors: open.map(({ item, subject, remedy }) => ({
        pointer: `/correction/items/${item - 1}`,
        code: 'not-answered',
        detail: `“${subjectTitles[subject]}”尚未补正：${remedy}`,
      })),
    });
  }
  await closeCorrection(context.tx, application, context.at.toString());
}

/**
 * Withdraws a case before its decision; its months are released.
 *
 * @throws Problem not-found, precondition-failed, state-conflict
 */
export async function withdrawApplication(context: WriteContext, applicationId: string, expected: number) {
  const open = await locked(context, applicationId, expected);
  const closedAt = context.at.toString();
  await move(context, open, 'withdraw', { closedAt });
  if (open.state === 'correction-requested') await closeCorrection(context.tx, open, closedAt);
  await releaseMonths(context, open);
  return await describe(context, await foundWhole(context, applicationId));
}

/** Recomputes due days after a year was added to the calendar; they had counted that year Monday to Friday. */
export async function recountTimeLimits(context: WriteContext, year: number): Promise<void> {
  const touched = await listRunningTimeLimits(context.tx, `${year}-01-01`, `${year}-12-31`);
  for (const { personId, applicationId, ...timeLimit } of touched)
    await setFields(
      context.tx,
      { personId, applicationId },
      recounted(timeLimit, context.reference.calendar),
    );
  const noticesRecounted = await recountNotices(context, year);
  await context.audit({
    target: ['calendar-year', String(year)],
    change: { timeLimitsRecounted: touched.length, noticesRecounted },
  });
}
