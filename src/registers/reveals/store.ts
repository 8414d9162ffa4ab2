// Reads from the audit when an officer revealed personal data.

import { type SqlBool, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { later } from '../../platform/database/transaction.ts';

/** Serialises the reveals of one officer: two concurrent ones would not count each other. */
export function lockOfficer(tx: Tx, officer: string): void {
  later(tx, sql`select pg_advisory_xact_lock(hashtextextended(${`reveal ${officer}`}, 0))`);
}

/** The times of the officer's reveals since an instant, newest first, at most `limit`. */
export async function listRevealTimes(
  tx: Tx,
  officer: string,
  since: string,
  limit: number,
): Promise<string[]> {
  const rows = await tx
    .selectFrom('auditEntry')
    .select('at')
    .where('actor', '=', officer)
    .where((eb) =>
      eb.or([
        eb('operation', '=', 'revealPerson'),
        // Only pictures requested with a purpose count; without one the officer handles the case.
        eb.and([eb('operation', '=', 'getMaterialFile'), sql<SqlBool>`change ? 'purpose'`]),
      ]),
    )
    .where('at', '>', since)
    .orderBy('at', 'desc')
    .limit(atMost(limit))
    .execute();
  return rows.map(({ at }) => at);
}
