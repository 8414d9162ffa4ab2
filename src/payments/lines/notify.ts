// Tells whoever follows a case what became of its money, in the transaction of what the bank said.

import { emit } from '../../notifications/events/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { MovedMonth } from './store.ts';

/** One event for each line and case: a line may pay for months of two cases. */
export async function tellPayments(
  context: WriteContext,
  months: readonly MovedMonth[],
  outcome: 'paid' | 'failed' | 'returned',
): Promise<void> {
  const byCase = Map.groupBy(months, ({ lineId, applicationId }) => `${lineId} ${applicationId}`);
  await emit(
    context,
    [...byCase.values()].flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      const { personId, applicationId } = first;
      const content = {
        months: own.map(({ month, amountFen }) => ({ month, state: outcome, amountFen })),
        amountFen: own.reduce((sum, { amountFen }) => sum + amountFen, 0),
      };
      return [{ personId, applicationId, type: `payment-${outcome}` as const, content }];
    }),
  );
}
