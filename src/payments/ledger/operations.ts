// Posts ledger entries and reads balances. Operations that move money post in the same transaction.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { chunks } from '../../registers/people/operations.ts';
import { type Month, quarterOf } from '../../values/days.ts';
import { type Account, insertEntries, type Movement, sumOfDisbursement } from './store.ts';

export type { Movement } from './store.ts';

/** Keeps a multi-row insert below PostgreSQL's 65,535 parameters. */
const entriesPerStatement = 4_000;

/** Posts movements with the name of the calling operation. */
export async function post(context: WriteContext, movements: readonly Movement[]): Promise<void> {
  for (const some of chunks(movements, entriesPerStatement))
    insertEntries(context.tx, context.operation, context.at.toString(), some);
}

/** Sums amounts of months by quarter: the ledger is kept by quarter. */
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

/** The balance of one account of a disbursement in fen, by quarter, oldest first. */
export async function balance(
  context: ReadContext,
  disbursementId: string,
  account: Account,
): Promise<Map<string, number>> {
  return await sumOfDisbursement(context.tx, disbursementId, account);
}
