// Reads the ledger's entries one by one: what the figures that are money are made of. Changes nothing.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { Account } from '../ledger/store.ts';

/**
 * Entries of an agency that put money into an account or took it out, in the order they were posted, amounts in fen.
 *
 * @param sign -1 to count what was taken out as positive
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
