// Checks that a backup is complete: dumps a database as its owner with pg_dump, restores the dump into an
// empty one, compares the rows of every table, and verifies payments and audit there. Not a test, because the
// packages contain no pg_dump, whose version must not be older than the server's.
// Usage: DATABASE_URL=… (as the owner) RESTORE_URL=… (as the owner of an empty database) npm run check:backup

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectClient } from '../src/platform/database/connect.ts';

const tables = `
  select c.oid::regclass::text as name from pg_class c
  where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text in ('public', 'graphile_worker') order by 1`;

/** Number of rows per table. */
async function countRows(url: string): Promise<Map<string, string>> {
  const client = await connectClient(url, 'subsidy backup');
  try {
    await client.query('set row_security = off');
    const counts = new Map<string, string>();
    for (const { name } of (await client.query<{ name: string }>(tables)).rows) {
      const { rows } = await client.query<{ n: string }>(`select count(*)::text as n from ${name}`);
      counts.set(name, rows[0]?.n ?? '');
    }
    return counts;
  } finally {
    await client.end();
  }
}

function run(command: string, args: readonly string[], url?: string): void {
  const environment = url === undefined ? process.env : { ...process.env, DATABASE_URL: url };
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: environment });
  if (error !== undefined) throw new Error(`${command}: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${status}`);
}

async function main(): Promise<void> {
  const { DATABASE_URL: from, RESTORE_URL: into } = process.env;
  if (from === undefined || into === undefined) throw new Error('DATABASE_URL and RESTORE_URL: not set');
  const folder = mkdtempSync(join(tmpdir(), 'subsidy-backup-'));
  const file = join(folder, 'dump');
  try {
    run('pg_dump', ['--format=custom', `--file=${file}`, `--dbname=${from}`]);
    run('pg_restore', ['--exit-on-error', '--no-owner', `--dbname=${into}`, file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const program = (name: string) => join(import.meta.dirname, '../src/commands', name);
  run(process.execPath, [program('migrate.ts')], into);
  const [dumped, restored] = [await countRows(from), await countRows(into)];
  const differing = [...dumped].filter(([table, rows]) => restored.get(table) !== rows);
  for (const [table, rows] of differing)
    console.log(`${table}: ${rows} rows, ${restored.get(table)} restored`);
  if (differing.length > 0) throw new Error(`${differing.length} tables differ`);
  run(process.execPath, [program('reconcile.ts')], into);
  run(process.execPath, [program('verify-audit.ts')], into);
  console.log(`备份完整 · the backup holds all rows of ${dumped.size} tables`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
