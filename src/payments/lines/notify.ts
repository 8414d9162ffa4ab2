// Emits payment events in the transaction that records the bank's results.

import { emit } from '../../notifications/events/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { MovedMonth } from './store.ts';

const outcomes = ['paid', 'failed', 'returned'] as const;

/** One event per line and case, because a line may pay months of two cases. None for the result `unknown`. */
export async function tellPayments(context: WriteContext, months: readonly MovedMonth[]): Promise<void> {
  const byCase = Map.groupBy(months, ({ lineId, applicationId }) => `${lineId} ${applicationId}`);
  await emit(
    context,
    [...byCase.values()].flatMap((own) => {
      const [first] = own;
      const outcome = outcomes.find((state) => state === first?.state);
      if (first === undefined || outcome === undefined) return [];
      const { personId, applicationId, lineId } = first;
      const content = {
        months: own.map(({ month, amountFen }) => ({ month, state: outcome, amountFen })),
        amountFen: own.reduce((sum, { amountFen }) => sum + amountFen, 0),
        lineId,
      };
      return [{ personId, applicationId, type: `payment-${outcome}` as const, content }];
    }),
  );
}
