// Decides cases. A decision is based on exactly the latest comparison, and signs its digest.

import { found, lockedWithPerson, move, sign } from '../../applications/application/lifecycle.ts';
import { type SettledMonth, settleClaims } from '../../applications/application/months.ts';
import { getApplication } from '../../applications/application/operations.ts';
import { type Flag, flagsOfCase } from '../../applications/flags/operations.ts';
import { takeSnapshot } from '../../eligibility/operations.ts';
import { byQuarter, post } from '../../payments/ledger/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Application, Comparison, Decision } from '../../platform/database/tables.ts';
import { together } from '../../platform/database/together.ts';
import { Problem } from '../../platform/problem.ts';
import { birthDateOf } from '../../registers/people/operations.ts';
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
  findLastDecision,
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
  const { application, person } = await lockedWithPerson(context, applicationId, expected);
  await move(context, application, 'decline', { closedAt: context.at.toString() });
  const { kept, assessment, claim, records } = await keepComparison(context, application, person);
  refuseDecline(assessment);
  const replaces = await findLastDecision(context.tx, application);
  await together([
    sign(context, application, 'handler'),
    settleClaims(
      context,
      application,
      assessment.months.map(({ month }) => ({ month, state: 'refused', amountFen: null })),
    ),
  ]);
  const decided = { comparison: kept, assessment, outcome: 'not-accepted', replaces } as const;
  keepDecision(context, decisionOf(context, application, decided), assessment);
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
  const [{ application, person }, comparison] = await together([
    lockedWithPerson(context, applicationId, expected),
    findLatestComparison(context.tx, applicationId),
  ]);
  if (comparison === undefined) throw new Problem('comparison-missing');
  const { personId, agencyCode, caseNumber } = application;
  const [{ claim, policy, records }, flags, replaces] = await together([
    takeSnapshot(context, questionOf(context, application, person)),
    flagsOfCase(context, application),
    findLastDecision(context.tx, application),
  ]);
  // Only a new snapshot notices every change: a new record, withdrawn coverage, a month granted elsewhere, another day.
  // Comparing timestamps would miss a change in the same instant.
  const isCurrent = comparison.snapshotDigest.equals(digestOf(snapshotText(policy, claim, records)));
  if (comparison.comparisonId !== body.comparisonId || !isCurrent) throw new Problem('comparison-stale');

  const assessment = assess(claim, policy);
  refuse({ assessment, claim, flags }, body);
  const { outcome } = body;
  const isApproved = outcome === 'approved';
  const snapshotSha256 = comparison.snapshotDigest.toString('hex');
  const described = describeAssessment(assessment, claim, context.policies, { isApproved });
  const decision = {
    ...decisionOf(context, application, { comparison, assessment, outcome, replaces }),
    outcome,
  };
  const path = { agencyCode, personId, applicationId, from: 'entitled', to: 'waiting' } as const;
  const closed = { closedAt: context.at.toString() };
  const signed = { comparisonId: comparison.comparisonId, snapshot: snapshotSha256 };
  const grounds = { outcome, assessment: described, claim, records, replacesAnother: replaces !== null };
  // In this order: a month is granted under a term, and a draw is of a decision.
  await together([
    move(context, application, isApproved ? 'approve' : 'refuse', closed, signed),
    sign(context, application, 'reviewer'),
    isApproved ? fixTerm(context, personId, claim, policy) : null,
    settleClaims(context, application, assessment.months.map(settledBy)),
    keepDecision(context, decision, assessment),
    insertConfirmations(context.tx, confirmationsOf(decision, body, flags)),
    isApproved
      ? post(
          context,
          byQuarter(payableOf(assessment)).map((amount) => ({ ...amount, ...path })),
        )
      : null,
    tellDecision(context, application, grounds),
  ]);
  const awaitsQualityReview = drawQualityReview(context, decision, snapshotSha256);
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

function decisionOf(
  context: WriteContext,
  { personId, applicationId, agencyCode }: Application,
  decided: {
    readonly comparison: Comparison;
    readonly assessment: Assessment;
    readonly outcome: Decision['outcome'];
    /** The decision that this one replaces. */
    readonly replaces: string | null;
  },
): Decision {
  const { comparison, assessment, outcome, replaces } = decided;
  const isApproved = outcome === 'approved';
  return {
    personId,
    decisionId: context.newId(),
    applicationId,
    comparisonId: comparison.comparisonId,
    outcome,
    approvedMonths: isApproved ? payableOf(assessment).map(({ month }) => month) : [],
    amountFen: isApproved ? assessment.amountFen : 0,
    officer: officerOf(context.actor),
    agencyCode,
    role: outcome === 'not-accepted' ? 'handler' : 'reviewer',
    decidedAt: context.at.toString(),
    replacesDecisionId: replaces,
  };
}

/** Sends a decision, and for statistics the failing checks of its excluded months. */
function keepDecision({ tx }: WriteContext, decision: Decision, assessment: Assessment): void {
  insertDecision(tx, decision);
  if (decision.replacesDecisionId !== null) deleteRefusalReasons(tx, decision);
  const reasons = assessment.months
    .filter((month) => month.outcome === 'excluded')
    .flatMap(({ month, checks }) =>
      checks.filter(({ answer }) => answer === 'hit').map(({ code }) => ({ month, check: code })),
    );
  insertRefusalReasons(tx, decision, reasons);
}

function settledBy({ month, outcome, amountFen }: Assessment['months'][number]): SettledMonth {
  if (outcome === 'payable') return { month, state: 'live', amountFen };
  return { month, state: outcome === 'undetermined' ? 'released' : 'refused', amountFen: null };
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
