// Checks that a backup is complete: dumps a database as its owner with pg_dump, restores the dump into an
// empty one, compares the rows of every table, and verifies payments and audit there. Not a test, because the
// packages contain no pg_dump, whose version must not be older than the server's.
// Usage: DATABASE_URL=… (as the owner) RESTORE_URL=… (as the owner of an empty database) npm run check:backup

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../src/commands/command.ts';
import { ConfigError } from '../src/platform/config/config.ts';
import { connectClient } from '../src/platform/database/connect.ts';
import { OperatorError } from '../src/platform/operator-error.ts';

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
  if (error !== undefined) throw new OperatorError(`${command}: 无法运行 · cannot be run: ${error.message}`);
  if (status !== 0)
    throw new OperatorError(`${command}: 失败，退出码 ${status} · failed with ${status}: ${args[0] ?? ''}`);
}

async function check(from: string, into: string): Promise<void> {
  for (const url of [from, into]) await (await connectClient(url, 'subsidy backup')).end();
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
  if (differing.length > 0) {
    const rows = differing.map(([table, rows]) => `\n  ${table}: ${rows} → ${restored.get(table) ?? '—'}`);
    throw new OperatorError(
      `恢复后这些表的行数不同 · these tables differ after the restore:${rows.join('')}`,
    );
  }
  run(process.execPath, [program('reconcile.ts')], into);
  run(process.execPath, [program('verify-audit.ts')], into);
  console.log(
    `备份完整，${dumped.size} 张表的行全部恢复 · the backup holds all rows of ${dumped.size} tables`,
  );
}

await runCommand({
  name: 'check:backup',
  does:
    '用 pg_dump 备份 DATABASE_URL，恢复到 RESTORE_URL 的空库，再逐表比较并对账、验证审计；两个地址都用属主账号 · ' +
    'dumps DATABASE_URL, restores it into the empty database of RESTORE_URL, both as owner, then compares, reconciles and verifies',
  options: {},
  async run() {
    const { DATABASE_URL: from, RESTORE_URL: into } = process.env;
    if (from === undefined || into === undefined)
      throw new ConfigError(['请设置 DATABASE_URL 和 RESTORE_URL · set DATABASE_URL and RESTORE_URL']);
    await check(from, into);
    return true;
  },
});
