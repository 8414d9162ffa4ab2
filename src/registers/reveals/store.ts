// Reads the audit for when an officer looked at personal data whole. Writes nothing.

import { type SqlBool, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';

/** One look at a time for an officer: two at once would each count without the other. */
export async function lockOfficer(tx: Tx, officer: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`reveal ${officer}`}, 0))`.execute(tx);
}

/** When the officer looked at personal data whole since an instant, newest first, at most `limit` times. */
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
        // A picture that was asked for with a purpose; without one it was of a case that the officer handles.
        eb.and([eb('operation', '=', 'getMaterialContent'), sql<SqlBool>`change ? 'purpose'`]),
      ]),
    )
    .where('at', '>', since)
    .orderBy('at', 'desc')
    .limit(atMost(limit))
    .execute();
  return rows.map(({ at }) => at);
}
