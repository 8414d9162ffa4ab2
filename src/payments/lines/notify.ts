// Tells of the bank's results in the transaction that records them: events, and a notice of what did not arrive.

import { lockNoticedCases } from '../../applications/application/description.ts';
import { notPaidInWords } from '../../applications/application/money.ts';
import { emit } from '../../notifications/events/operations.ts';
import { paymentFailedContent } from '../../notifications/notices/content.ts';
import { issueNotices } from '../../notifications/notices/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { MovedCase } from './store.ts';

const outcomes = ['paid', 'failed', 'returned'] as const;

/**
 * One event per line and case, because a line may pay months of two cases, and a notice where the money did not arrive.
 * Nothing for the result `unknown`.
 *
 * @param returnReason of a line that the bank sent back
 */
export async function tellPayments(
  context: WriteContext,
  cases: readonly MovedCase[],
  returnReason: string | null = null,
): Promise<void> {
  const told = cases.flatMap(({ state, ...moved }) => {
    const outcome = outcomes.find((one) => one === state);
    if (outcome === undefined) return [];
    return [
      { ...moved, outcome, amountFen: moved.months.reduce((sum, { amountFen }) => sum + amountFen, 0) },
    ];
  });
  await emit(
    context,
    told.map(({ personId, applicationId, lineId, outcome, amountFen, months }) => {
      const content = {
        months: months.map(({ month, amountFen: fen }) => ({ month, state: outcome, amountFen: fen })),
        amountFen,
        lineId,
      };
      return { personId, applicationId, type: `payment-${outcome}` as const, content };
    }),
  );
  const failed = told.filter(({ outcome }) => outcome !== 'paid');
  if (failed.length === 0) return;
  const noticedCases = await lockNoticedCases(
    context,
    failed.map(({ applicationId }) => applicationId),
  );
  await issueNotices(
    context,
    'payment-failed',
    failed.map(({ applicationId, outcome, amountFen, failure, months }) => {
      const noticed = noticedCases.get(applicationId);
      if (noticed === undefined) throw new Error(`case ${applicationId} of a payment is not seen`);
      const said = notPaidInWords({ failure, returnReason });
      const isReturned = outcome === 'returned';
      return {
        noticed: { ...noticed, months: months.map(({ month }) => month) },
        contentOf: (subject) => paymentFailedContent(subject, { amountFen, ...said, isReturned }),
      };
    }),
  );
}
