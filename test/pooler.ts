// PgBouncer before the tests' PostgreSQL, in transaction mode. Where it is not installed its tests are skipped with a line that
// says so. Holds no test.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ends } from './processes.ts';
import { comesTrue } from './program.ts';

// Debian has it where only root looks.
const program = process.env['PGBOUNCER'] ?? '/usr/sbin/pgbouncer';
const asked = spawnSync(program, ['--version'], { encoding: 'utf8' });
const [, minor = '0'] = /PgBouncer 1\.(\d+)/.exec(asked.stdout ?? '') ?? [];

/** Says why a test with PgBouncer is skipped; false when it is there. Given to tap as `skip`. */
export const withoutPgbouncer: string | false =
  asked.error !== undefined
    ? `no PgBouncer at ${program}: install it (apt-get install pgbouncer) or name one in PGBOUNCER`
    : false;

/** Since 1.21, where it is told to. */
export const mayPrepare = Number(minor) >= 21;

/** Not root, as which it does not run. */
const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/**
 * Starts PgBouncer with two connections to the server.
 *
 * @param settings of pgbouncer.ini, beside or instead of the usual
 * @returns the database's URL through it
 */
export async function openPooler(
  test: Test,
  databaseUrl: string,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<string> {
  const url = new URL(databaseUrl);
  const folder = mkdtempSync(join(tmpdir(), 'subsidy-pooler-'));
  chmodSync(folder, 0o711);
  const port = await freePort();
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: join(folder, 'users.txt'),
    pool_mode: 'transaction',
    default_pool_size: 2,
    max_client_conn: 200,
    ...(mayPrepare ? { max_prepared_statements: 1_000 } : {}),
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const databases = `[databases]\n* = host=${url.hostname} port=${url.port}`;
  writeFileSync(join(folder, 'pgbouncer.ini'), [databases, '[pgbouncer]', ...lines, ''].join('\n'));
  writeFileSync(join(folder, 'users.txt'), `"${url.username}" "${decodeURIComponent(url.password)}"\n`);
  const pooler = spawn(program, ['-q', join(folder, 'pgbouncer.ini')], {
    ...account,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  pooler.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  test.teardown(async () => {
    await stop(pooler);
    rmSync(folder, { recursive: true });
  });
  if (!(await comesTrue(() => isOpen(port), 5_000)))
    throw new Error(`PgBouncer does not start: ${said.join('')}`);
  url.port = String(port);
  return url.href;
}

async function stop(pooler: ChildProcess): Promise<void> {
  pooler.kill('SIGKILL');
  if (pooler.pid !== undefined) await ends(pooler.pid);
}

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const address = probe.address();
    probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

function isOpen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => {
    socket.destroy();
    resolve(true);
  });
  socket.on('error', () => resolve(false));
  return promise;
}
