// Records that the database was restored to an earlier moment, and moves on the numbers that others may have seen.

import { sql } from 'kysely';
import { insertEntryOfCommand } from '../../platform/database/audit-entries.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { Restore } from '../../platform/database/tables.ts';

export async function insertRestore(tx: Tx, row: Restore): Promise<void> {
  await tx.insertInto('restore').values(row).execute();
}

/** The newest restore; undefined if there was none. */
export async function findNewestRestore(tx: Tx): Promise<Restore | undefined> {
  return await tx.selectFrom('restore').selectAll().orderBy('epoch', 'desc').limit(1).executeTakeFirst();
}

/** The earliest moment to which a restore went that lost what was written at an instant; null if none did. */
export async function findMomentBefore(tx: Tx, at: string): Promise<string | null> {
  const { rows } = await sql<{ moment: string | null }>`
    select min(moment) as moment from restore where moment < ${at} and to_timestamp(epoch + 1) > ${at}`.execute(
    tx,
  );
  return rows[0]?.moment ?? null;
}

/** Of every restore that waits for it; returns how many did. */
export async function setBankAsked(tx: Tx, at: string): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('restore')
    .set({ bankAskedAt: at })
    .where('bankAskedAt', 'is', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** The instant of the newest audit entry; null if there is none. */
export async function findNewestEntryAt(tx: Tx): Promise<string | null> {
  const newest = await tx
    .selectFrom('auditEntry')
    .select('at')
    .orderBy('entryId', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.at ?? null;
}

export interface Moved {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Moves every sequence ahead.
 *
 * @param atLeast name of a sequence → where it stands afterwards at least
 */
export async function moveSequences(
  tx: Tx,
  ahead: number,
  atLeast: Readonly<Record<string, number>>,
): Promise<Moved[]> {
  const { rows } = await sql<Moved>`
    select sequencename::text as name, coalesce(last_value, 0) as "from",
      setval(format('%I.%I', schemaname, sequencename)::regclass,
        greatest(1, coalesce(last_value, 0) + ${ahead}, (${JSON.stringify(atLeast)}::jsonb ->> sequencename)::bigint)) as "to"
    from pg_sequences where schemaname = 'public' order by sequencename`.execute(tx);
  return rows;
}

/** Moves the version of every row that has one ahead, so that an ETag of what was lost fits none. Returns their number. */
export async function moveVersions(tx: Tx, ahead: number): Promise<number> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name::text as name from information_schema.columns
    where table_schema = 'public' and column_name = 'version' and data_type = 'integer'
      and table_name <> 'schema_migrations'`.execute(tx);
  let moved = 0;
  for (const { name } of tables) {
    const { numAffectedRows = 0n } =
      await sql`update ${sql.table(name)} set version = version + ${ahead}`.execute(tx);
    moved += Number(numAffectedRows);
  }
  return moved;
}

/** Audits a run of the command. */
export function leaveTrace(tx: Tx, at: Temporal.Instant, epoch: number, change: object): void {
  const target = ['restore', String(epoch)] as const;
  insertEntryOfCommand(tx, { at, operation: 'afterRestore', command: 'after-restore', target, change });
}
