// Tells whoever follows a case what became of its money, in the transaction of what the bank said.

import { emit } from '../../notifications/events/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import { listMonthsOf } from '../lines/month-store.ts';
import type { LineKey } from '../lines/store.ts';

/** One event for each case that one of the lines pays for, with the months of that case. */
export async function tellPayments(
  context: WriteContext,
  lines: readonly LineKey[],
  outcome: 'paid' | 'failed' | 'returned',
): Promise<void> {
  const months = await listMonthsOf(context.tx, lines);
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
