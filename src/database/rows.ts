// Many rows in one statement and one parameter. Not VALUES lists: those stop at 65,535 parameters and cost several times
// as much to bind. No queries here.

import { type RawBuilder, sql } from 'kysely';
import type { Database } from './tables.ts';

/** What a column may be given; a Buffer becomes bytea, an object or array of jsonb stays one. */
type Cell = unknown;

/**
 * Rows of a table as a FROM item with the table's own columns in its own order, for
 * `insert into t select * from ${rowsOf('t', rows)}`. A column that a row does not name is null: defaults do not apply.
 */
export function rowsOf<T extends keyof Database>(
  table: T,
  rows: readonly Readonly<Record<keyof Database[T] & string, Cell>>[],
): RawBuilder<unknown> {
  const written = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [snakeCase(name), textOf(value)])),
  );
  // Qualified, because "record" alone is a pseudo-type of PostgreSQL's own.
  const type = sql.id('public', snakeCase(table));
  return sql`json_populate_recordset(null::${type}, ${JSON.stringify(written)}::json)`;
}

function textOf(value: unknown): unknown {
  return Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value;
}

const snakeNames = new Map<string, string>();

function snakeCase(name: string): string {
  const known = snakeNames.get(name);
  if (known !== undefined) return known;
  const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakeNames.set(name, snake);
  return snake;
}
