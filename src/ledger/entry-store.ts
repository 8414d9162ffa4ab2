// Reads the ledger's entries one by one: what the figures that are money are made of. Changes nothing.

import { sql } from 'kysely';
import type { Tx } from '../database/connect.ts';
import type { PageRequest } from '../http/paging.ts';
import type { Account } from './store.ts';

/** Figures of the chain that are what stands in an account. */
const accountOf = {
  received: 'finance',
  returnedToFinance: 'returned-to-finance',
  unspent: 'unspent',
  recoverable: 'recoverable',
  repaid: 'repaid',
} as const satisfies Record<string, Account>;
export type CashFigure = keyof typeof accountOf;
// Object.keys forgets the names it was given.
export const cashFigures = Object.keys(accountOf) as CashFigure[];

/** Entries of an agency that make up a figure, in the order they were entered, each with its sign. */
export async function listEntries(
  tx: Tx,
  scope: { agencyCode: string; quarter?: string },
  figure: CashFigure,
  page: PageRequest,
) {
  const account = accountOf[figure];
  // Money comes from finance: what left that account is what was received.
  const sign = figure === 'received' ? -1 : 1;
  const { rows } = await sql<{
    entryNumber: string;
    enteredAt: string;
    operation: string;
    quarter: string;
    disbursementId: string | null;
    lineId: string | null;
    recoveryId: string | null;
    personId: string | null;
    amountFen: number;
  }>`
    select entry_id::text as entry_number, entered_at, operation, quarter::text, disbursement_id, line_id, recovery_id,
      person_id, ${sign} * case when to_account = ${account} then amount_fen else -amount_fen end as amount_fen
    from ledger_entry
    where agency_code = ${scope.agencyCode} and ${account} in (from_account, to_account)
      and (${scope.quarter ?? null}::text is null or quarter = ${scope.quarter ?? null})
      and entry_id > ${page.afterId ?? '0'}::bigint
    order by entry_id limit ${page.limit + 1}`.execute(tx);
  return rows;
}
