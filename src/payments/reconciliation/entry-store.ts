// Reads single ledger entries: the details behind the figures that are sums of entries. Writes nothing.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { Account } from '../ledger/store.ts';

/**
 * An agency's entries that credit or debit an account, in posting order, amounts in fen.
 *
 * @param sign -1 makes debits positive
 */
export async function listEntries(
  tx: Tx,
  scope: { agencyCode: string; quarter?: string },
  { account, sign }: { readonly account: Account; readonly sign: 1 | -1 },
  page: PageRequest,
) {
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
    order by entry_id limit ${atMost(page.limit + 1)}`.execute(tx);
  return rows;
}
