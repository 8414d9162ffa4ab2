// Tells of the bank's results in the transaction that records them: events, and a notice of what did not arrive.

import { lockNoticedCases } from '../../applications/application/description.ts';
import { notPaidInWords } from '../../applications/application/money.ts';
import { emit } from '../../notifications/events/operations.ts';
import { paymentFailedContent } from '../../notifications/notices/content.ts';
import { issueNotices } from '../../notifications/notices/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { MovedMonth } from './store.ts';

const outcomes = ['paid', 'failed', 'returned'] as const;

/**
 * One event per line and case, because a line may pay months of two cases, and a notice where the money did not arrive.
 * Nothing for the result `unknown`.
 *
 * @param returnReason of a line that the bank sent back
 */
export async function tellPayments(
  context: WriteContext,
  months: readonly MovedMonth[],
  returnReason: string | null = null,
): Promise<void> {
  const byCase = Map.groupBy(months, ({ lineId, applicationId }) => `${lineId} ${applicationId}`);
  const told = [...byCase.values()].flatMap((own) => {
    const [first] = own;
    const outcome = outcomes.find((state) => state === first?.state);
    if (first === undefined || outcome === undefined) return [];
    const amountFen = own.reduce((sum, month) => sum + month.amountFen, 0);
    return [{ ...first, outcome, amountFen, own }];
  });
  await emit(
    context,
    told.map(({ personId, applicationId, lineId, outcome, amountFen, own }) => {
      const content = {
        months: own.map((month) => ({ month: month.month, state: outcome, amountFen: month.amountFen })),
        amountFen,
        lineId,
      };
      return { personId, applicationId, type: `payment-${outcome}` as const, content };
    }),
  );
  const failed = told.filter(({ outcome }) => outcome !== 'paid');
  if (failed.length === 0) return;
  const cases = await lockNoticedCases(
    context,
    failed.map(({ applicationId }) => applicationId),
  );
  await issueNotices(
    context,
    'payment-failed',
    failed.map(({ applicationId, outcome, amountFen, failure, own }) => {
      const noticed = cases.get(applicationId);
      if (noticed === undefined) throw new Error(`case ${applicationId} of a payment is not seen`);
      const said = notPaidInWords({ failure, returnReason });
      const isReturned = outcome === 'returned';
      return {
        noticed: { ...noticed, months: own.map(({ month }) => month) },
        contentOf: (subject) => paymentFailedContent(subject, { amountFen, ...said, isReturned }),
      };
    }),
  );
}
