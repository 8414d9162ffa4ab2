// Reads the audit for what it says of looks at one person, and of looks by one officer. Writes nothing.

import { sql } from 'kysely';
import type { Tx } from '../database/connect.ts';
import type { PageRequest } from '../http/paging.ts';

/** One look at a time for an officer: two at once would each count without the other. */
export async function lockOfficer(tx: Tx, officer: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`reveal ${officer}`}, 0))`.execute(tx);
}

/** When the officer had people revealed since an instant, newest first, at most `limit` times. */
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
    .where('operation', '=', 'revealPerson')
    .where('at', '>', since)
    .orderBy('at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ at }) => at);
}

/**
 * Every act on the person, and on each disbursement that holds a line of theirs: rosters and payment files name people
 * without an entry for each. `isPaidThere` is null for an entry on the person.
 */
export async function listAccesses(tx: Tx, personId: string, page: PageRequest) {
  const after = page.afterId ?? '0';
  return await tx
    .with('found', (db) =>
      db
        .selectFrom('auditEntry')
        .select(['entryId', sql<boolean | null>`null::boolean`.as('isPaidThere')])
        .where('personId', '=', personId)
        .unionAll(
          db
            .selectFrom('paymentLine as l')
            .innerJoin('auditEntry as e', (join) =>
              join
                .on('e.targetKind', '=', 'disbursement')
                .on('e.targetId', '=', sql`l.disbursement_id::text`),
            )
            .select(['e.entryId', sql<boolean | null>`bool_or(l.state <> 'held')`.as('isPaidThere')])
            .where('l.personId', '=', personId)
            .where('e.personId', 'is', null)
            .groupBy('e.entryId'),
        ),
    )
    .selectFrom('found')
    .innerJoin('auditEntry as e', 'e.entryId', 'found.entryId')
    .selectAll('e')
    .select('found.isPaidThere')
    .where('e.entryId', '>', sql<number>`${after}::bigint`)
    .orderBy('e.entryId')
    .limit(page.limit + 1)
    .execute();
}
