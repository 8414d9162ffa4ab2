// Remembers what was done, in which order it was sealed, and nothing that is personal.

import { sql } from 'kysely';
import type { Tx } from '../database/connect.ts';
import type { PageRequest } from '../http/paging.ts';
import type { Algorithm, Head, SealedEntry } from './chain.ts';

/** One sealer at a time in the whole database; false while another is at work. */
export async function lockSealing(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('audit sealing', 0)) as free`.execute(tx);
  return rows[0]?.free === true;
}

export async function findHead(tx: Tx): Promise<Head | undefined> {
  return await tx
    .selectFrom('auditSeal')
    .select(['sequence', 'hash'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/**
 * Entries that are not sealed yet, oldest first. Ids are given before a commit and may become visible out of order, so
 * the look goes back behind the newest sealed one by far more ids than transactions can be under way.
 */
export async function listUnsealed(tx: Tx, lookBack: number, limit: number) {
  const { rows } = await sql<{ entryId: number; text: string }>`
    select entry.entry_id, audit_entry_text(entry) as text
    from audit_entry entry
    where entry.entry_id > coalesce((select max(entry_id) from audit_seal), 0) - ${lookBack}
      and not exists (select from audit_seal seal where seal.entry_id = entry.entry_id)
    order by entry.entry_id limit ${limit}`.execute(tx);
  return rows;
}

export async function insertSeals(
  tx: Tx,
  seals: readonly { sequence: number; entryId: number; algorithm: Algorithm; hash: Buffer }[],
): Promise<void> {
  await tx
    .insertInto('auditSeal')
    .values([...seals])
    .execute();
}

/** The chain from a place on, with each entry's text as it is now. */
export async function listSealed(tx: Tx, afterSequence: number, limit: number): Promise<SealedEntry[]> {
  const { rows } = await sql<SealedEntry>`
    select seal.sequence, seal.entry_id, seal.algorithm, seal.hash, audit_entry_text(entry) as text
    from audit_seal seal left join audit_entry entry on entry.entry_id = seal.entry_id
    where seal.sequence > ${afterSequence} order by seal.sequence limit ${limit}`.execute(tx);
  return rows;
}

export interface EntryFilter {
  readonly operation?: string;
  readonly actor?: string;
  readonly targetKind?: string;
  readonly targetId?: string;
  readonly personId?: string;
}

/** Entries in the order of their ids. @param page its `afterId` is an entry's id as text */
export async function listEntries(tx: Tx, filter: EntryFilter, page: PageRequest) {
  let query = tx.selectFrom('auditEntry').selectAll();
  if (filter.operation !== undefined) query = query.where('operation', '=', filter.operation);
  if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor);
  if (filter.targetKind !== undefined) query = query.where('targetKind', '=', filter.targetKind);
  if (filter.targetId !== undefined) query = query.where('targetId', '=', filter.targetId);
  if (filter.personId !== undefined) query = query.where('personId', '=', filter.personId);
  if (page.afterId !== null) query = query.where('entryId', '>', Number(page.afterId));
  return await query
    .orderBy('entryId')
    .limit(page.limit + 1)
    .execute();
}

/** How often an actor did something since a moment. */
export async function countSince(tx: Tx, actor: string, operation: string, since: string): Promise<number> {
  const { count } = await tx
    .selectFrom('auditEntry')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('actor', '=', actor)
    .where('operation', '=', operation)
    .where('at', '>=', since)
    .executeTakeFirstOrThrow();
  return count;
}
