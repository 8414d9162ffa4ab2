// Accepts cases 受理 (article 五.三). Here and not in applications/acceptance, because a handler who accepts a case of
// which no month can be paid says why, and that takes the assessment.

import { accept } from '../../applications/acceptance/operations.ts';
import { locked } from '../../applications/application/lifecycle.ts';
import type { WriteContext } from '../../platform/context.ts';
import { together } from '../../platform/database/together.ts';
import { Problem } from '../../platform/problem.ts';
import { describeAssessment } from '../../rules/explain/explain.ts';
import { assessedToday } from '../comparison/operations.ts';
import type { AcceptApplication, CaseToAccept } from './schemas.ts';

/**
 * Accepts a complete case. The handler signs; every paper that no register waives must be there. If every month fails
 * for certain, the handler gives a reason, which is kept with the case; a month that is undetermined needs none.
 *
 * @throws Problem not-found, precondition-failed, state-conflict, officer-already-on-case, materials-missing,
 *   acceptance-needs-reason
 */
export async function acceptApplication(
  context: WriteContext,
  applicationId: string,
  expected: number,
  { reason }: AcceptApplication,
) {
  const submitted = await locked(context, applicationId, expected);
  const [accepted, assessed] = await together([
    accept(context, submitted, reason ?? null),
    reason === undefined ? assessedToday(context, submitted) : null,
  ]);
  if (assessed === null || assessed.assessment.outcome !== 'refused') return accepted;
  const { assessment, claim } = assessed;
  throw new Problem('acceptance-needs-reason', {
    fieldErrors: describeAssessment(assessment, claim, context.policies).months.map(
      ({ month, outcome, explanation }) => ({
        pointer: `/months/${month}`,
        code: outcome,
        detail: explanation,
      }),
    ),
  });
}

/** Accepts one of the cases that a handler accepts together, as `acceptApplication` does. */
export async function acceptApplications(
  context: WriteContext,
  { applicationId, version: expected, ...body }: CaseToAccept,
) {
  const { caseNumber, version } = await acceptApplication(context, applicationId, expected, body);
  return { caseNumber, version };
}
