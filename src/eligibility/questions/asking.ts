// Who may ask about whom. A platform asks about its logged-in user, by number and name; an officer about people in
// scope, or about others by number, name and purpose. Every question is recorded, counted and audited.

import { findLatestCase } from '../../applications/application/lifecycle.ts';
import { clientOf, officerOf } from '../../platform/access/actor.ts';
import type { AuditEntry, ReadContext, WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findPersonByIdentity, hasName, setCurrentPerson } from '../../registers/people/operations.ts';
import { isPersonInScope } from '../../registers/records/operations.ts';
import { type IdentityNumber, readIdentityNumber } from '../../values/identity-number.ts';
import { fieldErrorsOfName, normaliseName } from '../../values/names.ts';
import type { Asking } from './schemas.ts';
import { countAsked, hasAsked, insertQuestion, type QuestionRow, usualPeople } from './store.ts';

/** Placeholder id for a person not on file or under another name: without records, months and term. */
export const nobody = '00000000-0000-0000-0000-000000000000';

/** A client or officer has asked about unusually many people today. */
export interface Alarm {
  readonly asker: string;
  readonly people: number;
  /** The median of the last fourteen days. */
  readonly usual: number;
  readonly budget: number;
}

/** The person of the answer, and the alarm to log. */
export interface Asked {
  readonly personId: string;
  readonly alarm: Alarm | null;
}

/** The multiple of the usual number that raises an alarm; below a tenth of the budget none is raised. */
const timesUsual = 3;
const floorOfBudget = 0.1;

/** Whether a platform asks; its answers contain less. */
export function isPlatform({ role }: ReadContext): boolean {
  return role === 'platform';
}

/** The parsed identity number of a question, null if invalid, and the errors of the question. */
export interface AskingRead {
  readonly identity: IdentityNumber | null;
  readonly fieldErrors: readonly FieldError[];
}

/** Parses the number and validates the grounds of the question. */
export function readAsking(context: ReadContext, body: Asking): AskingRead {
  const { today, settings } = context;
  const rules = { today, acceptTestPeople: settings.acceptTestPeople, acceptFifteenDigits: false };
  const reading = readIdentityNumber(body.identityNumber, '/body/identityNumber', rules);
  const fieldErrors: FieldError[] = 'fieldErrors' in reading ? [...reading.fieldErrors] : [];
  if (body.name !== undefined) fieldErrors.push(...fieldErrorsOfName(body.name, '/body/name'));
  fieldErrors.push(
    ...(isPlatform(context) ? fieldErrorsOfPlatform(context, body) : fieldErrorsOfOfficer(body)),
  );
  return { identity: 'value' in reading ? reading.value : null, fieldErrors };
}

function fieldErrorsOfPlatform(context: ReadContext, body: Asking): FieldError[] {
  const required = { name: '姓名', authentication: '实名认证情况', consent: '本人授权情况' } as const;
  const fieldErrors = Object.entries(required).flatMap(([field, title]): FieldError[] => {
    if (body[field as keyof typeof required] !== undefined) return []; // the object's own keys
    const detail = `平台只能为已登录的本人查询，请填写${title}。`;
    return [{ pointer: `/body/${field}`, code: 'required', detail }];
  });
  if (body.purpose !== undefined) fieldErrors.push(forOthers('/body/purpose', '工作人员'));
  for (const field of ['authentication', 'consent'] as const) {
    const at = body[field]?.at;
    if (at === undefined || Temporal.Instant.compare(at, context.at) <= 0) continue;
    const detail = '该时间晚于现在，请核对平台的时钟。';
    fieldErrors.push({ pointer: `/body/${field}/at`, code: 'in-future', detail });
  }
  return fieldErrors;
}

function fieldErrorsOfOfficer({ authentication, consent, purpose, name }: Asking): FieldError[] {
  const fieldErrors: FieldError[] = [];
  if (authentication !== undefined) fieldErrors.push(forOthers('/body/authentication', '平台'));
  if (consent !== undefined) fieldErrors.push(forOthers('/body/consent', '平台'));
  if (purpose !== undefined && name === undefined) {
    const detail = '查询辖区以外的人员须同时填写姓名。';
    fieldErrors.push({ pointer: '/body/name', code: 'required', detail });
  }
  return fieldErrors;
}

export function forOthers(pointer: string, who: '工作人员' | '平台'): FieldError {
  return { pointer, code: 'not-for-this-role', detail: `此项仅供${who}填写，请删除。` };
}

/**
 * Resolves the person of a question, records the question and counts the person. A name that no register has for the
 * number resolves to nobody, with the same number of statements as an unknown number, so that timing reveals nothing. A
 * refused question is audited too.
 *
 * @throws Problem invalid-fields, also for a person out of an officer's scope without name and purpose; too-many-people
 */
export async function askAbout(
  context: WriteContext,
  body: Asking,
  { identity, fieldErrors }: AskingRead,
): Promise<Asked> {
  const known = identity === null ? null : await findPersonByIdentity(context, identity);
  if (identity === null || fieldErrors.length > 0) {
    throw new Problem('invalid-fields', {
      fieldErrors,
      trace: traceOfRefused(context, body, known, 'invalid-fields'),
    });
  }
  const candidate = known ?? nobody;
  setCurrentPerson(context, candidate);
  const [isInScope, isNamed] = await Promise.all([
    isPersonInScope(context, candidate),
    hasName(context, candidate, body.name ?? ''),
  ]);
  const ground = isPlatform(context) ? 'consent' : body.purpose !== undefined ? 'purpose' : 'scope';
  if (ground === 'scope' && !isInScope) {
    throw new Problem('invalid-fields', {
      fieldErrors: fieldErrorsOutOfScope(body),
      trace: traceOfRefused(context, body, known, 'out-of-scope'),
    });
  }
  const isAnswered = known !== null && (body.name === undefined ? isInScope : isNamed);
  const question = questionOf(context, body, { ground, identity, personId: isAnswered ? known : null });
  insertQuestion(context.tx, question);
  await context.audit({
    target: ['question', question.questionId],
    // The holder of the number even if the name was wrong: their access report shows the attempt.
    ...(known === null ? {} : { personId: known }),
    change: {
      ground,
      answered: isAnswered,
      purpose: question.purpose,
      authentication: question.authenticationMethod,
      consent: question.consentVersion,
    },
  });
  const count = await countAskedBy(context, question.identityHash);
  if (count.people > count.budget) {
    throw tooMany(context, count.budget, traceOfRefused(context, body, known, 'too-many-people'));
  }
  return { personId: isAnswered ? known : nobody, alarm: await alarmOf(context, count) };
}

/** The actor, and the holder of the number, if any, whose access report shows the attempt. */
function traceOfRefused(
  context: WriteContext,
  { purpose }: Asking,
  known: string | null,
  refused: 'invalid-fields' | 'out-of-scope' | 'too-many-people',
): AuditEntry {
  return {
    target: ['asker', askerOf(context)],
    ...(known === null ? {} : { personId: known }),
    change: { refused, purpose: purpose?.code ?? null },
  };
}

/** The same error for an unknown number, so that the answer reveals only the scope. */
function fieldErrorsOutOfScope({ name }: Asking): FieldError[] {
  const detail = '此人的户籍和申请都不在您的辖区内，或尚无登记。请填写姓名和查询目的后再查询。';
  const missing = name === undefined ? ['name', 'purpose'] : ['purpose'];
  return missing.map((field) => ({ pointer: `/body/${field}`, code: 'out-of-scope', detail }));
}

interface Resolved {
  readonly ground: QuestionRow['ground'];
  readonly identity: IdentityNumber;
  readonly personId: string | null;
}

function questionOf(
  context: WriteContext,
  body: Asking,
  { ground, identity, personId }: Resolved,
): QuestionRow {
  const { authentication, consent, name, purpose } = body;
  const questionId = context.newId();
  const encrypt = (column: string, plain: string) =>
    context.encryption.encrypt(plain, { table: 'question', column, row: questionId });
  return {
    questionId,
    askedAt: context.at.toString(),
    // Only the operations that ask call this; a check constraint holds the same list.
    operation: context.operation as QuestionRow['operation'],
    clientId: clientOf(context.actor),
    actor: officerOf(context.actor),
    role: context.role,
    agencyCode: context.actor.agency,
    identityHash: context.encryption.blindIndex(identity.text),
    personId,
    nameEncrypted: name === undefined ? null : encrypt('name_encrypted', normaliseName(name)),
    ground,
    authenticationMethod: authentication?.method ?? null,
    authenticatedAt: authentication?.at ?? null,
    sessionEncrypted:
      authentication === undefined ? null : encrypt('session_encrypted', authentication.sessionId),
    consentVersion: consent?.version ?? null,
    consentedAt: consent?.at ?? null,
    purpose: purpose?.code ?? null,
    purposeText: purpose?.text ?? null,
  };
}

interface DayCount {
  readonly asker: string;
  readonly budget: number;
  /** Distinct people today, including this one. */
  readonly people: number;
  readonly isNew: boolean;
}

/** The owner of the daily count: a platform's officers share its budget. */
function askerOf(context: ReadContext): string {
  return isPlatform(context) ? clientOf(context.actor) : officerOf(context.actor);
}

/** Called last, because the row of the day's count stays locked until the transaction ends. */
async function countAskedBy(context: WriteContext, identityHash: Buffer): Promise<DayCount> {
  const { client, officer } = context.settings.peopleAskedPerDay;
  const asker = askerOf(context);
  const counted = await countAsked(context.tx, asker, context.today, identityHash);
  return { asker, budget: isPlatform(context) ? client : officer, ...counted };
}

async function alarmOf(
  context: WriteContext,
  { asker, budget, people, isNew }: DayCount,
): Promise<Alarm | null> {
  if (!isNew || people < Math.ceil(budget * floorOfBudget)) return null;
  const usual = await usualPeople(context.tx, asker, context.today);
  const alarmAt = Math.max(Math.ceil(budget * floorOfBudget), Math.ceil(timesUsual * usual));
  if (people !== alarmAt && people !== budget) return null;
  const alarm = { asker, people, usual, budget };
  await context.audit({ target: ['asker', asker], change: { alarm: 'many-people', people, usual, budget } });
  return alarm;
}

function tooMany({ at }: ReadContext, budget: number, trace: AuditEntry): Problem {
  const now = at.toZonedDateTimeISO('Asia/Shanghai');
  const seconds = now.until(now.add({ days: 1 }).startOfDay()).total('seconds');
  const detail = `今天已查询 ${budget} 人（不同的人），达到上限，请于明天再查询；确有需要的，请联系管理员调整上限。`;
  const headers = { 'retry-after': String(Math.ceil(seconds)) };
  return new Problem('too-many-people', { detail, headers, trace });
}

/**
 * Throws if the caller has neither a case of the person nor their household in scope, and has not asked about them
 * today.
 *
 * @throws Problem not-found
 */
export async function refuseUnasked(context: ReadContext, personId: string): Promise<void> {
  const since = context.at.toZonedDateTimeISO('Asia/Shanghai').startOfDay().toInstant().toString();
  const self = isPlatform(context)
    ? ({ by: 'clientId', name: clientOf(context.actor) } as const)
    : ({ by: 'actor', name: officerOf(context.actor) } as const);
  const [isInScope, latest, isAsked] = await Promise.all([
    isPersonInScope(context, personId),
    findLatestCase(context, personId),
    hasAsked(context.tx, { ...self, personId, since }),
  ]);
  if (!isInScope && latest === undefined && !isAsked) throw new Problem('not-found');
}
