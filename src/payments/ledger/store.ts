// Stores every movement of money, and of claims to it, between the accounts of an agency and quarter. Append-only: a
// correction is a reverse entry.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { insertLater } from '../../platform/database/insert.ts';
import type { LedgerEntry } from '../../platform/database/tables.ts';

export type Account = LedgerEntry['fromAccount'] | LedgerEntry['toAccount'];

export interface Movement {
  readonly agencyCode: string;
  readonly quarter: string;
  readonly from: Account;
  readonly to: Account;
  readonly amountFen: number;
  /** Number of payment lines in this sum. */
  readonly lineCount?: number;
  readonly disbursementId?: string;
  readonly personId?: string;
  readonly applicationId?: string;
  readonly lineId?: string;
  readonly recoveryId?: string;
}

/** Sent without waiting. */
export function insertEntries(
  tx: Tx,
  operation: string,
  enteredAt: string,
  movements: readonly Movement[],
): void {
  insertLater(
    tx,
    'ledgerEntry',
    movements.map(({ from, to, ...movement }) => ({
      ...movement,
      operation,
      enteredAt,
      fromAccount: from,
      toAccount: to,
    })),
  );
}

/** The balance of each account of a disbursement in fen, incoming less outgoing. Accounts without entries are absent. */
export async function sumAccounts(tx: Tx, disbursementId: string): Promise<Map<Account, number>> {
  const { rows } = await sql<{ fromAccount: Account; toAccount: Account; amountFen: number }>`
    select from_account, to_account, sum(amount_fen)::bigint as amount_fen
    from ledger_entry where disbursement_id = ${disbursementId} group by 1, 2`.execute(tx);
  const accounts = new Map<Account, number>();
  const add = (account: Account, fen: number) => accounts.set(account, (accounts.get(account) ?? 0) + fen);
  for (const { fromAccount, toAccount, amountFen } of rows) {
    add(fromAccount, -amountFen);
    add(toAccount, amountFen);
  }
  return accounts;
}

/** The balance of one account of a disbursement, by quarter, oldest first. */
export async function sumOfDisbursement(
  tx: Tx,
  disbursementId: string,
  account: Account,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ quarter: string; balance: number }>`
    select standing.quarter, standing.balance
    from disbursement d, balance_of_disbursement(d.disbursement_id, ${account}) as standing
    where d.disbursement_id = ${disbursementId} order by standing.quarter`.execute(tx);
  return new Map(rows.map((row) => [row.quarter, row.balance]));
}
