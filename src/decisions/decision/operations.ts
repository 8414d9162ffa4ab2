// Compares and decides. A comparison stores exactly what the rules looked at; a decision is taken on that and on nothing
// newer or older, and signs it.

import {
  found,
  locked,
  move,
  setMonth,
  setRecordsChanged,
  sign,
} from '../../applications/application/operations.ts';
import { type Flag, flagsOfCase, refuseUnconfirmed } from '../../applications/flags/operations.ts';
import { countImported, takeSnapshot } from '../../eligibility/operations.ts';
import { emit } from '../../notifications/events/operations.ts';
import type { CaseEvent } from '../../notifications/events/types.ts';
import { byQuarter, enter } from '../../payments/ledger/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { birthDateOf, findTerm, holdPerson } from '../../registers/people/operations.ts';
import { type Assessment, assess, type Claim } from '../../rules/assess.ts';
import { describeAssessment, owedFenOf } from '../../rules/explain/explain.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { fixTerm } from '../../rules/term.ts';
import { dayInShanghai, monthOf } from '../../values/days.ts';
import { stillOwedInWords } from '../../values/wording.ts';
import { type Compared, changesBetween } from '../comparison/changes.ts';
import { digestOf, judgedOver, readAssessment, readSnapshot, snapshotText } from '../comparison/snapshot.ts';
import { replay, replayDifferences } from '../replay/replay.ts';
import { drawQualityReview } from '../review/operations.ts';
import { tellDecision } from './notify.ts';
import type { DecideApplication } from './schemas.ts';
import {
  findLastDecisionId,
  findLatestComparison,
  findStoredDecision,
  insertComparison,
  insertConfirmations,
  insertDecision,
  insertTerm,
  setImportedMonths,
} from './store.ts';

/**
 * Assesses an accepted case over a snapshot of exactly the records, coverage and term used, and stores both with their
 * digests. Every comparison is a new one; the latest counts, and says what is otherwise than in the one before.
 */
export async function compareApplication(context: WriteContext, applicationId: string) {
  const application = await locked(context, applicationId);
  if (application.state !== 'accepted') {
    throw new Problem('state-conflict', { detail: '只有已受理、待审核的申请可以比对，请先查询申请状态。' });
  }
  const previous = await findLatestComparison(context.tx, application.personId, applicationId);
  const { comparisonId, claim, assessment, ...kept } = await keepComparison(context, application);
  return {
    id: comparisonId,
    applicationId,
    applicationVersion: application.version,
    comparedAt: context.at.toString(),
    snapshotSha256: kept.snapshotDigest.toString('hex'),
    assessmentSha256: kept.assessedDigest.toString('hex'),
    assessment: describeAssessment(assessment, claim),
    flags: await flagsOfCase(context, application),
    changes:
      previous === undefined
        ? null
        : {
            previousComparisonId: previous.comparisonId,
            ...changesBetween(
              comparedOf(previous, claim),
              comparedOf({ snapshot: kept.snapshot, assessment: kept.assessed }, claim),
            ),
          },
  };
}

/** Assesses a held case and keeps what was looked at and what it came to. */
export async function keepComparison(context: WriteContext, application: Application) {
  const { personId, applicationId } = application;
  const { claim, policy, records } = await snapshotOf(context, application);
  const { assessment, ...kept } = judgedOver(claim, policy, records);
  const comparisonId = context.newId();
  await insertComparison(context.tx, {
    personId,
    comparisonId,
    applicationId,
    comparedAt: context.at.toString(),
    comparedBy: officerOf(context.actor),
    policyVersion: policy.version,
    snapshot: kept.snapshot,
    snapshotDigest: kept.snapshotDigest,
    assessment: kept.assessed,
    assessmentDigest: kept.assessedDigest,
  });
  await setRecordsChanged(context.tx, application, { recordsChangedAt: null });
  await context.audit({
    target: ['application', applicationId],
    personId,
    change: {
      comparisonId,
      snapshot: kept.snapshotDigest.toString('hex'),
      assessment: kept.assessedDigest.toString('hex'),
      outcome: assessment.outcome,
    },
  });
  return { comparisonId, claim, records, assessment, ...kept };
}

/** A comparison as it was stored; the new one is read from its text too, so that both have passed through JSON. */
function comparedOf(
  stored: { readonly snapshot: string; readonly assessment: string },
  { person }: Claim,
): Compared {
  return {
    snapshot: readSnapshot(stored.snapshot, person.born),
    assessment: readAssessment(stored.assessment),
  };
}

/**
 * Closes a case 办结. Approves the payable months and refuses the others with their reasons, or refuses the whole; either
 * only as the latest comparison says, and only while nothing it rests on has changed. The first approval fixes the term
 * in the same transaction.
 *
 * @throws Problem precondition-failed, comparison-missing, comparison-stale, decision-not-supported,
 *   flags-unconfirmed, officer-already-on-case, state-conflict, cap-exceeded
 *
 * @param refuseUnless throws decision-not-supported where the assessment does not carry the decision
 */
export async function decideApplication(
  context: WriteContext,
  applicationId: string,
  expected: number,
  body: DecideApplication,
  refuseUnless: (
    assessment: Assessment,
    body: DecideApplication,
    flags: readonly Flag[],
    claim: Claim,
  ) => void = refuseUnsupported,
) {
  const application = await locked(context, applicationId, expected);
  const { personId, agencyCode } = application;
  await holdPerson(context, personId);
  const comparison = await findLatestComparison(context.tx, personId, applicationId);
  if (comparison === undefined) throw new Problem('comparison-missing');
  const { claim, policy, records } = await snapshotOf(context, application);
  // Taking the snapshot again is the one test that notices everything: a new record, a withdrawn coverage, a month granted
  // elsewhere, another day. Comparing times would miss what was learnt in the same instant.
  const isCurrent = comparison.snapshotDigest.equals(digestOf(snapshotText(policy, claim, records)));
  if (comparison.comparisonId !== body.comparisonId || !isCurrent) throw new Problem('comparison-stale');

  const assessment = assess(claim, policy);
  const flags = await flagsOfCase(context, application);
  refuseUnless(assessment, body, flags, claim);
  const isApproved = body.outcome === 'approved';
  await move(
    context,
    application,
    isApproved ? 'approve' : 'refuse',
    { closedAt: context.at.toString() },
    {
      comparisonId: comparison.comparisonId,
      snapshot: comparison.snapshotDigest.toString('hex'),
    },
  );
  await sign(context, [application], 'reviewer');

  const payable = assessment.months.filter((month) => month.outcome === 'payable');
  if (isApproved) await fixOrKeepTerm(context, personId, claim, policy);
  for (const { month, outcome, amountFen } of assessment.months) {
    const key = { personId, applicationId, month };
    if (outcome === 'payable') await setMonth(context.tx, key, 'claimed', 'live', { amountFen });
    else await setMonth(context.tx, key, 'claimed', outcome === 'undetermined' ? 'released' : 'refused');
  }
  const decision = {
    personId,
    decisionId: context.newId(),
    applicationId,
    comparisonId: comparison.comparisonId,
    outcome: body.outcome,
    approvedMonths: isApproved ? payable.map(({ month }) => month) : [],
    amountFen: isApproved ? assessment.amountFen : 0,
    officer: officerOf(context.actor),
    agencyCode,
    role: 'reviewer' as const,
    decidedAt: context.at.toString(),
    // Whatever was decided before on this case was undone; the table refuses anything else.
    replacesDecisionId: await findLastDecisionId(context.tx, personId, applicationId),
  };
  await insertDecision(context.tx, decision);
  await insertConfirmations(context.tx, confirmationsOf(decision, body, flags));
  const snapshotSha256 = comparison.snapshotDigest.toString('hex');
  const awaitsQualityReview = await drawQualityReview(context, decision, snapshotSha256);
  if (isApproved) {
    const approved = byQuarter(payable);
    await enter(
      context,
      approved.map((amount) => ({
        ...amount,
        agencyCode,
        personId,
        applicationId,
        from: 'entitled',
        to: 'waiting',
      })),
    );
  }
  await emit(context, [decidedEvent(application, body.outcome, assessment)]);
  await tellDecision(context, application, { outcome: body.outcome, assessment, claim, records });
  return {
    id: decision.decisionId,
    applicationId,
    caseNumber: application.caseNumber,
    outcome: body.outcome,
    decidedAt: decision.decidedAt,
    amountFen: decision.amountFen,
    snapshotSha256,
    awaitsQualityReview,
    assessment: describeAssessment(assessment, claim, { isApproved }),
  };
}

/**
 * Makes the newest decision on a case again from its stored snapshot, under its own policy version. That it was asked
 * for is in the audit.
 *
 * @throws Problem not-found for a case that was never decided
 */
export async function replayDecision(context: WriteContext, applicationId: string) {
  const { personId, caseNumber } = await found(context, applicationId);
  const stored = await findStoredDecision(context.tx, personId, applicationId);
  if (stored === undefined) throw new Problem('not-found', { detail: '本案尚无决定，不能重演。' });
  const { identical, differences, replayedDigest } = replay({
    ...stored,
    born: birthDateOf(context.sealer, stored),
  });
  await context.audit({
    target: ['decision', stored.decisionId],
    personId,
    change: { identical, differences, policyVersion: stored.policyVersion },
  });
  return {
    decisionId: stored.decisionId,
    applicationId,
    caseNumber,
    policyVersion: stored.policyVersion,
    decidedAt: stored.decidedAt,
    identical,
    differences: differences.map((code) => ({ code, detail: replayDifferences[code] })),
    snapshotSha256: stored.snapshotDigest.toString('hex'),
    assessmentSha256: stored.assessmentDigest.toString('hex'),
    replayedSha256: replayedDigest?.toString('hex') ?? null,
  };
}

/** What became of each month, for the platform and the provincial system. */
export function decidedEvent(
  { personId, applicationId }: Application,
  outcome: DecideApplication['outcome'] | 'not-accepted',
  assessment: Assessment,
): CaseEvent {
  const stateOf = { payable: 'live', undetermined: 'released' } as const;
  const months = assessment.months.map(({ month, outcome: came, amountFen }) => ({
    month,
    state: came === 'payable' || came === 'undetermined' ? stateOf[came] : 'refused',
    amountFen: came === 'payable' ? amountFen : null,
  }));
  const amountFen = outcome === 'approved' ? assessment.amountFen : 0;
  return {
    personId,
    applicationId,
    type: `application-${outcome}`,
    content: { state: outcome, months, amountFen },
  };
}

async function snapshotOf(context: WriteContext, application: Application) {
  const person = await holdPerson(context, application.personId);
  if (application.submittedAt === null) throw new Error('an accepted case was submitted');
  return await takeSnapshot(context, {
    personId: application.personId,
    person,
    agencyCode: application.agencyCode,
    months: application.months,
    submittedOn: dayInShanghai(Temporal.Instant.from(application.submittedAt)),
    decidedOn: context.today,
  });
}

function refuseUnsupported(
  assessment: Assessment,
  body: DecideApplication,
  flags: readonly Flag[],
  claim: Claim,
): void {
  const fieldErrors: FieldError[] = [];
  const monthsWith = (outcome: string) => assessment.months.filter((month) => month.outcome === outcome);
  const fieldError = (month: string, code: string, detail: string) =>
    fieldErrors.push({ pointer: `/months/${month}`, code, detail });
  const payable = monthsWith('payable');
  const undetermined = monthsWith('undetermined');
  if (body.outcome === 'approved') {
    if (payable.length === 0) {
      for (const { month, outcome } of assessment.months) {
        const detail =
          outcome === 'still-owed'
            ? stillOwedInWords(month, owedFenOf(claim, month))
            : '没有可以发放的月份，不能审核通过。';
        fieldError(month, outcome, detail);
      }
    }
    if (body.releaseUndetermined !== true) {
      const detail = '数据未到齐，请等待数据或核实；也可选择本次不对该月作决定，由申请人在数据到齐后再申请。';
      for (const { month } of undetermined) fieldError(month, 'undetermined', detail);
    }
  } else {
    for (const { month } of payable) fieldError(month, 'payable', '该月符合条件，不能审核不通过。');
    for (const { month } of undetermined)
      fieldError(month, 'undetermined', '数据未到齐，不能据此审核不通过，请等待数据或核实。');
  }
  if (fieldErrors.length > 0) throw new Problem('decision-not-supported', { fieldErrors });
  if (body.outcome === 'approved') refuseUnconfirmed(flags, body.confirmations ?? []);
}

/** What the reviewer confirmed of the flags that stand on the case, kept with the decision. */
function confirmationsOf(
  { personId, decisionId }: { readonly personId: string; readonly decisionId: string },
  { confirmations = [] }: DecideApplication,
  flags: readonly Flag[],
) {
  return confirmations.flatMap(({ flag, reason }) => {
    const seen = flags.find(({ code }) => code === flag);
    return seen === undefined
      ? []
      : [{ personId, decisionId, flag, detail: seen.detail, reason: reason ?? null }];
  });
}

/** The first approval fixes the term for ever (article 三); a later one only counts imports that arrived since. */
async function fixOrKeepTerm(
  context: WriteContext,
  personId: string,
  claim: Claim,
  policy: Policy,
): Promise<void> {
  const owedMonths = (claim.owedMonths ?? []).map(({ month }) => month);
  const importedMonths = countImported(claim.facts, [...claim.liveMonths, ...owedMonths]);
  const isFixed = (await findTerm(context.tx, personId)) !== undefined;
  if (isFixed) {
    await setImportedMonths(context.tx, personId, importedMonths);
    return;
  }
  const term = claim.term ?? fixTerm(claim.decidedOn, claim.person, claim.facts, policy);
  const { retirementOn, ...kept } = term;
  const retirementMonth = monthOf(retirementOn);
  await insertTerm(context.tx, { personId, ...kept, retirementMonth, importedMonths });
}
