// Enters movements and answers what stands in the accounts. Whoever moves money enters it in the same transaction.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { type Month, quarterOf } from '../../values/days.ts';
import { type Account, insertEntries, type Movement, sumOfDisbursement } from './store.ts';

export type { Movement } from './store.ts';

/** Many inserts in one statement stay below PostgreSQL's 65,535 parameters. */
const entriesPerStatement = 4_000;

/** Enters movements under the name of the operation that makes them. */
export async function enter(context: WriteContext, movements: readonly Movement[]): Promise<void> {
  for (let start = 0; start < movements.length; start += entriesPerStatement) {
    await insertEntries(
      context.tx,
      context.operation,
      context.at.toString(),
      movements.slice(start, start + entriesPerStatement),
    );
  }
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

/** What stands in one account of one disbursement, by quarter, oldest first, in fen. */
export async function standing(
  context: ReadContext,
  disbursementId: string,
  account: Account,
): Promise<Map<string, number>> {
  return await sumOfDisbursement(context.tx, disbursementId, account);
}
