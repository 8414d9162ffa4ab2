// Scratch PostgreSQL clusters for the drill, from the server's own programs: made, started and stopped.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, chownSync, existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { OperatorError } from '../../src/platform/operator-error.ts';
import { type Account, serverAccount, serverEnvironment } from '../../src/sandbox/cluster.ts';

const readyWithinMs = 120_000;
const pollMs = 100;

/** Programs of one PostgreSQL, and the account that may run them. */
export interface Programs {
  readonly folder: string;
  readonly account: Account;
}

/** Where Debian and Red Hat put the programs of each version. */
const places = ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/usr/bin'];

/** The programs of PG_BIN, or else the newest that are installed; undefined without any. */
export function findPrograms(): Programs | undefined {
  const { PG_BIN: given } = process.env;
  const folders = given === undefined ? places.flatMap((place) => globSync(place).sort().reverse()) : [given];
  const folder = folders.find(
    (one) => existsSync(join(one, 'initdb')) && existsSync(join(one, 'pg_basebackup')),
  );
  return folder === undefined ? undefined : { folder, account: serverAccount() };
}

export interface Cluster {
  readonly port: number;
  /** URL of an account; of the superuser unless given. */
  url(account?: string, password?: string): string;
  stop(): Promise<void>;
}

/** The superuser, whose password every cluster of the drill has. */
export const superuser = { name: 'postgres', password: randomBytes(12).toString('hex') } as const;
export const databaseName = 'subsidy';

/** Makes an empty cluster. @param settings lines of postgresql.conf */
export async function makeCluster(
  programs: Programs,
  folder: string,
  settings: readonly string[],
): Promise<void> {
  const passwordFile = `${folder}.password`;
  writeFileSync(passwordFile, superuser.password, { mode: 0o600 });
  ownedBy(programs.account, passwordFile);
  await runProgram(programs, 'initdb', [
    `--pgdata=${folder}`,
    `--username=${superuser.name}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
  ]);
  appendFileSync(join(folder, 'postgresql.conf'), `${settings.join('\n')}\n`);
}

/**
 * Starts a cluster and resolves when it takes writes: a restored one has then reached its moment. A standby is ready when it
 * answers.
 */
export async function startCluster(
  programs: Programs,
  folder: string,
  { isStandby = false } = {},
): Promise<Cluster> {
  const port = await freePort();
  const options = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const server = spawn(
    join(programs.folder, 'postgres'),
    ['-D', folder, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...programs.account, cwd: '/', env: serverEnvironment, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said: string[] = [];
  server.stderr.on('data', (text: Buffer) => said.push(text.toString()));
  const cluster: Cluster = {
    port,
    url: (account = superuser.name, password = superuser.password) =>
      `postgresql://${account}:${password}@127.0.0.1:${port}/${account === superuser.name ? 'postgres' : databaseName}`,
    stop: () => stop(server),
  };
  for (const begun = performance.now(); performance.now() - begun < readyWithinMs; await delay(pollMs)) {
    if (server.exitCode !== null) break;
    if (await isReady(cluster.url(), isStandby)) return cluster;
  }
  await cluster.stop();
  const why =
    said
      .join('')
      .split('\n')
      .filter((line) => /FATAL|PANIC/.test(line))
      .at(-1) ?? said.at(-1);
  throw new OperatorError(`${folder}: PostgreSQL 没有启动 · did not start: ${why?.trim() ?? '—'}`);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGINT'); // fast shutdown
  await ended;
}

async function isReady(url: string, isStandby: boolean): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('select pg_is_in_recovery() as is_standby');
    return rows[0]?.is_standby === isStandby;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Runs a program of PostgreSQL, or one of deploy/backup, as its account. */
export async function runProgram(
  { folder, account }: Programs,
  program: string,
  options: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  try {
    await promisify(execFile)(program.includes('/') ? program : join(folder, program), options, {
      ...account,
      cwd: '/',
      env: { ...serverEnvironment, PATH: `${folder}:${serverEnvironment.PATH}`, ...environment },
    });
  } catch (error) {
    const why = error instanceof Error ? error.message.trim() : String(error);
    throw new OperatorError(`${program}: 失败 · failed: ${why}`, { cause: error });
  }
}

/** A folder that PostgreSQL's account owns. */
export function makeFolder({ account }: Programs, path: string): string {
  mkdirSync(path, { mode: 0o700 });
  ownedBy(account, path);
  return path;
}

function ownedBy(account: Account, path: string): void {
  if (account.uid !== undefined) chownSync(path, account.uid, account.gid);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
