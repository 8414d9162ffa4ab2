// Validates a batch of cases that a reviewer decides together, and describes each result. Pure.

import { type FieldError, Problem, problems } from '../../platform/problem.ts';
import type { ClearCase, DecideApplications, DecidedCase } from './schemas.ts';

/** The cases of a batch. @throws Problem invalid-fields if a case is named twice */
export function casesOf({ cases }: DecideApplications): readonly ClearCase[] {
  const ids = cases.map(({ applicationId }) => applicationId);
  const fieldErrors = ids.flatMap((id, index): FieldError[] =>
    ids.indexOf(id) === index
      ? []
      : [{ pointer: `/body/cases/${index}/applicationId`, code: 'repeated', detail: '同一申请只能列一次。' }],
  );
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  return cases;
}

/** The result of each case, and the totals. */
export function resultsOf(
  outcomes: readonly { readonly item: ClearCase; readonly outcome: DecidedCase | Problem }[],
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
