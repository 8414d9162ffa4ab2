// Emits the events of payments, in the transaction of what the bank said.

import { emit } from '../../notifications/events/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { MovedMonth } from './store.ts';

const outcomes = ['paid', 'failed', 'returned'] as const;

/** One event for each line and case: a line may pay for months of two cases. Of what the bank cannot say yet, none. */
export async function tellPayments(context: WriteContext, months: readonly MovedMonth[]): Promise<void> {
  const byCase = Map.groupBy(months, ({ lineId, applicationId }) => `${lineId} ${applicationId}`);
  await emit(
    context,
    [...byCase.values()].flatMap((own) => {
      const [first] = own;
      const outcome = outcomes.find((state) => state === first?.state);
      if (first === undefined || outcome === undefined) return [];
      const { personId, applicationId } = first;
      const content = {
        months: own.map(({ month, amountFen }) => ({ month, state: outcome, amountFen })),
        amountFen: own.reduce((sum, { amountFen }) => sum + amountFen, 0),
      };
      return [{ personId, applicationId, type: `payment-${outcome}` as const, content }];
    }),
  );
}
