// Finds encrypted columns in the database's catalogue, so that none is forgotten: every bytea column whose
// name ends in `_encrypted`. A value is bound to its row's primary key, so rows are identified by it here
// too.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../database/connect.ts';
import { atMost } from '../database/row-limit.ts';
import { keyIdOf } from './encrypted-value.ts';
import type { Place } from './encryption.ts';

export interface EncryptedColumn {
  readonly table: string;
  readonly column: string;
  /** The primary key's columns, in order. */
  readonly key: readonly { readonly name: string; readonly type: string }[];
}

export async function listEncryptedColumns(tx: Tx): Promise<EncryptedColumn[]> {
  const { rows } = await sql<{ table: string; column: string; keyNames: string[]; keyTypes: string[] }>`
    select t.relname as table, c.attname as column,
      array_agg(k.attname::text order by part.place) as key_names,
      array_agg(format_type(k.atttypid, k.atttypmod) order by part.place) as key_types
    from pg_class t
      join pg_attribute c on c.attrelid = t.oid and c.attname like '%\\_encrypted' and not c.attisdropped
      join pg_index i on i.indrelid = t.oid and i.indisprimary
      cross join unnest(i.indkey) with ordinality as part (number, place)
      join pg_attribute k on k.attrelid = t.oid and k.attnum = part.number
    where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p') and c.atttypid = 'bytea'::regtype
    group by t.relname, c.attname order by t.relname, c.attname`.execute(tx);
  return rows.map(({ table, column, keyNames, keyTypes }) => ({
    table,
    column,
    key: keyNames.map((name, index) => ({ name, type: keyTypes[index] ?? 'text' })),
  }));
}

/** Number of values under each key, by key id. */
export async function countByKey(tx: Tx, { table, column }: EncryptedColumn): Promise<Map<number, number>> {
  const { rows } = await sql<{ header: Buffer; values: number }>`
    select substring(${sql.ref(column)} from 1 for 5) as header, count(*) as values
    from ${sql.table(table)} where ${sql.ref(column)} is not null group by 1`.execute(tx);
  return new Map(rows.map(({ header, values }) => [keyIdOf(header), values]));
}

/** A row's primary key, each column as text. */
export type RowKey = readonly string[];

/**
 * Rows whose value is encrypted under another key than `keyId`, in key order, with each value's length.
 *
 * @param after the last row of the previous batch; null from the beginning
 */
export async function listStale(
  tx: Tx,
  { table, column, key }: EncryptedColumn,
  { keyId, after, limit }: { keyId: number; after: RowKey | null; limit: number },
): Promise<{ key: RowKey; bytes: number }[]> {
  const parts = sql.join(key.map(({ name }) => sql.ref(name)));
  const following =
    after === null
      ? sql`true`
      : sql`(${parts}) > (${sql.join(key.map((part, at) => cast(after[at], part)))})`;
  const { rows } = await sql<{ key: RowKey; bytes: number }>`
    select array[${sql.join(key.map(asText))}] as key, octet_length(${sql.ref(column)}) as bytes
    from ${sql.table(table)}
    where ${following} and substring(${sql.ref(column)} from 2 for 4) <> ${idBytes(keyId)}
    order by ${parts} limit ${atMost(limit)}`.execute(tx);
  return rows;
}

/** Locks those rows that are not locked and still use another key, and returns their values. */
export async function lockStale(
  tx: Tx,
  { table, column, key }: EncryptedColumn,
  keyId: number,
  rows: readonly RowKey[],
): Promise<{ key: RowKey; encrypted: Buffer }[]> {
  const { rows: locked } = await sql<{ key: RowKey; encrypted: Buffer }>`
    select array[${sql.join(key.map(asText))}] as key, ${sql.ref(column)} as encrypted
    from ${sql.table(table)}
    where (${sql.join(key.map(({ name }) => sql.ref(name)))}) in (select * from ${keysOf(key, rows)})
      and substring(${sql.ref(column)} from 2 for 4) <> ${idBytes(keyId)}
    for update skip locked`.execute(tx);
  return locked;
}

/** Updates the values of locked rows. */
export async function setEncrypted(
  tx: Tx,
  { table, column, key }: EncryptedColumn,
  rows: readonly { key: RowKey; encrypted: Buffer }[],
): Promise<void> {
  const same = key.map((part, at) => sql`${sql.ref(part.name)} = ${castColumn(sql.raw(`n.k${at}`), part)}`);
  const names = sql.raw(key.map((_, at) => `k${at}`).join(', '));
  const arrays = key.map((_, at) => sql`${rows.map((row) => row.key[at] ?? '')}::text[]`);
  await sql`
    update ${sql.table(table)} set ${sql.ref(column)} = n.encrypted
    from unnest(${sql.join(arrays)}, ${rows.map(({ encrypted }) => encrypted)}::bytea[]) as n (${names}, encrypted)
    where ${sql.join(same, sql` and `)}`.execute(tx);
}

export function placeOfRow({ table, column }: EncryptedColumn, key: RowKey): Place {
  return { table, column, row: key.join(' ') };
}

type KeyPart = EncryptedColumn['key'][number];

function asText({ name, type }: KeyPart): RawBuilder<string> {
  return type === 'bytea' ? sql`encode(${sql.ref(name)}, 'hex')` : sql`${sql.ref(name)}::text`;
}

function cast(text: string | undefined, part: KeyPart): RawBuilder<unknown> {
  return castColumn(sql`${text}::text`, part);
}

function castColumn(text: RawBuilder<unknown>, { type }: KeyPart): RawBuilder<unknown> {
  // The types come from the catalogue, not from user input.
  return type === 'bytea' ? sql`decode(${text}, 'hex')` : sql`(${text})::${sql.raw(type)}`;
}

function keysOf(key: EncryptedColumn['key'], rows: readonly RowKey[]): RawBuilder<unknown> {
  const arrays = key.map((_, at) => sql`${rows.map((row) => row[at] ?? '')}::text[]`);
  const names = sql.raw(key.map((_, at) => `k${at}`).join(', '));
  const cells = key.map((part, at) => castColumn(sql.raw(`k${at}`), part));
  return sql`(select ${sql.join(cells)} from unnest(${sql.join(arrays)}) as keys (${names})) as wanted`;
}

function idBytes(keyId: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(keyId);
  return bytes;
}
