// Tells of a decision: its notice, in the transaction of the decision itself.

import { noticedCase } from '../../applications/application/operations.ts';
import { decisionContent, nonAcceptanceContent } from '../../notifications/notices/content.ts';
import { issueNotice } from '../../notifications/notices/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import type { FactSource } from '../../registers/records/operations.ts';
import { readStatements } from '../../registers/records/statements.ts';
import type { Assessment, Claim } from '../../rules/assess.ts';
import { describeAssessment } from '../../rules/explain/explain.ts';
import { evidenceSheet } from './evidence-sheet.ts';
import { replaceRefusalReasons } from './store.ts';

/** What was decided, on what. */
export interface Told {
  readonly outcome: 'approved' | 'refused' | 'not-accepted';
  readonly assessment: Assessment;
  readonly claim: Claim;
  readonly records: readonly FactSource[];
}

/** Issues the notice of a decision or of a case that is not accepted, with the evidence sheet of its failing months. */
export async function tellDecision(
  context: WriteContext,
  application: Application,
  { outcome, assessment, claim, records }: Told,
): Promise<void> {
  const { personId, agencyCode } = application;
  const { coverage } = await readStatements(context, personId, agencyCode);
  const evidence = evidenceSheet(describeAssessment(assessment, claim), claim, { records, coverage });
  await replaceRefusalReasons(context.tx, application, reasonsOf(assessment));
  const noticed = await noticedCase(context, application);
  if (outcome === 'not-accepted') {
    await issueNotice(context, 'non-acceptance', noticed, (subject) =>
      nonAcceptanceContent(subject, evidence),
    );
    return;
  }
  const monthsWith = (came: 'payable' | 'undetermined') =>
    outcome === 'approved'
      ? assessment.months.filter((month) => month.outcome === came).map(({ month }) => month)
      : [];
  const approvedMonths = monthsWith('payable');
  const undecidedMonths = monthsWith('undetermined');
  const amountFen = outcome === 'approved' ? assessment.amountFen : 0;
  await issueNotice(context, 'decision', noticed, (subject) =>
    decisionContent(subject, { approvedMonths, undecidedMonths, amountFen }, evidence),
  );
}

/** The checks that each excluded month failed, as statistics count them. */
function reasonsOf({ months }: Assessment): { month: string; check: string }[] {
  return months
    .filter(({ outcome }) => outcome === 'excluded')
    .flatMap(({ month, checks }) =>
      checks.filter(({ answer }) => answer === 'hit').map(({ code }) => ({ month, check: code })),
    );
}
