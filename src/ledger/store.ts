// Remembers every movement of money, and of claims to it, between the accounts of an agency and quarter. Entries are only
// ever added; a correction is an entry the other way.

import { sql } from 'kysely';
import type { Tx } from '../database/connect.ts';
import type { LedgerEntry } from '../database/tables.ts';

export type FromAccount = LedgerEntry['fromAccount'];
export type ToAccount = LedgerEntry['toAccount'];
export type Account = FromAccount | ToAccount;

export interface Movement {
  readonly agencyCode: string;
  readonly quarter: string;
  readonly from: FromAccount;
  readonly to: ToAccount;
  readonly amountFen: number;
  readonly disbursementId?: string;
  readonly personId?: string;
  readonly applicationId?: string;
  readonly lineId?: string;
  readonly recoveryId?: string;
}

export async function insertEntries(
  tx: Tx,
  operation: string,
  enteredAt: string,
  movements: readonly Movement[],
): Promise<void> {
  await tx
    .insertInto('ledgerEntry')
    .values(
      movements.map(({ from, to, ...movement }) => ({
        ...movement,
        operation,
        enteredAt,
        fromAccount: from,
        toAccount: to,
      })),
    )
    .execute();
}

/** What stands in each account: all that came in less all that went out, in fen. An account nothing touched is absent. */
export async function sumAccounts(
  tx: Tx,
  agencyCode: string,
  quarter: string | null,
): Promise<Map<Account, number>> {
  const { rows } = await sql<{ account: Account; balance: number }>`
    select account, sum(change)::bigint as balance
    from ledger_entry, lateral (values (from_account, -amount_fen), (to_account, amount_fen)) as side (account, change)
    where agency_code = ${agencyCode} and (${quarter}::text is null or quarter = ${quarter})
    group by account`.execute(tx);
  return new Map(rows.map((row) => [row.account, row.balance]));
}

/**
 * The same figures from what the ledger is a ledger of: months, lines, receipts and repayments. Two independent ways to
 * one truth; where they differ, something was lost.
 */
export async function sumFacts(tx: Tx, agencyCode: string, quarter: string | null) {
  const { rows } = await sql<{
    approved: number;
    recovered: number;
    paid: number;
    inPayment: number;
    repaid: number;
  }>`
    with months as (
      select subsidy_month.*, left(month, 4) || 'Q' || ((right(month, 2)::int + 2) / 3) as quarter
      from subsidy_month join application using (person_id, application_id)
      where agency_code = ${agencyCode} and subsidy_month.state in ('live', 'recovered')
    ), lines as (
      select m.amount_fen, l.state, left(m.month, 4) || 'Q' || ((right(m.month, 2)::int + 2) / 3) as quarter
      from payment_line_month m join payment_line l using (person_id, line_id) join disbursement d using (disbursement_id)
      where d.agency_code = ${agencyCode}
    ), repayments as (
      select p.amount_fen, left(r.month, 4) || 'Q' || ((right(r.month, 2)::int + 2) / 3) as quarter
      from repayment p join recovery r using (person_id, recovery_id) where r.agency_code = ${agencyCode}
    )
    select
      (select coalesce(sum(amount_fen), 0)::bigint from months where ${quarter}::text is null or quarter = ${quarter}) as approved,
      (select coalesce(sum(amount_fen), 0)::bigint from months
        where state = 'recovered' and (${quarter}::text is null or quarter = ${quarter})) as recovered,
      (select coalesce(sum(amount_fen), 0)::bigint from lines
        where state = 'paid' and (${quarter}::text is null or quarter = ${quarter})) as paid,
      (select coalesce(sum(amount_fen), 0)::bigint from lines
        where state in ('in-payment', 'unknown') and (${quarter}::text is null or quarter = ${quarter})) as in_payment,
      (select coalesce(sum(amount_fen), 0)::bigint from repayments
        where ${quarter}::text is null or quarter = ${quarter}) as repaid`.execute(tx);
  const sums = rows[0];
  if (sums === undefined) throw new Error('sums give one row');
  return sums;
}

/** All that finance has given to an agency for the disbursements that hold months of this quarter. */
export async function sumReceipts(tx: Tx, agencyCode: string): Promise<number> {
  const { rows } = await sql<{ received: number }>`
    select coalesce(sum(amount_fen), 0)::bigint as received
    from fund_receipt join disbursement using (disbursement_id) where agency_code = ${agencyCode}`.execute(
    tx,
  );
  return rows[0]?.received ?? 0;
}
