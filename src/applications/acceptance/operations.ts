// A handler's acts on a submitted case 受理 (article 五.三): accept it, or request a correction of everything that is
// missing.

import { acceptanceContent, correctionContent } from '../../notifications/notices/content.ts';
import { issueNotice } from '../../notifications/notices/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { together } from '../../platform/database/together.ts';
import { Problem } from '../../platform/problem.ts';
import { readStatements } from '../../registers/records/operations.ts';
import {
  describe,
  materialsRequired,
  noticedCase,
  noticedFrom,
  unannouncedYears,
} from '../application/description.ts';
import { locked, move, sign } from '../application/lifecycle.ts';
import type { ApplicationRow } from '../application/store.ts';
import { foundWhole, type WholeCase } from '../application/whole-case.ts';
import {
  defectErrors,
  defectsToCorrect,
  missingPapers,
  subjectTitles,
  type ToCorrect,
  toldTooLate,
} from './corrections.ts';
import type { RequestCorrection } from './schemas.ts';
import { findLatestCorrection, insertCorrection } from './store.ts';

/**
 * Accepts a complete case, which the caller has locked.
 *
 * @throws Problem state-conflict, officer-already-on-case, materials-missing
 */
export async function accept(
  context: WriteContext,
  submitted: ApplicationRow,
  acceptanceReason: string | null,
) {
  const acceptedAt = context.at.toString();
  // A reviewer goes on with it, who is never the same officer.
  const accepted = { acceptedAt, acceptanceReason, assignedTo: null };
  const audited = acceptanceReason === null ? {} : { hasReason: true };
  const moving = move(context, submitted, 'accept', accepted, audited);
  const signing = sign(context, submitted, 'handler');
  const reading = foundWhole(context, submitted.applicationId).then(refuseMissing); // as it is now
  const [, whole] = await together([moving, reading, signing]);
  const unannounced = unannouncedYears(whole, context.reference.calendar);
  await issueNotice(context, 'acceptance', noticedFrom(context, whole), (subject) =>
    acceptanceContent(subject, whole.timeLimitDueOn, unannounced),
  );
  return await describe(context, whole);
}

/** @throws Problem materials-missing */
function refuseMissing(whole: WholeCase): WholeCase {
  const missing = materialsRequired(whole).filter(({ waivedBy, supplied }) => waivedBy === null && !supplied);
  if (missing.length === 0) return whole;
  throw new Problem('materials-missing', {
    fieldErrors: missing.map(({ kind, title }) => ({
      pointer: `/materials/${kind}`,
      code: 'required',
      detail: `缺少：${title}。登记数据中未能查到，请申请人补充。`,
    })),
  });
}

/**
 * Requests, in one notice, everything that is missing and every defect that the handler saw. The time limit is paused
 * until the answer. A second notice contains only items with a new basis, which the database stores and checks.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, officer-already-on-case, nothing-to-correct,
 *   already-told-once
 */
export async function requestCorrection(
  context: WriteContext,
  applicationId: string,
  expected: number,
  { defects }: RequestCorrection,
) {
  const submitted = await locked(context, applicationId, expected);
  const application = await move(context, submitted, 'requestCorrection', {});
  const { personId, agencyCode } = application;
  const whole = await foundWhole(context, applicationId);
  const { records, coverage } = await readStatements(context, personId, agencyCode);
  const fieldErrors = defectErrors(defects, whole.materials, new Set(records.map(({ id }) => id)));
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });

  const before = await findLatestCorrection(context.tx, application);
  const seenBefore = new Set(before?.seen ?? []);
  const statements = [...records, ...coverage];
  const missing = missingPapers(materialsRequired(whole), (kinds) => {
    const about = statements.filter(({ kind }) => kinds.some((one) => one === kind));
    return (about.findLast(({ id }) => !seenBefore.has(id)) ?? about.at(-1))?.id ?? null;
  });
  const items = [...missing, ...defectsToCorrect(defects)];
  if (items.length === 0) throw new Problem('nothing-to-correct');
  if (before !== undefined) {
    const late = toldTooLate(items, seenBefore);
    if (late.length > 0) throw new Problem('already-told-once', { fieldErrors: late });
  }
  await sign(context, application, 'handler');
  const noticed = await noticedCase(context, application);
  const { noticeId } = await issueNotice(context, 'correction', noticed, (subject) =>
    correctionContent(subject, items.map(inWords)),
  );
  await keep(context, application, {
    noticeId,
    round: (before?.round ?? 0) + 1,
    items,
    seen: [...whole.materials.map(({ materialId }) => materialId), ...statements.map(({ id }) => id)],
  });
  return await describe(context, await foundWhole(context, application.applicationId));
}

async function keep(
  context: WriteContext,
  { personId, applicationId }: ApplicationRow,
  asked: { noticeId: string; round: number; items: readonly ToCorrect[]; seen: string[] },
): Promise<void> {
  const correctionId = context.newId();
  const { noticeId, round, items, seen } = asked;
  await insertCorrection(
    context.tx,
    {
      personId,
      correctionId,
      applicationId,
      noticeId,
      round,
      seen,
      requestedAt: context.at.toString(),
      requestedBy: officerOf(context.actor),
      closedAt: null,
    },
    items.map(({ subject, problem, remedy, basis }, index) => ({
      personId,
      correctionId,
      item: index + 1,
      subject,
      problem,
      remedy,
      basis,
      answeredAt: null,
    })),
  );
}

function inWords({ subject, problem, remedy }: ToCorrect) {
  return { subject: subjectTitles[subject], problem, remedy };
}
