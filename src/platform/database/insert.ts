// Inserts rows. The text of a statement for one row is made once: building and compiling it took longer than sending it.

import type { Insertable } from 'kysely';
import type { Tx } from './connect.ts';
import type { Database } from './tables.ts';
import { later, tell } from './transaction.ts';

const texts = new Map<string, string>();

/**
 * Sends rows of a table without waiting for their insertion. One row is sent by a prepared statement, whatever its arrays
 * hold: values have one plan.
 *
 * @example insertLater(tx, 'table', [row]);
 */
export function insertLater<T extends keyof Database & string>(
  tx: Tx,
  table: T,
  rows: readonly Insertable<Database[T]>[],
): void {
  const [row] = rows;
  if (row === undefined) return;
  if (rows.length > 1) {
    later(tx, tx.insertInto(table).values(rows));
    return;
  }
  const cells = Object.entries(row).filter(([, value]) => value !== undefined);
  const columns = cells.map(([column]) => column);
  const key = `${table} ${columns.join(' ')}`;
  const text = texts.get(key) ?? insertOf(table, columns);
  texts.set(key, text);
  const values = cells.map(([, value]) => (Array.isArray(value) ? literal(value) : value));
  tell(tx, text, values);
}

function insertOf(table: string, columns: readonly string[]): string {
  const places = columns.map((_, index) => `$${index + 1}`);
  const names = columns.map(inSnakeCase);
  return `insert into ${inSnakeCase(table)} (${names.join(', ')}) values (${places.join(', ')})`;
}

export function inSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** An array as PostgreSQL writes it: a statement with an array as parameter is planned for its length. */
function literal(array: readonly unknown[]): string {
  return `{${array.map((one) => `"${String(one).replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}
