// Starts a real PostgreSQL for development and tests, and ensures that it ends with this process. cluster.ts
// creates its data directory; production uses DATABASE_URL instead.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, EmbeddedError, isAlive, openCluster, serverEnvironment } from './cluster.ts';

export interface EmbeddedOptions {
  /** Created if missing; contains the cluster in `postgresql/`, or a link to it. */
  readonly dataDir: string;
  /** Receives single lines about unexpected waits and choices. */
  readonly log: (line: string) => void;
  /** false sacrifices durability for speed: tests only. */
  readonly durable: boolean;
}

export interface Embedded {
  /** URL of the owner, on 127.0.0.1. */
  readonly url: string;
  /** The postmaster's process id. */
  readonly pid: number;
  /** Resolves when the server has ended for any reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

// A server that shuts down writes a checkpoint first; one that is still ready may not yet have noticed that
// its owner died.
const previousEndingMs = 30_000;
const previousReadyMs = 2_000;
const tellAfterMs = 1_000;
// Crash recovery replays at most max_wal_size.
const startMs = 60_000;
const pollMs = 20;
const maxPorts = 5;

/**
 * The shell between us and the server; `$@` is the server's command. Its standard input is a pipe from us:
 * when we end, even by kill -9, the pipe closes and the shell stops the server, without any handler of ours.
 * (A process group, a pid file and an exit hook each miss some way of dying.) SIGINT is PostgreSQL's fast
 * shutdown, SIGQUIT the immediate one for a stuck backend.
 */
const supervisor = `
  exec 3<&0
  "$@" >&2 </dev/null 3<&- &
  server=$!
  echo "$server"
  (
    read -r _ <&3
    trap 'kill "$timer"; wait; exit' TERM
    kill -INT "$server"
    sleep 8 & timer=$!
    wait "$timer" && kill -QUIT "$server"
  ) >/dev/null 2>&1 &
  watcher=$!
  wait "$server"
  status=$?
  kill "$watcher" 2>/dev/null
  wait "$watcher"
  exit "$status"`;

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  // Errors reach their callers; in the log, their details would write personal data to a file.
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  jit: 'off',
};

const notDurable = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts PostgreSQL on a free port and resolves when it accepts connections. Keeps existing data.
 *
 * @throws EmbeddedError when another server uses the same data, or when it cannot start
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const cluster = openCluster(options.dataDir, options.log);
  const stalePid = await awaitPrevious(cluster, options.log);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const server = launch(cluster, port, options.durable, stalePid);
    const pid = await becomesReady(cluster, server);
    if (pid !== undefined) return running(cluster, server, port, pid);
    const lostPort = !(await isFree(port));
    if (!lostPort || attempt === maxPorts) throw new EmbeddedError(reasonInLog(cluster));
  }
}

/**
 * For commands: the URL of `dataDir`'s running server, or else of one started now.
 *
 * @throws EmbeddedError when there is no data yet
 */
export async function joinEmbedded(options: EmbeddedOptions): Promise<Pick<Embedded, 'url' | 'stop'>> {
  if (!existsSync(join(options.dataDir, 'postgresql')))
    throw new EmbeddedError(
      `${options.dataDir}: 还没有数据，请先运行一次 npm start，或设置 DATABASE_URL · ` +
        'holds no data yet; run npm start once, or set DATABASE_URL',
    );
  const cluster = openCluster(options.dataDir, options.log);
  const lock = readLock(cluster);
  const runs =
    lock?.status === 'ready' && isAlive(lock.pid) && commandLine(lock.pid).includes(cluster.pgdata);
  return runs ? { url: urlOf(cluster, lock.port), stop: async () => {} } : await startEmbedded(options);
}

/**
 * Deletes the data of a server that does not run; nothing where there are none.
 *
 * @throws EmbeddedError while it runs
 */
export function removeEmbedded(dataDir: string): void {
  const entry = join(dataDir, 'postgresql');
  if (lstatSync(entry, { throwIfNoEntry: false }) === undefined) return;
  if (existsSync(entry)) {
    const folder = realpathSync(entry);
    const lock = readLock({ pgdata: join(folder, 'pgdata') });
    if (lock !== undefined && isAlive(lock.pid) && commandLine(lock.pid).includes(folder))
      throw inUse(folder, lock.pid);
    rmSync(folder, { recursive: true });
  }
  rmSync(entry, { force: true });
}

/**
 * PostgreSQL's postmaster.pid is the lock. Waits for a server that is shutting down, rejects beside a running
 * one, and returns the process id of a stale lock if another process now has it.
 */
async function awaitPrevious(cluster: Cluster, log: (line: string) => void): Promise<number | undefined> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const lock = readLock(cluster);
    if (lock === undefined || !isAlive(lock.pid)) return undefined;
    if (!commandLine(lock.pid).includes(cluster.pgdata)) return lock.pid;
    const isStopping = lock.status === 'stopping';
    if (waitedMs >= (isStopping ? previousEndingMs : previousReadyMs)) {
      throw inUse(cluster.folder, lock.pid);
    }
    if (isStopping && waitedMs === tellAfterMs)
      log('等待上一个 PostgreSQL 结束 · waiting for the previous PostgreSQL to end');
    await delay(pollMs);
  }
}

function inUse(folder: string, pid: number): EmbeddedError {
  return new EmbeddedError(
    `${folder}: 正被运行中的 PostgreSQL（进程 ${pid}）使用，请先停止它的服务 · ` +
      `is in use by a running PostgreSQL (process ${pid}); stop its service`,
  );
}

interface Lock {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready`, `stopping` or empty. */
  readonly status: string;
}

function readLock(cluster: Pick<Cluster, 'pgdata'>): Lock | undefined {
  try {
    const lines = readFileSync(join(cluster.pgdata, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), status: lines[7]?.trim() ?? '' };
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  }
}

function launch(
  cluster: Cluster,
  port: number,
  durable: boolean,
  stalePid: number | undefined,
): ChildProcess {
  const parameters = Object.entries({ ...settings, ...(durable ? {} : notDurable), port: String(port) });
  const command = [
    cluster.postgres,
    '-D',
    cluster.pgdata,
    ...parameters.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const logFile = openLog(cluster);
  try {
    return spawn('/bin/sh', ['-c', supervisor, 'sh', ...command], {
      ...cluster.account,
      cwd: '/',
      // Its own process group, so that Ctrl-C in a terminal reaches us only.
      detached: true,
      stdio: ['pipe', 'pipe', logFile],
      // PostgreSQL takes a lock with a living process id for another server's. This variable, used by pg_ctl,
      // excepts one id. PostgreSQL still checks for orphaned backends by shared memory.
      env: {
        ...serverEnvironment,
        ...(stalePid === undefined ? {} : { PG_GRANDPARENT_PID: String(stalePid) }),
      },
    });
  } finally {
    closeSync(logFile);
  }
}

/** This run's log. Never through a link: the directory may belong to the account while we are root. */
function openLog(cluster: Cluster): number {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const file = openSync(logPath(cluster), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  if (cluster.account.uid !== undefined) fchownSync(file, cluster.account.uid, cluster.account.gid);
  return file;
}

/** The server's process id once it accepts connections; undefined when it ended instead. */
async function becomesReady(cluster: Cluster, server: ChildProcess): Promise<number | undefined> {
  let said = '';
  let ended = false;
  server.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  // A supervisor's exit is reported elsewhere; writing to its pipe may then fail.
  server.stdin?.on('error', () => {});
  server.on('exit', () => {
    ended = true;
  });
  server.on('error', () => {
    ended = true;
  });
  for (let waitedMs = 0; waitedMs < startMs; waitedMs += pollMs) {
    if (ended) return undefined;
    const lock = readLock(cluster);
    if (lock?.status === 'ready' && said === `${lock.pid}\n`) return lock.pid;
    await delay(pollMs);
  }
  server.stdin?.end();
  throw new EmbeddedError(
    `${logPath(cluster)}: 启动 PostgreSQL 超时，请看此日志 · ` +
      `PostgreSQL was not ready within ${startMs / 1000} s; see this log`,
  );
}

function running(cluster: Cluster, server: ChildProcess, port: number, pid: number): Embedded {
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
  });
  return {
    url: urlOf(cluster, port),
    pid,
    ended,
    async stop() {
      server.stdin?.end();
      await ended;
    },
  };
}

function urlOf({ password }: Cluster, port: number): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const probe = createServer().once('error', reject);
  probe.listen(0, '127.0.0.1', () => {
    const address = probe.address();
    probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createServer().once('error', () => resolve(false));
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  return promise;
}

function logPath(cluster: Cluster): string {
  return join(cluster.folder, 'server.log');
}

function reasonInLog(cluster: Cluster): string {
  const lines = readFileSync(logPath(cluster), 'utf8').split('\n');
  const fatal =
    lines.findLast((line) => /\b(FATAL|PANIC):/.test(line)) ?? lines.findLast((line) => line !== '');
  return `${logPath(cluster)}: 启动 PostgreSQL 失败 · PostgreSQL did not start: ${fatal ?? '—'}`;
}
