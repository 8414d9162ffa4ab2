// Ends a case at its acceptance where comparison shows that no month can qualify (article 五.三). The reasons are the
// assessment's, never somebody's own words. It is a decision like any other, the handler's, signed on its comparison.

import { getApplication, locked, move, setMonth, sign } from '../../applications/application/operations.ts';
import { emit } from '../../notifications/events/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { WriteContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import type { Assessment } from '../../rules/assess.ts';
import { tellDecision } from './notify.ts';
import { decidedEvent, keepComparison } from './operations.ts';
import { insertDecision } from './store.ts';

/**
 * Does not accept a submitted case: compares it, keeps the comparison and the decision on it, frees its months and issues
 * the notice with the evidence sheet. Only where every month fails for certain; what is unknown is never a reason.
 *
 * @throws Problem precondition-failed, state-conflict, decline-not-supported, officer-already-on-case
 */
export async function declineApplication(context: WriteContext, applicationId: string, expected: number) {
  const application = await locked(context, applicationId, expected);
  const { personId, agencyCode } = application;
  await move(context, application, 'decline', { closedAt: context.at.toString() });
  const { comparisonId, assessment, claim, records } = await keepComparison(context, application);
  refuseUnlessHopeless(assessment);
  await sign(context, [application], 'handler');
  for (const { month } of assessment.months)
    await setMonth(context.tx, { personId, applicationId, month }, 'claimed', 'refused');
  await insertDecision(context.tx, {
    personId,
    decisionId: context.newId(),
    applicationId,
    comparisonId,
    outcome: 'not-accepted',
    approvedMonths: [],
    amountFen: 0,
    officer: officerOf(context.actor),
    agencyCode,
    role: 'handler',
    decidedAt: context.at.toString(),
    replacesDecisionId: null,
  });
  await emit(context, [decidedEvent(application, 'not-accepted', assessment)]);
  await tellDecision(context, application, { outcome: 'not-accepted', assessment, claim, records });
  return await getApplication(context, applicationId);
}

function refuseUnlessHopeless({ months, outcome }: Assessment): void {
  if (outcome === 'refused') return;
  const details = {
    payable: '该月符合条件，请按程序受理。',
    undetermined: '该月数据未到齐，请等待数据、核实，或要求补正。',
  } as const;
  const fieldErrors = months.flatMap(({ month, outcome: came }) =>
    came === 'payable' || came === 'undetermined'
      ? [{ pointer: `/months/${month}`, code: came, detail: details[came] }]
      : [],
  );
  throw new Problem('decline-not-supported', { fieldErrors });
}
