// Issues notices with the acts they tell of, shows each street what it has to tell, and keeps when and how it was told.

import { createHash } from 'node:crypto';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { readCalendar } from '../../platform/reference/calendar.ts';
import { findPlaceNames } from '../../platform/reference/store.ts';
import { inForce, policyOn } from '../../rules/policy/policy.ts';
import { type Day, dayInShanghai } from '../../values/days.ts';
import { addWorkingDays, missingYears, type WorkingCalendar } from '../../values/working-days.ts';
import { type NoticeContent, type NoticeKind, type NoticeSubject, noticeTitles } from './content.ts';
import type { NoticeQuery, RecordNoticeDelivery } from './schemas.ts';
import {
  countNotices,
  findNotice,
  insertDelivery,
  insertNotice,
  listDeliveries,
  listNotToldBetween,
  listNotices as listRows,
  lockNotice,
  type NoticeRow,
  setTellBy,
} from './store.ts';

const mostAttempts = 20;

/** The case a notice is about, and where it goes. */
export interface NoticedCase {
  readonly personId: string;
  readonly applicationId: string;
  readonly caseNumber: string;
  readonly quarter: string;
  readonly months: readonly string[];
  readonly agencyCode: string;
  readonly streetCode: string;
  readonly clientId: string;
  /** Masked. */
  readonly name: string;
  /** Masked. */
  readonly identityNumber: string;
}

/**
 * Issues a notice in the transaction of the act it tells of: both are there, or neither. The caller holds the case, so
 * that the numbers within it follow one another. The audit of the act speaks for both; the notice itself never changes.
 */
export async function issueNotice(
  context: WriteContext,
  kind: NoticeKind,
  noticed: NoticedCase,
  contentOf: (subject: NoticeSubject) => NoticeContent,
): Promise<{ noticeId: string; noticeNumber: string }> {
  const { personId, applicationId, agencyCode, streetCode, clientId, caseNumber } = noticed;
  const { name, identityNumber, quarter, months } = noticed;
  const places = await findPlaceNames(context.tx, agencyCode, streetCode);
  const content = JSON.stringify(contentOf({ name, identityNumber, caseNumber, quarter, months, ...places }));
  const noticeId = context.newId();
  const running = (await countNotices(context.tx, personId, applicationId)) + 1;
  const noticeNumber = `${caseNumber}-${String(running).padStart(2, '0')}`;
  await insertNotice(context.tx, {
    personId,
    noticeId,
    noticeNumber,
    kind,
    applicationId,
    agencyCode,
    streetCode,
    clientId,
    verificationCode: verificationCode(context.sealer.digest('notice', noticeId)),
    content,
    contentDigest: createHash('sha256').update(content).digest(),
    issuedAt: context.at.toString(),
    issuedBy: officerOf(context.actor),
    tellBy: tellBy(context, context.at.toString(), await readCalendar(context.tx)),
    toldAt: null,
  });
  return { noticeId, noticeNumber };
}

/** The last day in time for telling of a notice issued at an instant. */
function tellBy(context: ReadContext, issuedAt: string, calendar: WorkingCalendar): Day {
  const issuedOn = dayInShanghai(Temporal.Instant.from(issuedAt));
  const { noticeWorkingDays } = policyOn(issuedOn, context.settings).parameters;
  return addWorkingDays(issuedOn, inForce(noticeWorkingDays, issuedOn), calendar);
}

/** The last days for telling again, after a year was added to the calendar; answers how many notices it concerned. */
export async function recountNotices(context: WriteContext, year: number): Promise<number> {
  const calendar = await readCalendar(context.tx);
  const waiting = await listNotToldBetween(context.tx, `${year}-01-01`, `${year + 1}-01-01T00:00:00+08:00`);
  for (const notice of waiting)
    await setTellBy(context.tx, notice, tellBy(context, notice.issuedAt, calendar));
  return waiting.length;
}

/** What a street has to tell, and what its county looks after: undelivered notices first of all. */
export async function listNotices(context: ReadContext, query: NoticeQuery) {
  const request = pageRequest(query);
  const rows = await listRows(context.tx, context.scope, query, context.today, request);
  const { items, next } = page(rows, request, (row) => row.noticeId);
  context.shows(items.map(({ personId }) => personId));
  return { items: await describeAll(context, items), next };
}

/**
 * The paper, the same at every printing. It names what registers say of a person, so that every printing leaves a trace.
 */
export async function getNoticeDocument(context: WriteContext, noticeId: string) {
  const notice = await findNotice(context.tx, context.scope, noticeId);
  if (notice === undefined) throw new Problem('not-found');
  await context.audit({
    target: ['notice', noticeId],
    personId: notice.personId,
    change: { printed: notice.noticeNumber },
  });
  const { noticeNumber, issuedAt } = notice;
  const { verificationCode } = notice;
  return { noticeNumber, verificationCode, issuedAt, content: contentOf(notice) };
}

/** Keeps one attempt to tell the applicant: by whom, how, when, and whether it reached them. The next one is another row. */
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
  if (notice.attempts >= mostAttempts)
    throw new Problem('state-conflict', { detail: '登记次数已达上限，请与经办机构商定其他告知方式。' });
  const fieldErrors = timeErrors(context, notice, body);
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const attempt = notice.attempts + 1;
  const { personId } = notice;
  const { method, outcome, attemptedAt = context.at.toString() } = body;
  await insertDelivery(context.tx, {
    personId,
    noticeId,
    attempt,
    method,
    outcome,
    attemptedAt,
    recordedAt: context.at.toString(),
    recordedBy: officerOf(context.actor),
  });
  await context.audit({ target: ['notice', noticeId], personId, change: { attempt, method, outcome } });
  const after = await findNotice(context.tx, context.scope, noticeId);
  const [described] = after === undefined ? [] : await describeAll(context, [after]);
  if (described === undefined) throw new Error(`notice ${noticeId} was held`);
  return described;
}

function timeErrors(
  context: WriteContext,
  notice: NoticeRow,
  { attemptedAt }: RecordNoticeDelivery,
): FieldError[] {
  if (attemptedAt === undefined) return [];
  const pointer = '/body/attemptedAt';
  const at = Temporal.Instant.from(attemptedAt);
  if (Temporal.Instant.compare(at, context.at) > 0)
    return [{ pointer, code: 'in-future', detail: '告知时间不能晚于现在。' }];
  if (Temporal.Instant.compare(at, Temporal.Instant.from(notice.issuedAt)) < 0)
    return [{ pointer, code: 'before-issue', detail: '告知时间不能早于告知书的签发时间。' }];
  return [];
}

async function describeAll(context: ReadContext, notices: readonly NoticeRow[]) {
  const deliveries = await listDeliveries(context.tx, notices);
  const calendar = await readCalendar(context.tx);
  return notices.map((notice) =>
    describe(context, notice, {
      deliveries: deliveries.filter(({ noticeId }) => noticeId === notice.noticeId),
      calendar,
    }),
  );
}

function describe(
  context: ReadContext,
  notice: NoticeRow,
  about: { deliveries: Awaited<ReturnType<typeof listDeliveries>>; calendar: WorkingCalendar },
) {
  const { subject, paragraphs, items, evidence } = contentOf(notice);
  const isLate = notice.toldAt === null && notice.tellBy < context.today;
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
    paragraphs: [...paragraphs],
    items: items.map((item) => ({ ...item })),
    evidence: structuredClone([...evidence]),
    verificationCode: notice.verificationCode,
    issuedAt: notice.issuedAt,
    tellBy: notice.tellBy,
    unannouncedYears: missingYears(
      dayInShanghai(Temporal.Instant.from(notice.issuedAt)),
      notice.tellBy,
      about.calendar,
    ),
    delivery:
      notice.toldAt !== null ? ('told' as const) : isLate ? ('overdue' as const) : ('waiting' as const),
    toldAt: notice.toldAt,
    attempts: about.deliveries.map(({ attempt, method, outcome, attemptedAt, recordedAt }) => ({
      attempt,
      method,
      outcome,
      attemptedAt,
      recordedAt,
    })),
  };
}

function contentOf(notice: NoticeRow): NoticeContent {
  // Written by issueNotice in this shape, and never rewritten.
  return JSON.parse(notice.content) as NoticeContent;
}

/** Without I, L, O and U, which are misread over the telephone. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Sixteen letters of a keyed hash, 80 bits: found by nobody who does not hold the paper. `7Q2M-…` in groups of four. */
function verificationCode(digest: Buffer): string {
  let bits = 0n;
  for (const byte of digest.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  const text = Array.from(
    { length: 16 },
    (_, index) => letters[Number((bits >> BigInt(75 - index * 5)) & 31n)],
  );
  return text.join('').replaceAll(/(.{4})(?=.)/g, '$1-');
}
