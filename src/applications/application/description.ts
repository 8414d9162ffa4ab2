// Describes a case for its readers: numbers masked, in words, with the next step and its due day.

import type { NoticedCase } from '../../notifications/notices/operations.ts';
import { nameFor } from '../../platform/access/names.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import { sourceName } from '../../platform/reference/sources.ts';
import { findPerson, otherNames } from '../../registers/people/operations.ts';
import { coverageOf, factOf } from '../../registers/records/parts.ts';
import { kindTitles } from '../../rules/policy/catalogue.ts';
import { materialTitles, requiredMaterials } from '../../rules/required-materials.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import type { Day, Month } from '../../values/days.ts';
import { maskNumber } from '../../values/mask.ts';
import { missingYears, type WorkingCalendar, workingDaysBetween } from '../../values/working-days.ts';
import { subjectTitles } from '../acceptance/corrections.ts';
import { describeAgents } from '../agents/agents.ts';
import { draftExpiresOn } from '../drafts/draft-age.ts';
import { afterDeathOf, type Flag, flagsFrom, isVisibleFlag } from '../flags/operations.ts';
import type { AfterDeath } from '../flags/store.ts';
import type { MaterialRow } from '../materials/store.ts';
import type { ListedCase } from '../work-list/page.ts';
import { describeHeirs } from './heirs.ts';
import { moneyOf } from './money.ts';
import { listMonths } from './money-store.ts';
import { applicantName, payeeAndNumberOf, payeeFrom, wholeNames } from './payee.ts';
import { states } from './states.ts';
import { type ApplicationRow, findCaseOf, lockCasesWithNumbers } from './store.ts';
import { type TimeLimit, timeLimitTitles } from './time-limit.ts';
import type { WholeCase } from './whole-case.ts';

const accountLooksWrong: FieldError = {
  pointer: '/account/number',
  code: 'luhn-fails',
  detail: '账号校验位不符，可能填错，请与申请人核对；确认无误可忽略。',
};

/** Warnings for officers only: a platform that guesses names must not learn which name a register has. */
function otherNamesOf(context: ReadContext, { personId, clientId, names }: WholeCase, name: string) {
  return otherNames(context, { personId, name, newest: names }).map(({ source, nameMasked }): FieldError => {
    const who = source === `client:${clientId}` ? '本申请渠道此前填写' : `${sourceName(source)}登记`;
    const detail = `${who}的姓名（${nameMasked}）与申请人姓名不一致，请核对身份证件，登记有误的请登记机关更正。`;
    return { pointer: '/applicant/name', code: 'names-differ', detail };
  });
}

/** The papers that the case needs by what the registers say today, and which of them have been supplied. */
export function materialsRequired({ months, agentRelation, records, covered, materials }: WholeCase) {
  const facts = records.map(factOf);
  return requiredMaterials(months, facts, coverageOf(covered), { hasAgent: agentRelation !== null }).map(
    (required) => ({
      ...required,
      title: materialTitles[required.kind],
      waivedByTitle: required.waivedBy === null ? null : kindTitles[required.waivedBy],
      supplied: materials.some((material) => material.kind === required.kind),
    }),
  );
}

/** The case and recipients of a notice, with the whole name, which the notice keeps encrypted. */
export async function noticedCase(context: ReadContext, application: ApplicationRow): Promise<NoticedCase> {
  const { payee, identityMasked } = await payeeAndNumberOf(context, application);
  return { ...application, name: payee.name, identityNumber: identityMasked };
}

/** The same of a case that was read with all its parts. */
export function noticedFrom(context: ReadContext, whole: WholeCase): NoticedCase {
  const { name } = payeeFrom(context, whole, whole.payeeChanges);
  return { ...whole, name, identityNumber: whole.identityMasked };
}

/**
 * The same of many cases, by id, each locked until the transaction ends: an act that notifies thousands reads them
 * together.
 */
export async function lockNoticedCases(
  context: WriteContext,
  applicationIds: readonly string[],
): Promise<Map<string, NoticedCase>> {
  const cases = await lockCasesWithNumbers(context.tx, applicationIds);
  const names = await wholeNames(context, cases);
  return new Map(
    cases.map(({ identityMasked, ...application }) => {
      const { applicationId } = application;
      const name = names.get(applicationId) ?? '';
      return [applicationId, { ...application, name, identityNumber: identityMasked }];
    }),
  );
}

/** The applicant's name under which the undertaking was signed, whole or masked by who reads. */
export function signedName(context: ReadContext, application: ApplicationRow): string {
  return nameFor(context, opened(context, application, 'name_encrypted', application.nameEncrypted));
}

/** The person's identity number, masked. */
export async function maskedNumberOf(context: ReadContext, { personId, applicationId }: ApplicationRow) {
  const person = await findPerson(context, personId);
  if (person === undefined) throw new Error(`application ${applicationId} has no person`);
  return person.identityMasked;
}

function opened(
  context: ReadContext,
  { personId, applicationId }: ApplicationRow,
  column: 'name_encrypted' | 'phone_encrypted',
  encrypted: Buffer,
): string {
  return context.encryption.decrypt(encrypted, {
    table: 'application',
    column,
    row: `${personId} ${applicationId}`,
  });
}

function describeCorrection({ applicationId, state, openItems }: WholeCase) {
  if (state !== 'correction-requested') return null;
  const [first] = openItems;
  if (first === undefined) throw new Error(`application ${applicationId} waits for no correction`);
  return {
    noticeId: first.noticeId,
    round: first.round,
    requestedAt: first.requestedAt,
    items: openItems.map(({ subject, problem, remedy, answeredAt }) => ({
      subject,
      title: subjectTitles[subject],
      problem,
      remedy,
      answeredAt,
    })),
  };
}

/** The case for its readers: numbers masked, in words, with the next step. */
export async function describe(context: ReadContext, whole: WholeCase) {
  const { personId, applicationId } = whole;
  const { name, bank, accountNumber, accountMasked } = payeeFrom(context, whole, whole.payeeChanges);
  const account = readAccountNumber(accountNumber, '/account/number');
  const { contact, agent } = describeAgents(context, whole);
  const { title, next: nextStep, actor } = states[whole.state];
  const { calendar } = context.reference;
  const isDead = whole.ofPerson !== null && whole.ofPerson.diedOn !== null;
  const afterDeath = isDead ? await afterDeathOf(context, whole) : null;
  return {
    id: applicationId,
    version: whole.version,
    caseNumber: whole.caseNumber,
    state: whole.state,
    progress: { title, next: nextStep, actor },
    timeLimit: describeTimeLimit(whole, context.today, calendar),
    correction: describeCorrection(whole),
    expiresOn: whole.state === 'draft' ? draftExpiresOn(whole.createdAt) : null,
    personId,
    quarter: whole.quarter,
    months: whole.months.map((month) => describeMonth(month, whole)),
    channel: whole.channel,
    agencyCode: whole.agencyCode,
    streetCode: whole.streetCode,
    applicant: {
      name: nameFor(context, name),
      identityNumber: whole.identityMasked,
      phone: maskNumber(opened(context, whole, 'phone_encrypted', whole.phoneEncrypted)),
      contact,
    },
    agent,
    account: { bank, number: accountMasked },
    work: { kind: whole.workKind, since: whole.workSince, place: whole.workPlace },
    undertaking: describeSignature(whole),
    materials: describeMaterials(whole.materials),
    materialsRequired: materialsRequired(whole),
    warnings: [
      ...('value' in account && account.value.failsLuhn ? [accountLooksWrong] : []),
      ...otherNamesOf(context, whole, name),
      ...calendarWarnings(whole, calendar),
    ],
    flags: flagsFrom(context, { ...whole, afterDeath }),
    parts: [...whole.parts],
    afterDeath: await describeAfterDeath(context, whole, afterDeath),
    transfers: describeTransfers(whole),
    recordsChangedAt: whole.recordsChangedAt,
    createdAt: whole.createdAt,
    submittedAt: whole.submittedAt,
    acceptedAt: whole.acceptedAt,
    assignedTo: assigneeFor(context, whole),
    // Written for colleagues: it may say what a register says of somebody.
    acceptanceReason: context.scope.relation === 'own' ? null : whole.acceptanceReason,
    closedAt: whole.closedAt,
  };
}

/** A month of the case; a draft has claimed none yet. */
function describeMonth(month: Month, { claimed }: WholeCase) {
  const row = claimed.find((claim) => claim.month === month);
  if (row === undefined) return { month, state: 'draft' as const, amountFen: null, money: null };
  return { month, state: row.state, amountFen: row.amountFen, money: moneyOf(row) };
}

/**
 * A submitted case for the person who made it, wherever they ask: state, next step and money; nothing that was entered.
 * Null if the person has no such case. The person is the current one.
 */
export async function describeToPerson(context: ReadContext, personId: string, caseNumber: string) {
  const application = await findCaseOf(context.tx, personId, caseNumber);
  if (application === undefined) return null;
  const { title, next: nextStep, actor } = states[application.state];
  const months = await listMonths(context.tx, application);
  return {
    caseNumber: application.caseNumber,
    state: application.state,
    progress: { title, next: nextStep, actor },
    quarter: application.quarter,
    months: months.map((month) => ({
      month: month.month,
      state: month.state,
      amountFen: month.amountFen,
      money: moneyOf(month),
    })),
    channel: application.channel,
    agencyCode: application.agencyCode,
    streetCode: application.streetCode,
    submittedAt: application.submittedAt,
    acceptedAt: application.acceptedAt,
    closedAt: application.closedAt,
  };
}

/** Null for platforms, which are not told of a death. */
async function describeAfterDeath(context: ReadContext, { state }: WholeCase, left: AfterDeath | null) {
  if (left === null || state === 'draft' || !isVisibleFlag(context, 'died')) return null;
  const { diedOn, months, amountFen, heirId, isClosed } = left;
  const payee = isClosed ? 'closed' : heirId === null ? 'undecided' : 'heir';
  // Null, too, where the heir was named with the case of another street.
  const heir = heirId === null ? null : ((await describeHeirs(context, [heirId])).get(heirId) ?? null);
  return { diedOn, months: [...months], amountFen, payee, heir } as const;
}

/** The account in whose queue the case is. How an agency divides its work is not for platforms. */
function assigneeFor(
  { scope }: ReadContext,
  { assignedTo }: Pick<ApplicationRow, 'assignedTo'>,
): string | null {
  return scope.relation === 'own' ? null : assignedTo;
}

function describeTransfers({ transfers }: WholeCase) {
  return transfers.map((transfer) => ({
    from: { agencyCode: transfer.fromAgency, streetCode: transfer.fromStreet },
    to: { agencyCode: transfer.toAgency, streetCode: transfer.toStreet },
    reason: transfer.reason,
    transferredAt: transfer.transferredAt,
  }));
}

/** A check constraint makes the columns all null or all set. */
function describeSignature(application: ApplicationRow) {
  const { undertakingVersion: version, undertakingDigest: digest } = application;
  const { undertakingSignedAt: signedAt, undertakingSignedHow: method } = application;
  if (version === null || digest === null || signedAt === null || method === null) return null;
  return { version, sha256: digest.toString('hex'), signedAt, method };
}

interface Listed {
  readonly context: ReadContext;
  readonly flags: readonly Flag[];
}

/** A case in a list, with the applicant's name. */
export function summarise(application: ListedCase, { context, flags }: Listed) {
  return {
    id: application.applicationId,
    caseNumber: application.caseNumber,
    state: application.state,
    quarter: application.quarter,
    months: application.months,
    channel: application.channel,
    agencyCode: application.agencyCode,
    streetCode: application.streetCode,
    applicant: { name: applicantName(context, application, application.nameChange) },
    submittedAt: application.submittedAt,
    assignedTo: assigneeFor(context, application),
    recordsChangedAt: application.recordsChangedAt,
    timeLimit: describeTimeLimit(application, context.today, context.reference.calendar),
    flags: [...flags],
  };
}

function describeTimeLimit(application: TimeLimit, today: Day, calendar: WorkingCalendar) {
  const { timeLimit, timeLimitDaysLeft, timeLimitDueOn } = application;
  if (timeLimit === null || timeLimitDaysLeft === null) return null;
  const isOverdue = timeLimitDueOn !== null && timeLimitDueOn < today;
  const daysLeft = timeLimitDueOn === null ? timeLimitDaysLeft : daysUntil(timeLimitDueOn, today, calendar);
  return {
    name: timeLimit,
    title: timeLimitTitles[timeLimit],
    state:
      timeLimitDueOn === null ? ('paused' as const) : isOverdue ? ('overdue' as const) : ('running' as const),
    workingDaysLeft: daysLeft,
    dueOn: timeLimitDueOn,
    unannouncedYears: unannouncedYears(application, calendar),
  };
}

function daysUntil(dueOn: Day, today: Day, calendar: WorkingCalendar): number {
  return dueOn >= today
    ? workingDaysBetween(today, dueOn, calendar)
    : -workingDaysBetween(dueOn, today, calendar);
}

/** Years of the running time limit that are not in the calendar and were counted Monday to Friday. */
export function unannouncedYears(
  { timeLimitFrom, timeLimitDueOn }: TimeLimit,
  calendar: WorkingCalendar,
): number[] {
  return timeLimitFrom === null || timeLimitDueOn === null
    ? []
    : missingYears(timeLimitFrom, timeLimitDueOn, calendar);
}

function calendarWarnings(application: TimeLimit, calendar: WorkingCalendar): FieldError[] {
  return unannouncedYears(application, calendar).map((year) => ({
    pointer: '/timeLimit/dueOn',
    code: 'calendar-year-missing',
    detail: `${year}年放假安排尚未录入，该年暂按周一至周五计算工作日，到期日可能变动；请管理员录入后自动重算。`,
  }));
}

/** Materials in the order added, each with the one that superseded it. */
export function describeMaterials(materials: readonly MaterialRow[]) {
  return materials.map(({ materialId, ...material }) => ({
    ...material,
    id: materialId,
    supersededBy: materials.find((other) => other.supersedes === materialId)?.materialId ?? null,
  }));
}

/** A material that is not superseded yet. */
export function describeMaterial({ materialId, ...material }: MaterialRow) {
  return { ...material, id: materialId, supersededBy: null };
}
