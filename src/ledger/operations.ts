// Enters movements and answers for the whole chain. Whoever moves money enters it in the same transaction.

import type { Act, View } from '../act.ts';
import { type Fault, Refusal } from '../http/problem.ts';
import { type Month, quarterOf } from '../rules/days.ts';
import { moneyChain } from './chain.ts';
import { insertEntries, type Movement, sumAccounts, sumFacts, sumReceipts } from './store.ts';

export type { Movement } from './store.ts';

/** Many inserts in one statement stay below PostgreSQL's 65,535 parameters. */
const entriesPerStatement = 4_000;

/** Enters movements under the name of the operation that makes them. */
export async function enter(act: Act, movements: readonly Movement[]): Promise<void> {
  for (let start = 0; start < movements.length; start += entriesPerStatement) {
    await insertEntries(
      act.tx,
      act.operation,
      act.at.toString(),
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

/** The chain of one agency, for one quarter or for all. `not-found` for another agency's. */
export async function getMoneyChain(view: View, query: { agencyCode: string; quarter?: string }) {
  const { sight } = view;
  if (sight.relation !== 'city' && !(sight.relation === 'agency' && sight.code === query.agencyCode)) {
    throw new Refusal('not-found', { faults: [notYours] });
  }
  const quarter = query.quarter ?? null;
  const accounts = await sumAccounts(view.tx, query.agencyCode, quarter);
  const received = quarter === null ? await sumReceipts(view.tx, query.agencyCode) : null;
  const facts = { ...(await sumFacts(view.tx, query.agencyCode, quarter)), received };
  return { agencyCode: query.agencyCode, quarter, ...moneyChain(accounts, facts) };
}

const notYours: Fault = { pointer: '/query/agencyCode', code: 'not-found', detail: '不在您的管辖范围内。' };
