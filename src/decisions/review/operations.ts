// Another reviewer confirms a decision in a quality review 复核抽查, sends it back, or undoes it while nothing is paid
// on it. The decision itself never changes; the undo is a row of its own.

import { noticedCase } from '../../applications/application/description.ts';
import { bumpVersion, locked, move, sign } from '../../applications/application/lifecycle.ts';
import { reopenMonth } from '../../applications/application/months.ts';
import { emit } from '../../notifications/events/operations.ts';
import { decisionUndoneContent } from '../../notifications/notices/appealable.ts';
import { earlierNotice, issueNotice } from '../../notifications/notices/operations.ts';
import { holdGathering } from '../../payments/disbursement/operations.ts';
import { byQuarter, post } from '../../payments/ledger/operations.ts';
import { paymentOf } from '../../payments/lines/months.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { holdPerson, listMonthStates } from '../../registers/people/operations.ts';
import { failureRemedies, paymentFailureTitles } from '../../values/payment-failures.ts';
import { endTerm } from '../term/operations.ts';
import { drawOf } from './draw.ts';
import type { QualityReviewQuery, UndoDecision } from './schemas.ts';
import type { ReviewersDecision } from './store.ts';
import * as store from './store.ts';

/** Draws whether a new decision is reviewed, and stores the draw either way. Returns true if it is. */
export function drawQualityReview(
  context: WriteContext,
  decision: ReviewersDecision,
  snapshotSha256: string,
): boolean {
  const { personId, decisionId, applicationId, agencyCode, outcome, officer } = decision;
  const percent = context.settings.qualityReview[outcome];
  const { isChosen, ...drawn } = drawOf(decisionId, snapshotSha256, percent);
  store.insertQualityReview(context.tx, {
    personId,
    decisionId,
    applicationId,
    agencyCode,
    outcome,
    ...drawn,
    state: isChosen ? 'waiting' : 'not-drawn',
    decidedBy: officer,
    reviewedBy: null,
    reviewedAt: null,
  });
  return isChosen;
}

/** The decisions drawn for a review, ordered by id. */
export async function listQualityReviews(context: ReadContext, query: QualityReviewQuery) {
  const request = pageRequest(query);
  const rows = await store.listQualityReviews(context.tx, context.scope, query.state, request);
  const { items, next } = page(rows, request, (row) => row.decisionId);
  context.shows(items.map(({ personId }) => personId));
  return { items: items.map(describeReview), next };
}

/** A decision drawn for a review. Its version is the application's. @throws Problem not-found */
export async function getQualityReview(context: ReadContext, decisionId: string) {
  const row = await store.findQualityReview(context.tx, context.scope, decisionId);
  if (row === undefined) throw new Problem('not-found');
  context.shows([row.personId]);
  return describeReview(row);
}

function describeReview(row: store.DrawnReview) {
  return {
    decisionId: row.decisionId,
    applicationId: row.applicationId,
    version: row.version,
    caseNumber: row.caseNumber,
    agencyCode: row.agencyCode,
    outcome: row.outcome,
    state: row.state,
    seed: row.seed,
    draw: row.draw,
    share: row.share,
    reviewedAt: row.reviewedAt,
    reviewedBy: row.reviewer,
  };
}

/**
 * The reviewer confirms the decision; an approval may now be paid.
 *
 * @throws Problem not-found, precondition-missing, precondition-failed, state-conflict, officer-already-on-case
 */
export async function confirmDecision(context: WriteContext, applicationId: string, expected: number) {
  const application = await locked(context, applicationId, expected);
  const decision = await reviewed(context, application, 'confirmed');
  await bumpVersion(context, application);
  await context.audit({
    target: ['decision', decision.decisionId],
    personId: application.personId,
    change: { applicationId, qualityReview: 'confirmed' },
  });
  const { personId, state } = application;
  await emit(context, [{ personId, applicationId, type: 'decision-confirmed', content: { state } }]);
  return describe(application, decision, { result: 'confirmed', state: application.state });
}

/**
 * The reviewer finds the decision wrong: it is undone, and the case waits for a new one.
 *
 * @throws Problem not-found, precondition-missing, precondition-failed, state-conflict, officer-already-on-case,
 *   decision-in-payment, month-already-claimed
 */
export async function sendBackDecision(
  context: WriteContext,
  applicationId: string,
  expected: number,
  { reason }: UndoDecision,
) {
  await holdGathering(context);
  const application = await locked(context, applicationId, expected);
  const decision = await reviewed(context, application, 'sent-back');
  return await undo(context, application, decision, { reason, fromQualityReview: true });
}

/**
 * Another reviewer of the agency undoes a decision that is in no payment: its months are claimed and no longer live,
 * its money is no longer owed, and the case waits for a new decision. After a payment only a recovery is possible.
 *
 * @throws Problem not-found, precondition-missing, precondition-failed, state-conflict, officer-already-on-case,
 *   decision-in-payment, month-already-claimed
 */
export async function undoDecision(
  context: WriteContext,
  applicationId: string,
  expected: number,
  { reason }: UndoDecision,
) {
  await holdGathering(context);
  const application = await locked(context, applicationId, expected);
  const decision = await standing(context, application);
  await store.endQualityReview(context.tx, decision, 'lapsed', { reviewedBy: null, reviewedAt: null });
  return await undo(context, application, decision, { reason, fromQualityReview: false });
}

async function undo(
  context: WriteContext,
  application: Application,
  decision: ReviewersDecision,
  { reason, fromQualityReview }: { readonly reason: string; readonly fromQualityReview: boolean },
) {
  const { personId, applicationId, agencyCode } = application;
  const undoneBy = officerOf(context.actor);
  if (undoneBy === decision.officer) {
    const detail = '决定须由作出决定以外的审核人员撤销。';
    throw new Problem('officer-already-on-case', { detail });
  }
  await holdPerson(context, personId);
  const own = (await listMonthStates(context, personId)).filter((row) => row.applicationId === applicationId);
  await refuseOncePaid(context, personId, own);

  const moved = await move(
    context,
    application,
    'undo',
    { closedAt: null },
    { decisionId: decision.decisionId, fromQualityReview },
  );
  for (const { month, state } of own) {
    await reopenMonth(context, { personId, applicationId, month }, state);
  }
  const endedTerm = await endTerm(context, decision);
  await store.insertUndo(context.tx, {
    personId,
    decisionId: decision.decisionId,
    applicationId,
    decidedBy: decision.officer,
    undoneBy,
    agencyCode,
    undoneAt: context.at.toString(),
    reason,
    fromQualityReview: fromQualityReview,
    endedTerm,
  });
  const live = own.flatMap(({ month, state, amountFen }) =>
    state === 'live' && amountFen !== null ? [{ month, amountFen }] : [],
  );
  const path = { agencyCode, personId, applicationId, from: 'waiting', to: 'entitled' } as const;
  await post(
    context,
    byQuarter(live).map((amount) => ({ ...path, ...amount })),
  );
  const content = {
    state: 'accepted',
    months: own.map(({ month }) => ({ month, state: 'claimed', amountFen: null })),
  };
  await emit(context, [{ personId, applicationId, type: 'decision-undone', content }]);
  await tellUndone(context, moved, own, reason);
  return describe(application, decision, { result: 'undone', state: content.state });
}

/** Tells the applicant which notice is void, and that a new decision follows. */
async function tellUndone(
  context: WriteContext,
  application: Application,
  own: readonly { readonly month: string; readonly state: string; readonly amountFen: number | null }[],
  reason: string,
): Promise<void> {
  const { personId, applicationId, timeLimitDueOn } = application;
  const decision = await earlierNotice(context, 'decision', { personId, applicationId });
  const cameTo = (state: string) =>
    state === 'live' ? '通过' : state === 'refused' ? '未通过' : '本次未作决定';
  const months = own
    .toSorted((one, other) => one.month.localeCompare(other.month))
    .map(({ month, state, amountFen }) => ({
      month,
      decision: 'undone' as const,
      amountFen: state === 'live' ? amountFen : null,
      reason: `原决定：${cameTo(state)}。现重新审核。（第五条第（四）项）`,
    }));
  const noticed = await noticedCase(context, application);
  await issueNotice(context, 'decision-undone', noticed, (subject, agency) =>
    decisionUndoneContent(subject, months, { decision, reason, dueOn: timeLimitDueOn }, agency),
  );
}

/** Money that is in a payment, was paid or is being recovered cannot be taken back by undoing the decision. */
async function refuseOncePaid(
  context: WriteContext,
  personId: string,
  own: readonly { month: string; state: string }[],
): Promise<void> {
  const fieldErrors: FieldError[] = [];
  for (const { month, state } of own) {
    const pointer = `/months/${month}`;
    if (state === 'recovered') {
      fieldErrors.push({ pointer, code: 'recovered', detail: '该月份已追回，不能再撤销决定。' });
    }
    const payment = state === 'live' ? await paymentOf(context, { personId, month }) : null;
    if (payment === null) continue;
    const code = payment.state === 'paid' ? 'paid' : 'in-payment';
    fieldErrors.push({ pointer, code, detail: inPayment(payment) });
  }
  if (fieldErrors.length > 0) throw new Problem('decision-in-payment', { fieldErrors });
}

function inPayment({ state, failure }: NonNullable<Awaited<ReturnType<typeof paymentOf>>>): string {
  switch (state) {
    case 'paid':
      return '该月份已经发放，不能撤销决定；确有错误的，请提出追回。';
    case 'in-payment':
    case 'unknown':
      return '该月份正在银行发放中，请等待发放结果登记。';
    case 'failed': {
      const why = failure ?? 'other';
      return `银行未能发放（${paymentFailureTitles[why]}），${failureRemedies[why]}。`;
    }
    case 'returned':
      return '银行已退回这笔发放，请更正账户后重新发放。';
    case 'waiting':
      return '该月份已列入发放批次；请先暂缓这笔发放，解除暂缓后再撤销决定。';
    case 'set-off':
      return '该月份已用于抵扣欠款，请先撤销抵扣，再撤销决定。';
    case 'held':
    case 'released':
      return '该月份已列入发放批次并暂缓，请先解除暂缓再撤销决定。';
  }
}

async function standing(
  context: WriteContext,
  { personId, applicationId }: Application,
): Promise<ReviewersDecision> {
  const decision = await store.findStandingDecision(context.tx, personId, applicationId);
  if (decision === undefined) {
    throw new Problem('state-conflict', { detail: '本案现在没有有效的决定，请先查询申请状态。' });
  }
  return decision;
}

/** Ends and signs the pending review of the case's decision. */
async function reviewed(context: WriteContext, application: Application, to: 'confirmed' | 'sent-back') {
  const decision = await standing(context, application);
  const by = { reviewedBy: officerOf(context.actor), reviewedAt: context.at.toString() };
  if (!(await store.endQualityReview(context.tx, decision, to, by)))
    throw new Problem('state-conflict', { detail: '本案的决定未被抽中复核，或已经复核。' });
  await sign(context, application, 'second-reviewer');
  return decision;
}

/** Both confirming and undoing increment the application's version. */
function describe<Result extends 'confirmed' | 'undone'>(
  { applicationId, caseNumber, version }: Application,
  { decisionId, outcome }: ReviewersDecision,
  came: { readonly result: Result; readonly state: string },
) {
  return { decisionId, applicationId, version: version + 1, caseNumber, outcome, ...came };
}
