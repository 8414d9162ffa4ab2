// Posts movements and reads balances. What moves money is posted in the same transaction.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { chunks } from '../../registers/people/operations.ts';
import { type Month, quarterOf } from '../../values/days.ts';
import { type Account, insertEntries, type Movement, sumOfDisbursement } from './store.ts';

export type { Movement } from './store.ts';

/** Many inserts in one statement stay below PostgreSQL's 65,535 parameters. */
const entriesPerStatement = 4_000;

/** Posts movements under the name of the operation that makes them. */
export async function post(context: WriteContext, movements: readonly Movement[]): Promise<void> {
  for (const some of chunks(movements, entriesPerStatement))
    await insertEntries(context.tx, context.operation, context.at.toString(), some);
}

/** Amounts of months as amounts of quarters: entries are kept by the quarter of the months they move. */
export function byQuarter(
  months: readonly { month: Month; amountFen: number }[],
): { quarter: string; amountFen: number }[] {
  const sums = new Map<string, number>();
  for (const { month, amountFen } of months) {
    const quarter = quarterOf(month);
    sums.set(quarter, (sums.get(quarter) ?? 0) + amountFen);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([quarter, amountFen]) => ({ quarter, amountFen }));
}

/** The balance of one account of one disbursement, by quarter, oldest first, in fen. */
export async function balance(
  context: ReadContext,
  disbursementId: string,
  account: Account,
): Promise<Map<string, number>> {
  return await sumOfDisbursement(context.tx, disbursementId, account);
}
