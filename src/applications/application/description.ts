// Describes a case for its readers: numbers masked, in words, with the next step and its due day.

import type { NoticedCase } from '../../notifications/notices/operations.ts';
import { nameFor } from '../../platform/access/names.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { FieldError } from '../../platform/problem.ts';
import { sourceName } from '../../platform/reference/sources.ts';
import { readCalendar } from '../../platform/reference/store.ts';
import { findPerson, listOtherNames } from '../../registers/people/operations.ts';
import { readCoverage, readFacts } from '../../registers/records/operations.ts';
import { kindTitles } from '../../rules/policy/catalogue.ts';
import { materialTitles, requiredMaterials } from '../../rules/required-materials.ts';
import { readAccountNumber } from '../../values/account-number.ts';
import type { Day } from '../../values/days.ts';
import { maskNumber } from '../../values/mask.ts';
import { missingYears, type WorkingCalendar, workingDaysBetween } from '../../values/working-days.ts';
import { subjectTitles } from '../acceptance/corrections.ts';
import { listOpenItems } from '../acceptance/store.ts';
import { describeAgents } from '../agents/agents.ts';
import { draftExpiresOn } from '../drafts/draft-age.ts';
import { afterDeathOf, type Flag, flagsOfCase } from '../flags/operations.ts';
import { listMaterials, type MaterialRow } from '../materials/store.ts';
import { listTransfers } from '../transfers/store.ts';
import { describeHeirs } from './heirs.ts';
import { moneyOf } from './money.ts';
import { payeeOf, wholeNames } from './payee.ts';
import { states } from './states.ts';
import {
  type ApplicationRow,
  findCaseOf,
  listMonths,
  listParts,
  lockCasesWithNumbers,
  type MonthAndMoney,
  type MonthRow,
} from './store.ts';
import { type TimeLimit, timeLimitTitles } from './time-limit.ts';

const accountLooksWrong: FieldError = {
  pointer: '/account/number',
  code: 'luhn-fails',
  detail: '账号校验位不符，可能填错，请与申请人核对；确认无误可忽略。',
};

/** Warnings for officers only: a platform that guesses names must not learn which name a register has. */
async function otherNamesOf(context: ReadContext, { personId, clientId }: ApplicationRow, name: string) {
  if (context.scope.relation === 'own') return [];
  const others = await listOtherNames(context, personId, name);
  return others.map(({ source, nameMasked }): FieldError => {
    const who = source === `client:${clientId}` ? '本申请渠道此前填写' : `${sourceName(source)}登记`;
    const detail = `${who}的姓名（${nameMasked}）与申请人姓名不一致，请核对身份证件，登记有误的请登记机关更正。`;
    return { pointer: '/applicant/name', code: 'names-differ', detail };
  });
}

/** The papers that the case needs by what the registers say today, and which of them have been supplied. */
export async function materialsOf(
  context: ReadContext,
  { personId, agencyCode, months, agentRelation }: ApplicationRow,
  supplied: readonly Pick<MaterialRow, 'kind'>[],
) {
  const facts = await readFacts(context, personId);
  const coverage = await readCoverage(context, personId, agencyCode);
  return requiredMaterials(months, facts, coverage, { hasAgent: agentRelation !== null }).map((required) => ({
    ...required,
    title: materialTitles[required.kind],
    waivedByTitle: required.waivedBy === null ? null : kindTitles[required.waivedBy],
    supplied: supplied.some((material) => material.kind === required.kind),
  }));
}

/** The case and recipients of a notice, with the whole name, which the notice keeps encrypted. */
export async function noticedCase(context: ReadContext, application: ApplicationRow): Promise<NoticedCase> {
  const { name } = await payeeOf(context, application);
  return { ...application, name, identityNumber: await maskedNumberOf(context, application) };
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

async function describeCorrection(context: ReadContext, application: ApplicationRow) {
  if (application.state !== 'correction-requested') return null;
  const items = await listOpenItems(context.tx, application);
  const [first] = items;
  if (first === undefined)
    throw new Error(`application ${application.applicationId} waits for no correction`);
  return {
    noticeId: first.noticeId,
    round: first.round,
    requestedAt: first.requestedAt,
    items: items.map(({ subject, problem, remedy, answeredAt }) => ({
      subject,
      title: subjectTitles[subject],
      problem,
      remedy,
      answeredAt,
    })),
  };
}

/** Values that an operation has already read before it describes a case. */
export interface ReadBefore {
  readonly calendar?: WorkingCalendar | null;
  /** The person's, masked. */
  readonly identityNumber?: string;
  readonly months?: readonly MonthRow[]; // of a case without granted months
  readonly materials?: readonly MaterialRow[];
  readonly required?: Awaited<ReturnType<typeof materialsOf>>;
}

/**
 * The case for its readers: numbers masked, in words, with the next step.
 *
 * @param before values that need not be read again
 */
export async function describe(context: ReadContext, application: ApplicationRow, before: ReadBefore = {}) {
  const { personId, applicationId } = application;
  const open = (column: Parameters<typeof opened>[2], encrypted: Buffer) =>
    opened(context, application, column, encrypted);
  const { name, bank, accountNumber, accountMasked } = await payeeOf(context, application);
  const account = readAccountNumber(accountNumber, '/account/number');
  const { contact, agent } = describeAgents(context, application);
  const { title, next: nextStep, actor } = states[application.state];
  // A draft has no claimed months, transfers or time limit.
  const isDraft = application.state === 'draft';
  const claimed: readonly (MonthRow | MonthAndMoney)[] =
    before.months ?? (isDraft ? [] : await listMonths(context.tx, application));
  const calendar =
    application.timeLimit === null ? null : (before.calendar ?? (await readCalendar(context.tx)));
  const materials = before.materials ?? (await listMaterials(context.tx, application));
  return {
    id: applicationId,
    version: application.version,
    caseNumber: application.caseNumber,
    state: application.state,
    progress: { title, next: nextStep, actor },
    timeLimit: calendar === null ? null : describeTimeLimit(application, context.today, calendar),
    correction: await describeCorrection(context, application),
    expiresOn: isDraft ? draftExpiresOn(application.createdAt) : null,
    personId,
    quarter: application.quarter,
    months: application.months.map((month) => {
      const row = claimed.find((claim) => claim.month === month);
      const { state = 'draft' as const, amountFen = null } = row ?? {};
      return {
        month,
        state,
        amountFen,
        money: row === undefined || !('lineState' in row) ? null : moneyOf(row),
      };
    }),
    channel: application.channel,
    agencyCode: application.agencyCode,
    streetCode: application.streetCode,
    applicant: {
      name: nameFor(context, name),
      identityNumber: before.identityNumber ?? (await maskedNumberOf(context, application)),
      phone: maskNumber(open('phone_encrypted', application.phoneEncrypted)),
      contact,
    },
    agent,
    account: { bank, number: accountMasked },
    work: { kind: application.workKind, since: application.workSince, place: application.workPlace },
    undertaking: describeSignature(application),
    materials: describeMaterials(materials),
    materialsRequired: before.required ?? (await materialsOf(context, application, materials)),
    warnings: [
      ...('value' in account && account.value.failsLuhn ? [accountLooksWrong] : []),
      ...(await otherNamesOf(context, application, name)),
      ...(calendar === null ? [] : calendarWarnings(application, calendar)),
    ],
    flags: await flagsOfCase(context, application),
    parts: isDraft || context.role === 'platform' ? [] : await listParts(context.tx, application),
    afterDeath: isDraft ? null : await describeAfterDeath(context, application),
    transfers: isDraft ? [] : await describeTransfers(context, application),
    recordsChangedAt: application.recordsChangedAt,
    createdAt: application.createdAt,
    submittedAt: application.submittedAt,
    acceptedAt: application.acceptedAt,
    assignedTo: assigneeFor(context, application),
    // Written for colleagues: it may say what a register says of somebody.
    acceptanceReason: context.scope.relation === 'own' ? null : application.acceptanceReason,
    closedAt: application.closedAt,
  };
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
async function describeAfterDeath(context: ReadContext, { personId, applicationId }: ApplicationRow) {
  const left = await afterDeathOf(context, { personId, applicationId });
  if (left === null) return null;
  const { diedOn, months, amountFen, heirId, isClosed } = left;
  const payee = isClosed ? 'closed' : heirId === null ? 'undecided' : 'heir';
  // Null, too, where the heir was named with the case of another street.
  const heir = heirId === null ? null : ((await describeHeirs(context, [heirId])).get(heirId) ?? null);
  return { diedOn, months: [...months], amountFen, payee, heir } as const;
}

/** The account in whose queue the case is. How an agency divides its work is not for platforms. */
function assigneeFor({ scope }: ReadContext, { assignedTo }: ApplicationRow): string | null {
  return scope.relation === 'own' ? null : assignedTo;
}

async function describeTransfers(context: ReadContext, application: ApplicationRow) {
  return (await listTransfers(context.tx, application)).map((transfer) => ({
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
  readonly names: ReadonlyMap<string, string>;
  readonly calendar: WorkingCalendar;
  readonly flags: readonly Flag[];
}

/** A case in a list, with the applicant's name. */
export function summarise(application: ApplicationRow, { context, names, calendar, flags }: Listed) {
  return {
    id: application.applicationId,
    caseNumber: application.caseNumber,
    state: application.state,
    quarter: application.quarter,
    months: application.months,
    channel: application.channel,
    agencyCode: application.agencyCode,
    streetCode: application.streetCode,
    applicant: { name: names.get(application.applicationId) ?? '' },
    submittedAt: application.submittedAt,
    assignedTo: assigneeFor(context, application),
    recordsChangedAt: application.recordsChangedAt,
    timeLimit: describeTimeLimit(application, context.today, calendar),
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
  return materials.map((material) => ({
    ...describeMaterial(material),
    supersededBy: materials.find((other) => other.supersedes === material.materialId)?.materialId ?? null,
  }));
}

/** A material that is not superseded yet. */
export function describeMaterial({ materialId, digest, ...material }: MaterialRow) {
  return { ...material, id: materialId, sha256: digest.toString('hex'), supersededBy: null };
}
