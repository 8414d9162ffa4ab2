// Issues notices in the transaction of the act they report, lists them per street, records delivery attempts, and
// verifies notices for holders of a paper.

import { hash } from 'node:crypto';
import { officerOf } from '../../platform/access/actor.ts';
import { nameFor } from '../../platform/access/names.ts';
import { officerFor } from '../../platform/access/officers.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Place } from '../../platform/encryption/encryption.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { type AgencyOnPaper, agencyOn } from '../../platform/reference/agencies.ts';
import { chunks } from '../../registers/people/operations.ts';
import { inForce, policyOn } from '../../rules/policy/policy.ts';
import { type Day, dayInShanghai } from '../../values/days.ts';
import { maskName } from '../../values/names.ts';
import { addWorkingDays, missingYears } from '../../values/working-days.ts';
import type { EarlierNotice } from './appealable.ts';
import type { CodeLookup } from './code-lookup.ts';
import { type NoticeContent, type NoticeKind, type NoticeSubject, noticeTitles } from './content.ts';
import { deliveryErrors, deliveryOf } from './deliveries.ts';
import type { PrintedNotice } from './paper.ts';
import type { NoticeQuery, NoticeToRecord, RecordNoticeDelivery } from './schemas.ts';
import {
  countNotices,
  findEarlier,
  findNotice,
  insertDelivery,
  insertNotices,
  listNotToldBetween,
  listNotices as listRows,
  lockNotice,
  lockUntoldAcceptance,
  type NoticeRow,
  setTellBy,
  setToldWith,
} from './store.ts';

const mostAttempts = 20;

/** The case a notice is about, and its recipients. */
export interface NoticedCase {
  readonly personId: string;
  readonly applicationId: string;
  readonly caseNumber: string;
  readonly quarter: string;
  readonly months: readonly string[];
  readonly agencyCode: string;
  readonly streetCode: string;
  readonly clientId: string;
  /** Whole. */
  readonly name: string;
  /** Masked. */
  readonly identityNumber: string;
}

/** A notice to be issued; the case's months are those it is about. */
export interface NewNotice {
  readonly noticed: NoticedCase;
  readonly contentOf: (subject: NoticeSubject, agency: AgencyOnPaper) => NoticeContent;
}

/**
 * Issues a notice in the transaction of the act it reports. The caller holds the lock on the case, so that the numbers
 * within it are consecutive, and writes the audit entry. A notice never changes, nor does its text when what is known of
 * the agency changes later.
 */
export async function issueNotice(
  context: WriteContext,
  kind: NoticeKind,
  noticed: NoticedCase,
  contentOf: NewNotice['contentOf'],
): Promise<{ noticeId: string; noticeNumber: string }> {
  const [issued] = await issueNotices(context, kind, [{ noticed, contentOf }]);
  if (issued === undefined) throw new Error('one notice is issued as one');
  return issued;
}

const noticesPerStatement = 1_000;

/** Issues a notice of one kind to many cases, of each of which the caller holds the lock. */
export async function issueNotices(context: WriteContext, kind: NoticeKind, notices: readonly NewNotice[]) {
  const counts = await countNotices(
    context.tx,
    notices.map(({ noticed }) => noticed),
  );
  const rows: Parameters<typeof insertNotices>[1][number][] = [];
  for (const { noticed, contentOf } of notices) {
    const { applicationId } = noticed;
    const running = (counts.get(applicationId) ?? 0) + 1;
    counts.set(applicationId, running);
    rows.push(rowOf(context, kind, { noticed, contentOf }, running));
  }
  for (const chunk of chunks(rows, noticesPerStatement)) insertNotices(context.tx, chunk);
  return rows.map(({ noticeId, noticeNumber }) => ({ noticeId, noticeNumber }));
}

/** @param running its number within the case */
function rowOf(context: WriteContext, kind: NoticeKind, { noticed, contentOf }: NewNotice, running: number) {
  const { personId, applicationId, agencyCode, streetCode, clientId, caseNumber } = noticed;
  const { name, identityNumber, quarter, months } = noticed;
  const { countyCode, ...places } = context.reference.findPlaceNames(agencyCode, streetCode);
  const household = `${agencyOn(countyCode, context.today).place ?? ''}${places.streetName}`;
  const subject = { name: maskName(name), identityNumber, caseNumber, quarter, months, ...places, household };
  const content = JSON.stringify(contentOf(subject, agencyOn(agencyCode, context.today)));
  const noticeId = context.newId();
  const noticeNumber = `${caseNumber}-${String(running).padStart(2, '0')}`;
  return {
    personId,
    noticeId,
    noticeNumber,
    kind,
    applicationId,
    agencyCode,
    streetCode,
    clientId,
    verificationCode: verificationCode(context.encryption.digest('notice', noticeId)),
    content,
    nameEncrypted: context.encryption.encrypt(name, placeOfName(personId, noticeId)),
    contentDigest: hash('sha256', content, 'buffer'),
    issuedAt: context.at.toString(),
    issuedBy: officerOf(context.actor),
    tellBy: tellBy(context, context.at.toString()),
    toldAt: null,
    toldWith: null,
  };
}

/**
 * The newest notice of a kind about a case or one of its months, which a later notice names; of a person where no case is
 * given. Of any agency, for the case may have been transferred since.
 */
export async function earlierNotice(
  context: WriteContext,
  kind: NoticeKind,
  about: { readonly personId: string; readonly applicationId?: string; readonly month?: string },
): Promise<EarlierNotice> {
  const earlier = await findEarlier(context.tx, kind, about);
  if (earlier === undefined) throw new Error(`no ${kind} notice of person ${about.personId}`);
  const { noticeNumber, issuedAt } = earlier;
  return { kind, number: noticeNumber, issuedOn: dayInShanghai(Temporal.Instant.from(issuedAt)) };
}

/**
 * The acceptance notice of a case that was issued today and that nobody has told yet: the decision of the same day tells
 * it too, and `tellWith` says so.
 */
export async function untoldAcceptance(
  context: WriteContext,
  application: { readonly personId: string; readonly applicationId: string },
) {
  const today = context.at.toZonedDateTimeISO('Asia/Shanghai').startOfDay().toInstant().toString();
  return await lockUntoldAcceptance(context.tx, application, today);
}

/** An earlier notice is told with a later one, and not by itself any more. */
export function tellWith(
  context: WriteContext,
  earlier: { readonly personId: string; readonly noticeId: string },
  laterId: string,
): void {
  setToldWith(context.tx, earlier, laterId);
}

/** The last day for delivering a notice issued at an instant. */
function tellBy(context: ReadContext, issuedAt: string): Day {
  const issuedOn = dayInShanghai(Temporal.Instant.from(issuedAt));
  const { noticeWorkingDays } = policyOn(issuedOn, context.policies).parameters;
  return addWorkingDays(issuedOn, inForce(noticeWorkingDays, issuedOn), context.reference.calendar);
}

/** Recomputes the delivery deadlines after a year was added to the calendar; returns the number of notices changed. */
export async function recountNotices(context: WriteContext, year: number): Promise<number> {
  const waiting = await listNotToldBetween(context.tx, `${year}-01-01`, `${year + 1}-01-01T00:00:00+08:00`);
  for (const notice of waiting) await setTellBy(context.tx, notice, tellBy(context, notice.issuedAt));
  return waiting.length;
}

/** Lists the notices in scope in the order of their issue: a street's to deliver, a county's to supervise. */
export async function listNotices(context: ReadContext, query: NoticeQuery) {
  const request = pageRequest(query);
  const rows = await listRows(context.tx, context.scope, query, context.today, request);
  const { items, next } = page(rows, request, (row) => row.noticeId);
  context.shows(items.map(({ personId }) => personId));
  return { items: items.map((notice) => describe(context, notice)), next };
}

/**
 * One notice within scope, as the list shows it.
 *
 * @throws Problem not-found
 */
export async function getNotice(context: ReadContext, noticeId: string) {
  const notice = await findNotice(context.tx, context.scope, noticeId);
  if (notice === undefined) throw new Problem('not-found');
  context.shows([notice.personId]);
  return describe(context, notice);
}

/**
 * The content of a notice's paper, the same at every printing. It contains what registers recorded about a person, so
 * every printing is audited.
 *
 * @throws Problem not-found
 */
export async function getNoticeFile(context: WriteContext, noticeId: string): Promise<PrintedNotice> {
  const notice = await findNotice(context.tx, context.scope, noticeId);
  if (notice === undefined) throw new Problem('not-found');
  const { noticeNumber, verificationCode, issuedAt, personId } = notice;
  await context.audit({ target: ['notice', noticeId], personId, change: { printed: noticeNumber } });
  return { noticeNumber, verificationCode, issuedAt, content: contentFor(context, notice) };
}

/**
 * Records one attempt to deliver a notice: by whom, how, when, and whether it reached the applicant. The platform of the
 * case confirms that the applicant, logged in, was shown it, which counts as told.
 *
 * @throws Problem not-found, precondition-failed, precondition-missing, state-conflict
 */
export async function recordNoticeDelivery(
  context: WriteContext,
  noticeId: string,
  expected: number,
  body: RecordNoticeDelivery,
) {
  const notice = await lockNotice(context.tx, context.scope, noticeId);
  if (notice === undefined) throw new Problem('not-found');
  if (notice.version !== expected) throw new Problem('precondition-failed');
  if (notice.toldAt !== null)
    throw new Problem('state-conflict', { detail: '该告知书已登记为告知到本人，无需重复登记。' });
  if (notice.toldWith !== null)
    throw new Problem('state-conflict', {
      detail: '受理情况由当日的审核结果告知书一并告知，请登记该告知书。',
    });
  if (notice.attempts >= mostAttempts)
    throw new Problem('state-conflict', { detail: '登记次数已达上限，请与经办机构商定其他告知方式。' });
  const fieldErrors = deliveryErrors(context, notice, body);
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const attempt = notice.attempts + 1;
  const { personId } = notice;
  const recordedAt = context.at.toString();
  const { method, outcome, attemptedAt = recordedAt } = body;
  const recordedBy = officerOf(context.actor);
  const delivery = { personId, noticeId, attempt, method, outcome, attemptedAt, recordedAt, recordedBy };
  const after = await insertDelivery(context.tx, delivery);
  await context.audit({ target: ['notice', noticeId], personId, change: { attempt, method, outcome } });
  return describe(context, after);
}

/** Records one attempt for one of many notices, as `recordNoticeDelivery` does. */
export async function recordNoticeDeliveries(
  context: WriteContext,
  { noticeId, version: expected, ...body }: NoticeToRecord,
) {
  const { number, version, delivery } = await recordNoticeDelivery(context, noticeId, expected, body);
  return { number, version, delivery };
}

/**
 * Confirms to the holder of a paper that this service issued it. Public: returns what the paper itself shows and no
 * personal data.
 *
 * @throws Problem not-found
 */
export async function verifyNotice(findByCode: CodeLookup, code: string) {
  const notice = await findByCode(code.toUpperCase());
  if (notice === undefined) {
    const detail = '没有使用这一验证码的告知书，请核对验证码；如无误，该文书不是本服务出具。';
    throw new Problem('not-found', { detail });
  }
  return {
    number: notice.noticeNumber,
    kind: notice.kind,
    title: noticeTitles[notice.kind],
    agency: notice.name,
    issuedOn: dayInShanghai(Temporal.Instant.from(notice.issuedAt)),
    isOverruled: notice.isOverruled,
    contentSha256: notice.contentDigest.toString('hex'),
  };
}

function describe(context: ReadContext, notice: NoticeRow) {
  const { subject, paragraphs, months, items, closing, evidence } = contentFor(context, notice);
  const isLate = notice.toldAt === null && notice.toldWith === null && notice.tellBy < context.today;
  return {
    id: notice.noticeId,
    version: notice.version,
    number: notice.noticeNumber,
    kind: notice.kind,
    title: noticeTitles[notice.kind],
    applicationId: notice.applicationId,
    caseNumber: subject.caseNumber,
    agencyCode: notice.agencyCode,
    streetCode: notice.streetCode,
    applicant: { name: subject.name, identityNumber: subject.identityNumber },
    paragraphs,
    months,
    items,
    closing,
    evidence,
    verificationCode: notice.verificationCode,
    issuedAt: notice.issuedAt,
    issuedBy: officerFor(context, notice.issuer),
    tellBy: notice.tellBy,
    unannouncedYears: missingYears(
      dayInShanghai(Temporal.Instant.from(notice.issuedAt)),
      notice.tellBy,
      context.reference.calendar,
    ),
    delivery: deliveryOf(notice, isLate),
    toldAt: notice.toldAt,
    attempts: notice.deliveries.map(({ attempt, method, outcome, attemptedAt, recordedAt, recorder }) => ({
      attempt,
      method,
      outcome,
      attemptedAt,
      recordedAt,
      recordedBy: officerFor(context, recorder),
    })),
  };
}

/** The content with the applicant's name as the reader may see it. */
function contentFor(context: ReadContext, notice: NoticeRow): NoticeContent {
  const { personId, noticeId, nameEncrypted } = notice;
  const content = JSON.parse(notice.content) as NoticeContent; // as issueNotice wrote it
  const name = nameFor(context, context.encryption.decrypt(nameEncrypted, placeOfName(personId, noticeId)));
  return { ...content, subject: { ...content.subject, name } };
}

function placeOfName(personId: string, noticeId: string): Place {
  return { table: 'notice', column: 'name_encrypted', row: `${personId} ${noticeId}` };
}

/** Crockford's base 32: no I, L, O and U, which are easily misread. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Sixteen characters of a keyed hash (80 bits) in groups of four: `7Q2M-…`. Cannot be guessed. */
function verificationCode(digest: Buffer): string {
  let bits = 0n;
  for (const byte of digest.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  const text = Array.from(
    { length: 16 },
    (_, index) => letters[Number((bits >> BigInt(75 - index * 5)) & 31n)],
  );
  return text.join('').replaceAll(/(.{4})(?=.)/g, '$1-');
}
