// Remembers what was done, in which order it was sealed, and nothing that is personal.

import { sql } from 'kysely';
import type { Tx } from '../database/connect.ts';
import type { PageRequest } from '../http/paging.ts';
import type { Algorithm, Head, SealedEntry } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';

const hashBytes = 32;

/** One sealer at a time in the whole database; false while another is at work. */
export async function lockSealing(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('audit sealing', 0)) as free`.execute(tx);
  return rows[0]?.free === true;
}

/** The newest sealed entry, whether or not it is still kept. */
export async function findHead(tx: Tx): Promise<Head | undefined> {
  const newest = await tx
    .selectFrom('auditSeal')
    .select(['sequence', 'hash'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest !== undefined) return newest;
  return await findCut(tx);
}

/** Where the chain begins since its oldest entries were deleted, as it was signed then; undefined when it is whole. */
export async function findCut(tx: Tx) {
  return await tx
    .selectFrom('auditCut')
    .select(['sequence', 'hash', 'statement'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Of the oldest entries up to `most` the last one before which all are older than `before`, with its hash. */
export async function findLastOver(tx: Tx, before: string, most: number): Promise<Head | undefined> {
  const { rows } = await sql<Head>`
    select sequence, hash from (
      select seal.sequence, seal.hash, bool_and(entry.at < ${before}) over (order by seal.sequence) as over
      from (select * from audit_seal order by sequence limit ${most}) seal join audit_entry entry using (entry_id)
    ) oldest where over order by sequence desc limit 1`.execute(tx);
  return rows[0];
}

/** Deletes the chain up to a place whose statement is given, by way of the database's own function; answers how many entries are gone. */
export async function cutThrough(tx: Tx, last: Head, statement: Checkpoint): Promise<number> {
  const { rows } = await sql<{ gone: number }>`
    select cut_audit(${last.sequence}, ${last.hash}, ${JSON.stringify(statement)}, ${statement.at}) as gone`.execute(
    tx,
  );
  return rows[0]?.gone ?? 0;
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

/**
 * The chain between two places, each entry with its text as it is now. One row for all of them: as many rows as entries
 * cost the client more than hashing them.
 *
 * @param through the last sequence, included
 */
export async function listSealed(tx: Tx, after: number, through: number): Promise<SealedEntry[]> {
  const { rows } = await sql<{ places: string | null; texts: string; hashes: Buffer }>`
    select string_agg(place, E'\\n') as places, string_agg(text, E'\\n') as texts, string_agg(hash, '') as hashes
    from (
      select seal.sequence || ' ' || seal.entry_id || ' ' || seal.algorithm as place,
        case when entry.entry_id is null then '' else audit_entry_text(entry) end as text, seal.hash
      from audit_seal seal left join audit_entry entry on entry.entry_id = seal.entry_id
      where seal.sequence > ${after} and seal.sequence <= ${through} order by seal.sequence) in_order`.execute(
    tx,
  );
  const [portion] = rows;
  if (portion === undefined || portion.places === null) return [];
  // JSON has no line break that is not escaped.
  const texts = portion.texts.split('\n');
  return portion.places.split('\n').map((place, at) => {
    const [sequence, entryId, algorithm] = place.split(' ');
    const text = texts[at] ?? '';
    return {
      sequence: Number(sequence),
      entryId: Number(entryId),
      // The cast: a CHECK holds the list.
      algorithm: algorithm as Algorithm,
      hash: portion.hashes.subarray(at * hashBytes, (at + 1) * hashBytes),
      text: text === '' ? null : text,
    };
  });
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
