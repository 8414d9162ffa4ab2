// Reads what became of the money of months.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { MonthWithMoney } from './money.ts';
import type { CaseKey } from './store.ts';

export type MonthAndMoney = MonthWithMoney & { readonly month: string };

/**
 * The months of a case, each with what became of its money. Takes the case as SQL. OFFSET 0 keeps the condition with the
 * function, which is then not called in vain.
 *
 * @param hasMoney false for a case that was never approved, which spares looking for its money
 */
export function monthsWithMoney(
  person: RawBuilder<unknown>,
  application: RawBuilder<unknown>,
  hasMoney: RawBuilder<unknown> = sql`true`,
): RawBuilder<MonthAndMoney> {
  return sql<MonthAndMoney>`
    select m.month, m.state, m.amount_fen as "amountFen", k.line_state as "lineState", k.failure,
      k.settled_at as "settledAt", k.returned_on as "returnedOn", k.return_reason as "returnReason",
      k.set_off_at as "setOffAt", k.was_paid as "wasPaid", k.owed_fen as "owedFen",
      k.recovery_closed_at as "recoveryClosedAt", k.is_closed as "isClosed"
    from subsidy_month m
    left join (select * from money_of_months(${person}, ${application}) where ${hasMoney} offset 0) k on k.month = m.month
    where m.person_id = ${person} and m.application_id = ${application} order by m.month`;
}

export async function listMonths(tx: Tx, { personId, applicationId }: CaseKey): Promise<MonthAndMoney[]> {
  return (await monthsWithMoney(sql`${personId}::uuid`, sql`${applicationId}::uuid`).execute(tx)).rows;
}

/**
 * The person's granted months among these, of all cases, each with what became of its money. The months are one text: a
 * statement with an array is planned anew each time.
 */
export async function listGrantedMonths(tx: Tx, personId: string, months: readonly string[]) {
  const { rows } = await sql<MonthAndMoney>`
    select m.month, m.state, m.amount_fen, k.*
    from money_of_months(${personId}, null) k
    join subsidy_month m on m.person_id = ${personId} and m.month = k.month and m.application_id = k.application_id
    where m.month = any(string_to_array(${months.join(' ')}, ' ')) order by m.month, m.application_id`.execute(
    tx,
  );
  return rows;
}
