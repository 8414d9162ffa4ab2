// Signs many clear cases at once: which may be in a batch, and what became of each. One case's decision is in operations.ts.

import type { Flag } from '../../applications/flags/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import { Problem, problems } from '../../platform/problem.ts';
import type { Assessment, CheckResult } from '../../rules/assess.ts';
import { catalogue } from '../../rules/policy/catalogue.ts';
import { decideApplication } from './operations.ts';
import type { ClearCase, DecideApplications } from './schemas.ts';

/**
 * Approves one of the cases that a reviewer signs together: only where every check of every month is clear, no flag has to
 * be confirmed, and nothing has changed since the comparison that was looked at.
 *
 * @throws Problem as decideApplication
 */
export async function decideClearCase(
  context: WriteContext,
  { applicationId, version, comparisonId }: ClearCase,
) {
  const body = { comparisonId, outcome: 'approved' } as const;
  const { id, caseNumber, amountFen, snapshotSha256, awaitsQualityReview } = await decideApplication(
    context,
    applicationId,
    version,
    body,
    refuseUnclear,
  );
  return { id, caseNumber, amountFen, snapshotSha256, awaitsQualityReview };
}

/** The cases of a batch; one that is named twice is a fault of the request. */
export function casesOf({ cases }: DecideApplications): readonly ClearCase[] {
  const ids = cases.map(({ applicationId }) => applicationId);
  const fieldErrors = ids.flatMap((id, index) =>
    ids.indexOf(id) === index
      ? []
      : [{ pointer: `/body/cases/${index}/applicationId`, code: 'repeated', detail: '同一申请只能列一次。' }],
  );
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  return cases;
}

/** What became of each case of a batch, and of all together. */
export function resultsOf(
  outcomes: readonly {
    readonly item: ClearCase;
    readonly outcome: Awaited<ReturnType<typeof decideClearCase>> | Problem;
  }[],
) {
  const items = outcomes.map(({ item: { applicationId }, outcome }) => {
    if (!(outcome instanceof Problem)) return { applicationId, decision: outcome, refusal: null };
    const { code, detail, fieldErrors } = outcome;
    return {
      applicationId,
      decision: null,
      refusal: { code, title: problems[code].title, detail, errors: fieldErrors },
    };
  });
  const decisions = items.flatMap(({ decision }) => decision ?? []);
  return {
    approved: decisions.length,
    leftOut: items.length - decisions.length,
    amountFen: decisions.reduce((sum, decision) => sum + decision.amountFen, 0),
    items,
  };
}

function refuseUnclear(assessment: Assessment, _: unknown, flags: readonly Flag[]): void {
  const unclear = assessment.months.flatMap(({ month, outcome, checks }) => [
    ...(outcome === 'payable' ? [] : [{ pointer: `/months/${month}`, code: outcome, detail: oneByOne }]),
    ...checks
      .filter(({ answer }) => answer !== 'clear')
      .map((check) => ({
        pointer: `/months/${month}/checks/${check.code}`,
        code: check.answer,
        detail: `${failingInWords(check)}，须单独审核。`,
      })),
  ]);
  const flagged = flags
    .filter(({ needs }) => needs !== 'nothing')
    .map(({ code, title, detail }) => ({
      pointer: '/flags',
      code,
      detail: `“${title}”须单独审核：${detail}`,
    }));
  const fieldErrors = [...unclear, ...flagged];
  if (fieldErrors.length > 0) throw new Problem('decision-not-supported', { fieldErrors });
}

function failingInWords({ code, answer }: CheckResult): string {
  const { title, group } = catalogue[code];
  if (answer === 'unknown') return `“${title}”的数据未到齐`;
  return group === 'prerequisite' ? `未满足“${title}”` : `存在不予补贴情形“${title}”`;
}

const oneByOne = '不是各项均通过的月份，须单独审核。';
