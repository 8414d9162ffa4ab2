// Decides cases. A decision is based on exactly the latest comparison, and signs its digest.

import { found, locked, move, sign } from '../../applications/application/lifecycle.ts';
import { grantMonth, refuseMonth, releaseMonth } from '../../applications/application/months.ts';
import { getApplication } from '../../applications/application/operations.ts';
import { type Flag, flagsOfCase } from '../../applications/flags/operations.ts';
import { takeSnapshot } from '../../eligibility/operations.ts';
import { byQuarter, post } from '../../payments/ledger/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Application, Comparison, Decision } from '../../platform/database/tables.ts';
import { Problem } from '../../platform/problem.ts';
import { birthDateOf, holdPerson } from '../../registers/people/operations.ts';
import { type Assessment, assess } from '../../rules/assess.ts';
import { describeAssessment } from '../../rules/explain/explain.ts';
import { appealsOf } from '../appeals/operations.ts';
import { keepComparison, questionOf } from '../comparison/operations.ts';
import { digestOf, readAssessment, readSnapshot, snapshotText } from '../comparison/snapshot.ts';
import { findLatestComparison } from '../comparison/store.ts';
import { drawQualityReview } from '../review/operations.ts';
import { fixTerm } from '../term/operations.ts';
import { type Grounds, refuseDecline, refuseUnclear, refuseUnsupported } from './grounds.ts';
import { tellDecision } from './notify.ts';
import type { ClearCase, DecideApplication, DecidedCase } from './schemas.ts';
import {
  deleteRefusalReasons,
  findStandingDecision,
  insertConfirmations,
  insertDecision,
  insertRefusalReasons,
} from './store.ts';

/**
 * Declines a submitted case (article 五.三): compares it, stores the comparison and the handler's decision, frees its
 * months and issues the notice with the evidence sheet. Only if every month fails for certain: unknown is never a
 * reason, and the reasons come from the assessment and not from the officer.
 *
 * @throws Problem not-found, precondition-missing, precondition-failed, state-conflict, decline-not-supported,
 *   officer-already-on-case
 */
export async function declineApplication(context: WriteContext, applicationId: string, expected: number) {
  const application = await locked(context, applicationId, expected);
  const { personId } = application;
  await move(context, application, 'decline', { closedAt: context.at.toString() });
  const person = await holdPerson(context, personId);
  const { kept, assessment, claim, records } = await keepComparison(context, application, person);
  refuseDecline(assessment);
  await sign(context, application, 'handler');
  for (const { month } of assessment.months) await refuseMonth(context, { personId, applicationId, month });
  await keepDecision(context, application, { comparison: kept, assessment, outcome: 'not-accepted' });
  const described = describeAssessment(assessment, claim, context.policies);
  await tellDecision(context, application, {
    outcome: 'not-accepted',
    assessment: described,
    claim,
    records,
    replacesAnother: false,
  });
  return await getApplication(context, applicationId);
}

/**
 * Closes a case 办结. Approves the payable months and refuses the others with their reasons, or refuses the whole case;
 * both only as the latest comparison says, and only while its input is unchanged. The first approval fixes the term in
 * the same transaction.
 *
 * @param refuse throws if the grounds do not support the decision
 * @throws Problem not-found, precondition-missing, precondition-failed, comparison-missing, comparison-stale,
 *   decision-not-supported, applicant-barred, flags-unconfirmed, state-conflict, officer-already-on-case, cap-exceeded
 */
export async function decideApplication(
  context: WriteContext,
  applicationId: string,
  expected: number,
  body: DecideApplication,
  refuse: (grounds: Grounds, body: DecideApplication) => void = refuseUnsupported,
) {
  const application = await locked(context, applicationId, expected);
  const { personId, agencyCode, caseNumber } = application;
  const person = await holdPerson(context, personId);
  const comparison = await findLatestComparison(context.tx, personId, applicationId);
  if (comparison === undefined) throw new Problem('comparison-missing');
  const { claim, policy, records } = await takeSnapshot(context, questionOf(context, application, person));
  // Only a new snapshot notices every change: a new record, withdrawn coverage, a month granted elsewhere, another day.
  // Comparing timestamps would miss a change in the same instant.
  const isCurrent = comparison.snapshotDigest.equals(digestOf(snapshotText(policy, claim, records)));
  if (comparison.comparisonId !== body.comparisonId || !isCurrent) throw new Problem('comparison-stale');

  const assessment = assess(claim, policy);
  const flags = await flagsOfCase(context, application);
  refuse({ assessment, claim, flags }, body);
  const { outcome } = body;
  const isApproved = outcome === 'approved';
  const snapshotSha256 = comparison.snapshotDigest.toString('hex');
  await move(
    context,
    application,
    isApproved ? 'approve' : 'refuse',
    { closedAt: context.at.toString() },
    { comparisonId: comparison.comparisonId, snapshot: snapshotSha256 },
  );
  await sign(context, application, 'reviewer');

  if (isApproved) await fixTerm(context, personId, claim, policy);
  for (const { month, outcome: came, amountFen } of assessment.months) {
    const key = { personId, applicationId, month };
    if (came === 'payable') await grantMonth(context, key, amountFen);
    else if (came === 'undetermined') await releaseMonth(context, key);
    else await refuseMonth(context, key);
  }
  const decision = await keepDecision(context, application, { comparison, assessment, outcome });
  await insertConfirmations(context.tx, confirmationsOf(decision, body, flags));
  const awaitsQualityReview = await drawQualityReview(context, { ...decision, outcome }, snapshotSha256);
  if (isApproved) {
    const owed = byQuarter(payableOf(assessment));
    const path = { agencyCode, personId, applicationId, from: 'entitled', to: 'waiting' } as const;
    await post(
      context,
      owed.map((amount) => ({ ...amount, ...path })),
    );
  }
  const described = describeAssessment(assessment, claim, context.policies, { isApproved });
  const replacesAnother = decision.replacesDecisionId !== null;
  await tellDecision(context, application, {
    outcome,
    assessment: described,
    claim,
    records,
    replacesAnother,
  });
  const { decisionId, decidedAt, amountFen } = decision;
  return {
    id: decisionId,
    applicationId,
    caseNumber,
    outcome,
    decidedAt,
    amountFen,
    snapshotSha256,
    awaitsQualityReview,
    assessment: described,
  };
}

/**
 * The decision that stands on a case, a handler's decline included, described from its stored comparison.
 *
 * @throws Problem not-found, also while a case has no decision or its last one was undone
 */
export async function getDecision(context: ReadContext, applicationId: string) {
  const { personId, caseNumber, version } = await found(context, applicationId);
  const [decision, appeals] = await Promise.all([
    findStandingDecision(context.tx, personId, applicationId),
    appealsOf(context, { personId, applicationId }),
  ]);
  if (decision === undefined)
    throw new Problem('not-found', { detail: '本案尚无决定，或决定已撤销，请先查询申请状态。' });
  context.shows([personId]);
  const { decisionId, outcome, decidedAt, amountFen, snapshot, snapshotDigest, assessment } = decision;
  const { claim } = readSnapshot(snapshot, birthDateOf(context.encryption, decision));
  return {
    id: decisionId,
    version,
    applicationId,
    caseNumber,
    outcome,
    decidedAt,
    officer: decision.officer,
    amountFen,
    snapshotSha256: snapshotDigest.toString('hex'),
    awaitsQualityReview: decision.reviewState === 'waiting',
    appeals: appeals.filter((appeal) => appeal.decisionId === decisionId),
    assessment: describeAssessment(readAssessment(assessment), claim, context.policies, {
      isApproved: outcome === 'approved',
    }),
  };
}

/**
 * Approves one of the cases that a reviewer signs together: only if every check of every month is clear, no flag needs
 * confirmation, and nothing has changed since the comparison that the reviewer saw.
 */
export async function decideApplications(
  context: WriteContext,
  { applicationId, version, comparisonId }: ClearCase,
): Promise<DecidedCase> {
  const body = { comparisonId, outcome: 'approved' } as const;
  const decided = await decideApplication(context, applicationId, version, body, refuseUnclear);
  const { id, caseNumber, amountFen, snapshotSha256, awaitsQualityReview } = decided;
  return { id, caseNumber, amountFen, snapshotSha256, awaitsQualityReview };
}

/** Stores a decision, and for statistics the failing checks of its excluded months. */
async function keepDecision(
  context: WriteContext,
  application: Application,
  decided: {
    readonly comparison: Comparison;
    readonly assessment: Assessment;
    readonly outcome: Decision['outcome'];
  },
) {
  const { personId, applicationId, agencyCode } = application;
  const { comparison, assessment, outcome } = decided;
  const isApproved = outcome === 'approved';
  const decision = {
    personId,
    decisionId: context.newId(),
    applicationId,
    comparisonId: comparison.comparisonId,
    outcome,
    approvedMonths: isApproved ? payableOf(assessment).map(({ month }) => month) : [],
    amountFen: isApproved ? assessment.amountFen : 0,
    officer: officerOf(context.actor),
    agencyCode,
    role: outcome === 'not-accepted' ? ('handler' as const) : ('reviewer' as const),
    decidedAt: context.at.toString(),
  };
  const replacesDecisionId = await insertDecision(context.tx, decision);
  if (replacesDecisionId !== null) await deleteRefusalReasons(context.tx, application);
  const reasons = assessment.months
    .filter((month) => month.outcome === 'excluded')
    .flatMap(({ month, checks }) =>
      checks.filter(({ answer }) => answer === 'hit').map(({ code }) => ({ month, check: code })),
    );
  await insertRefusalReasons(context.tx, application, reasons);
  return { ...decision, replacesDecisionId };
}

function payableOf({ months }: Assessment) {
  return months.filter(({ outcome }) => outcome === 'payable');
}

/** The reviewer's confirmations of the case's flags, stored with the decision. */
function confirmationsOf(
  { personId, decisionId }: Pick<Decision, 'personId' | 'decisionId'>,
  { confirmations = [] }: DecideApplication,
  flags: readonly Flag[],
) {
  return confirmations.flatMap(({ flag, reason = null }) => {
    const seen = flags.find(({ code }) => code === flag);
    return seen === undefined ? [] : [{ personId, decisionId, flag, detail: seen.detail, reason }];
  });
}
