// Writes src/platform/database/tables.ts from a migrated database. A CHECK that lists words becomes their
// union type; kysely-codegen would give `string`.
// Usage: npm run tables (on a temporary PostgreSQL with this checkout's migrations)

import { writeFile } from 'node:fs/promises';
import { connectClient } from '../src/platform/database/connect.ts';
import { startTestServer, withDatabase } from '../test/server.ts';

export const tablesFile = new URL('../src/platform/database/tables.ts', import.meta.url);

const typeOf: Readonly<Record<string, string>> = {
  uuid: 'string',
  text: 'string',
  calendar_month: 'string',
  calendar_quarter: 'string',
  date: 'string',
  timestamptz: 'string',
  bool: 'boolean',
  int4: 'number',
  int8: 'number',
  bytea: 'Buffer',
  jsonb: 'Json',
};

interface Column {
  table: string;
  column: string;
  type: string;
  is_array: boolean;
  nullable: boolean;
  has_default: boolean;
  is_identity: boolean;
  words: string | null;
}

// Only `column in ('a', 'b')` becomes a union; PostgreSQL prints it as `(column = ANY (ARRAY['a'::text,
// …]))`.
const query = `
  select c.relname as table, a.attname as column, a.attnotnull = false as nullable,
    coalesce(element.typname, t.typname) as type, element.typname is not null as is_array,
    a.atthasdef as has_default, a.attidentity <> '' as is_identity,
    (select substring(pg_get_constraintdef(k.oid) from '^CHECK \\(\\(' || a.attname || ' = ANY \\(ARRAY\\[([^\\]]+)\\]\\)\\)\\)$')
       from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
       order by 1 nulls last limit 1) as words
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_type element on element.oid = t.typelem and t.typcategory = 'A'
  where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'schema_migrations'
  order by c.relname, a.attnum`;

/**
 * The text of tables.ts for the database at `url`. @throws Error for a column type missing from the table
 * above
 */
export async function describeTables(url: string): Promise<string> {
  const client = await connectClient(url, 'subsidy tables');
  try {
    const { rows } = await client.query<Column>(query);
    const tables = Map.groupBy(rows, (row) => row.table);
    const interfaces = [...tables].map(([table, columns]) => {
      const fields = columns.map((column) => `  ${camel(column.column)}: ${fieldType(column)};`);
      return `export interface ${pascal(table)} {\n${fields.join('\n')}\n}\n`;
    });
    const members = [...tables.keys()].map((table) => `  ${camel(table)}: ${pascal(table)};`);
    return [
      '// Written by `npm run tables` from the migrated database. Do not edit.\n',
      "import type { ColumnType, Generated, GeneratedAlways } from 'kysely';\n",
      'export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };\n',
      '/** Written as text, read as a value. */',
      'export type JsonColumn = ColumnType<Json, string, string>;\n',
      ...interfaces,
      `export interface Database {\n${members.join('\n')}\n}\n`,
    ].join('\n');
  } finally {
    await client.end();
  }
}

function fieldType(column: Column): string {
  const base =
    column.words === null
      ? typeOf[column.type]
      : column.words.replaceAll('::text', '').replaceAll(', ', ' | ');
  if (base === undefined) throw new Error(`${column.table}.${column.column}: no type for ${column.type}`);
  const value = `${base === 'Json' ? 'JsonColumn' : base}${column.is_array ? '[]' : ''}${column.nullable ? ' | null' : ''}`;
  if (column.is_identity) return `GeneratedAlways<${value}>`;
  return column.has_default ? `Generated<${value}>` : value;
}

function camel(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function pascal(name: string): string {
  return camel(`_${name}`);
}

if (import.meta.main) {
  const server = await startTestServer();
  try {
    await writeFile(tablesFile, await describeTables(withDatabase(server.url, server.template)));
  } finally {
    await server.stop();
  }
}
