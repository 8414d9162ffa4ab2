// Follows a case, hands it in and takes it back. Each function is one operation and one transaction; what the months are
// worth is decided by the rules, on the day of the decision.

import { recountNotices } from '../../notifications/notices/operations.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findStreet, readCalendar } from '../../platform/reference/store.ts';
import { holdPerson, listOwedMonths } from '../../registers/people/operations.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { fieldErrorsOfMonths } from '../../rules/validation/claims.ts';
import type { Month } from '../../values/days.ts';
import { monthInWords, stillOwedInWords } from '../../values/wording.ts';
import { subjectTitles } from '../acceptance/corrections.ts';
import { closeCorrection, findLatestCorrection, listItems } from '../acceptance/store.ts';
import { flagKinds } from '../flags/kinds.ts';
import { flagsOfCases, isVisibleFlag, lateQuartersOn } from '../flags/operations.ts';
import { listApplications as listRows } from '../work-list/store.ts';
import { isCaseNumber } from './case-number.ts';
import { recounted } from './clock.ts';
import { describe, materialsOf, summarise } from './description.ts';
import { householdErrors } from './household.ts';
import { found, locked, move } from './lifecycle.ts';
import type { ApplicationQuery } from './schemas.ts';
import {
  type ApplicationRow,
  findOtherClaims,
  insertClaims,
  listMaterials,
  listMonths,
  listRunningClocks,
  setClock,
  setMonthState,
} from './store.ts';

export { noticedCase } from './description.ts';
export { found, locked, move, sign } from './lifecycle.ts';
export {
  findLatestCase,
  lockOpenApplications,
  setMonthState as setMonth,
  setRecordsChanged,
  touchApplication as touch,
} from './store.ts';

export async function getApplication(context: ReadContext, applicationId: string) {
  const application = await found(context, applicationId);
  context.shows([application.personId]);
  return await describe(context, application);
}

/** @throws Problem invalid-fields for a case number that was misread, and a flag that a platform may not ask for */
export async function listApplications(context: ReadContext, query: ApplicationQuery) {
  const fieldErrors = queryErrors(context, query);
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const request = pageRequest(query);
  const basis = { today: context.today, lateQuarters: lateQuartersOn(context) };
  const rows = await listRows(context.tx, context.scope, query, basis, request);
  const { items, next: nextCursor } = page(rows, request, (row) => row.applicationId);
  context.shows(items.map(({ personId }) => personId));
  const calendar = await readCalendar(context.tx);
  const flags = await flagsOfCases(context, items);
  return {
    items: items.map((row) =>
      summarise(row, { today: context.today, calendar, flags: flags.get(row.applicationId) ?? [] }),
    ),
    next: nextCursor,
  };
}

function queryErrors(context: ReadContext, { caseNumber, flag }: ApplicationQuery): FieldError[] {
  const fieldErrors: FieldError[] = [];
  if (caseNumber !== undefined && !isCaseNumber(caseNumber)) {
    const detail = '受理编号的校验位不符，可能听错或抄错，请与申请人核对。';
    fieldErrors.push({ pointer: '/query/caseNumber', code: 'check-digit', detail });
  }
  if (flag !== undefined && !isVisibleFlag(context, flag)) {
    const detail = `“${flagKinds[flag].title}”仅供工作人员核对，请去掉或改用其他提示。`;
    fieldErrors.push({ pointer: '/query/flag', code: 'not-for-platforms', detail });
  }
  return fieldErrors;
}

/** The papers of a case, for what rests on one of them. */
export async function listCaseMaterials(context: ReadContext, { personId, applicationId }: ApplicationRow) {
  return await listMaterials(context.tx, personId, applicationId);
}

/** The months of a case as they were claimed. */
export async function listCaseMonths(context: ReadContext, { personId, applicationId }: ApplicationRow) {
  return await listMonths(context.tx, personId, applicationId);
}

/**
 * Hands the draft in: from now on its months are claimed, in the whole city. Hands it in again after a correction, once
 * every item of the notice has been answered.
 */
export async function submitApplication(context: WriteContext, applicationId: string, expected: number) {
  const application = await locked(context, applicationId, expected);
  const isFirst = application.state === 'draft';
  if (application.state === 'correction-requested') await closeAnswered(context, application);
  const handler = isFirst ? await handlerOf(context, application) : application.agencyCode;
  const handedIn = isFirst ? { submittedAt: context.at.toString(), agencyCode: handler } : {};
  await move(
    context,
    application,
    'submit',
    handedIn,
    handler === application.agencyCode ? {} : { agencyCode: handler },
  );
  if (isFirst) await claimMonths(context, application);
  return await describe(context, await found(context, applicationId));
}

/**
 * Who handles a draft that is handed in: signed, of months that can still be claimed, from a street of today, which is the
 * registered one.
 */
async function handlerOf(context: WriteContext, draft: ApplicationRow): Promise<string> {
  const { personId, undertakingVersion, streetCode, quarter, months } = draft;
  if (undertakingVersion === null) throw new Problem('undertaking-unsigned');
  const { today, settings } = context;
  const pointer = '/household/streetCode';
  const fieldErrors: FieldError[] = [
    ...fieldErrorsOfMonths({ quarter, months }, today, policyOn(today, settings), ''),
    ...(await householdErrors(context, personId, { streetCode, on: today }, pointer)),
  ];
  const street = await findStreet(context.tx, streetCode, today);
  if (street !== undefined && fieldErrors.length === 0) return street.agencyCode;
  if (street === undefined) {
    const detail = '草稿所填的户籍所在街道（乡镇）已撤销或合并，请按现户籍所在地修改后再提交。';
    fieldErrors.push({ pointer, code: 'unknown-street', detail });
  }
  const detail = '草稿保存后情况有变化，请按逐项列出的说明修改草稿后再提交。';
  throw new Problem('state-conflict', { detail, fieldErrors });
}

/** What a register has come to know meanwhile need not be supplied any more. */
async function closeAnswered(context: WriteContext, application: ApplicationRow): Promise<void> {
  const correction = await findLatestCorrection(context.tx, application);
  if (correction === undefined || correction.closedAt !== null)
    throw new Error(`application ${application.applicationId} waits for no correction`);
  const required = await materialsOf(context, application, await listCaseMaterials(context, application));
  const waived = required.filter(({ waivedBy }) => waivedBy !== null).map(({ kind }) => kind);
  const items = await listItems(context.tx, correction);
  const open = items.filter(
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

/** Gives the months free again. Possible until a decision. */
export async function withdrawApplication(context: WriteContext, applicationId: string, expected: number) {
  const application = await locked(context, applicationId, expected);
  await move(context, application, 'withdraw', { closedAt: context.at.toString() });
  await closeCorrection(context.tx, application, context.at.toString());
  for (const { month, state } of await listMonths(context.tx, application.personId, applicationId)) {
    await setMonthState(
      context.tx,
      { personId: application.personId, applicationId, month },
      state,
      'released',
    );
  }
  return await describe(context, await found(context, applicationId));
}
/**
 * One person's claims come one after another, so that a refusal can name the case that holds the month, or say what is
 * still owed of it.
 */
async function claimMonths(context: WriteContext, application: ApplicationRow): Promise<void> {
  const { personId, applicationId, months } = application;
  await refuseTakenMonths(context, application, months, '');
  await insertClaims(context.tx, personId, applicationId, months);
}

/**
 * Claims other months in the place of those a case has: what it gives up is free for every other case, and what it takes
 * must be free.
 *
 * @throws Problem month-already-claimed, as at the submission
 */
export async function changeClaims(
  context: WriteContext,
  application: ApplicationRow,
  months: readonly Month[],
): Promise<void> {
  const { personId, applicationId } = application;
  await refuseTakenMonths(context, application, months, '/body');
  const claimed = (await listMonths(context.tx, personId, applicationId))
    .filter(({ state }) => state === 'claimed')
    .map(({ month }) => month);
  for (const month of claimed.filter((one) => !months.includes(one)))
    await setMonthState(context.tx, { personId, applicationId, month }, 'claimed', 'released');
  const added = months.filter((one) => !claimed.includes(one));
  if (added.length > 0) await insertClaims(context.tx, personId, applicationId, added);
}

/** Holds the person, and refuses months that another case holds or of which something is owed. */
async function refuseTakenMonths(
  context: WriteContext,
  { personId, applicationId }: ApplicationRow,
  months: readonly Month[],
  at: string,
): Promise<void> {
  await holdPerson(context, personId);
  const others = await findOtherClaims(context.tx, personId, applicationId, months);
  const owed = await listOwedMonths(context.tx, personId);
  const pointerTo = (month: string) => `${at}/months/${months.indexOf(month)}`;
  const fieldErrors: FieldError[] = [
    ...others.map(({ month, state, caseNumber }) => ({
      pointer: pointerTo(month),
      code: state === 'live' ? 'already-granted' : 'claimed-elsewhere',
      detail: `${monthInWords(month)}已在受理编号 ${caseNumber} 的申请中${state === 'live' ? '核定，不能再次申请' : '提出，请等待该申请办结'}。`,
    })),
    ...owed
      .filter(({ month }) => months.includes(month))
      .map(({ month, owedFen }) => ({
        pointer: pointerTo(month),
        code: 'still-owed',
        detail: stillOwedInWords(month, owedFen),
      })),
  ];
  if (fieldErrors.length > 0) throw new Problem('month-already-claimed', { fieldErrors });
}

/** Due days again, after a year was added to the calendar that running clocks had counted Monday to Friday. */
export async function recountClocks(context: WriteContext, year: number): Promise<void> {
  const calendar = await readCalendar(context.tx);
  const touched = await listRunningClocks(context.tx, `${year}-01-01`, `${year}-12-31`);
  for (const application of touched)
    await setClock(context.tx, application, recounted(application, calendar));
  const noticesRecounted = await recountNotices(context, year);
  await context.audit({
    target: ['calendar-year', String(year)],
    change: { clocksRecounted: touched.length, noticesRecounted },
  });
}
