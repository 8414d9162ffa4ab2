// Emits a decision's event and issues its notice, in the transaction of the decision.

import { noticedCase } from '../../applications/application/description.ts';
import { emit } from '../../notifications/events/operations.ts';
import { decisionContent, nonAcceptanceContent } from '../../notifications/notices/appealable.ts';
import {
  earlierNotice,
  issueNotice,
  tellWith,
  untoldAcceptance,
} from '../../notifications/notices/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import { together } from '../../platform/database/together.ts';
import { type FactSource, readCoverageStatements } from '../../registers/records/operations.ts';
import type { Claim } from '../../rules/assess.ts';
import type { DescribedAssessment } from '../../rules/explain/explain.ts';
import { evidenceSheet, monthDecisions, recordsOf } from './evidence-sheet.ts';

/** The decision and its grounds. */
export interface Told {
  readonly outcome: 'approved' | 'refused' | 'not-accepted';
  readonly assessment: DescribedAssessment;
  readonly claim: Claim;
  readonly records: readonly FactSource[];
  /** Whether it takes the place of a decision that was undone. */
  readonly replacesAnother: boolean;
}

/** Notifies the platform and the provincial system of each month's outcome, and issues the notice. */
export async function tellDecision(
  context: WriteContext,
  application: Application,
  told: Told,
): Promise<void> {
  const { personId, applicationId } = application;
  const content = { state: told.outcome, months: monthsOf(told), amountFen: amountOf(told) };
  await emit(context, [{ personId, applicationId, type: `application-${told.outcome}`, content }]);
  await issueDecisionNotice(context, application, told);
}

function amountOf({ outcome, assessment }: Told): number {
  return outcome === 'approved' ? assessment.amountFen : 0;
}

function monthsOf({ assessment }: Told) {
  const stateOf = { payable: 'live', undetermined: 'released' } as const;
  return assessment.months.map(({ month, outcome, amountFen }) => ({
    month,
    state: outcome === 'payable' || outcome === 'undetermined' ? stateOf[outcome] : 'refused',
    amountFen: outcome === 'payable' ? amountFen : null,
  }));
}

/** The notice of a decision or of a declined case, with the evidence sheet of its failing months. */
async function issueDecisionNotice(
  context: WriteContext,
  application: Application,
  told: Told,
): Promise<void> {
  const { outcome, assessment, claim, records, replacesAnother } = told;
  const { personId, applicationId, agencyCode } = application;
  const isAllPayable = assessment.months.every((month) => month.outcome === 'payable');
  const about = { personId, applicationId };
  const [coverage, noticed, acceptance, replaced] = await together([
    isAllPayable ? [] : readCoverageStatements(context, personId, agencyCode),
    noticedCase(context, application),
    outcome === 'not-accepted' ? undefined : untoldAcceptance(context, application),
    replacesAnother ? replacedNotices(context, about) : null,
  ]);
  const evidence = evidenceSheet(assessment, claim, { records, coverage });
  const months = monthDecisions(assessment, outcome, evidence, (check) => recordsOf(check, claim, records));
  if (outcome === 'not-accepted') {
    await issueNotice(context, 'non-acceptance', noticed, (subject, agency) =>
      nonAcceptanceContent(subject, months, evidence, agency),
    );
    return;
  }
  const { noticeId } = await issueNotice(context, 'decision', noticed, (subject, agency) =>
    decisionContent(subject, months, evidence, {
      agency,
      replaced,
      acceptance: acceptance?.noticeNumber ?? null,
    }),
  );
  if (acceptance !== undefined) tellWith(context, acceptance, noticeId);
}

/** The notices of the decision that was undone, and of its undoing. */
async function replacedNotices(
  context: WriteContext,
  about: { readonly personId: string; readonly applicationId: string },
) {
  const [decision, undone] = await together([
    earlierNotice(context, 'decision', about),
    earlierNotice(context, 'decision-undone', about),
  ]);
  return { decision, undone };
}
