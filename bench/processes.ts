// Services and peers in processes of their own, as an operator starts them, and the processor time that they and
// PostgreSQL take.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectClient } from '../src/platform/database/connect.ts';
import { openServiceLogin } from '../src/platform/database/service-account.ts';
import { sandboxIssuerPath, sandboxSecret } from '../src/sandbox/issuer.ts';
import type { Call } from '../test/helper.ts';
import { withDatabase } from '../test/server.ts';
import type { Place } from './service.ts';

const root = join(import.meta.dirname, '..');
const readyMs = 30_000;
const mostAttempts = 20;
const pauseMs = 50;
/** PostgreSQL's and Node's times are counted in hundredths of a second. */
const tickMs = 10;

export interface Running {
  readonly pid: number;
  readonly origin: string;
  stop(): Promise<void>;
}

export interface RunningService extends Running {
  /** The owner's and the service's URL of its database, and the folder of its keys. */
  readonly ownerUrl: string;
  readonly serviceUrl: string;
  readonly dataDir: string;
  readonly call: Call;
  /** The token of a persona. */
  readonly tokenOf: (persona: string) => Promise<string>;
}

/** A new database, with a folder of its own for the service's keys. */
async function newDatabase({ dataDir, ownerUrl }: Place, name: string): Promise<Place> {
  const owner = await connectClient(ownerUrl, 'bench');
  await owner.query(`create database ${name}`);
  await owner.end();
  return { dataDir: join(dataDir, name), ownerUrl: withDatabase(ownerUrl, name) };
}

/**
 * Starts the service of a checkout: migrated and started by that checkout's commands, with everything that runs in
 * production and limits that no benchmark meets.
 *
 * @param options.on a database that is there, and the folder of its keys; by default a new one of this name
 */
export async function startServiceProcess(
  place: Place,
  options: { name: string; checkout?: string; poolSize: number; on?: Place },
): Promise<RunningService> {
  const { name, checkout = root, poolSize } = options;
  const { dataDir, ownerUrl } = options.on ?? (await newDatabase(place, name));
  const program = join(checkout, 'src/start.js');
  const migrated = spawnSync(process.execPath, [program, 'migrate'], {
    cwd: checkout,
    env: { PATH: process.env['PATH'], DATABASE_URL: ownerUrl },
    encoding: 'utf8',
  });
  if (migrated.status !== 0) throw new Error(`${name} was not migrated: ${migrated.stderr}`);
  const serviceUrl = await openServiceLogin(ownerUrl, `bench_${name}`);
  const port = await freePort();
  const clock = join(import.meta.dirname, 'standing-clock.ts');
  const child = spawn(process.execPath, [...nodeOptionsOf(checkout), '--import', clock, program], {
    cwd: checkout,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      PORT: String(port),
      DATABASE_URL: serviceUrl,
      SUBSIDY_SANDBOX: 'on',
      SUBSIDY_DATA_DIR: dataDir,
      SUBSIDY_POOL_SIZE: String(poolSize),
      SUBSIDY_SWAGGER_UI: 'off',
      SUBSIDY_RATE_LIMIT: '10000000',
      SUBSIDY_ADDRESS_LIMIT: '10000000',
      SUBSIDY_CONNECTIONS_PER_ADDRESS: '10000',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const origin = `http://127.0.0.1:${port}`;
  await untilReady(child, `${origin}/health/ready`);

  const tokens = new Map<string, Promise<string>>();
  async function newToken(persona: string): Promise<string> {
    const form = { grant_type: 'client_credentials', client_id: persona, client_secret: sandboxSecret };
    const answer = await fetch(`${origin}${sandboxIssuerPath}/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }
  const tokenOf = (persona: string): Promise<string> => {
    const token = tokens.get(persona) ?? newToken(persona);
    tokens.set(persona, token);
    return token;
  };
  const call: Call = async (caller, method, path, { body, headers, ifMatch, key, query, status } = {}) => {
    const url = new URL(path, origin);
    for (const [field, value] of Object.entries(query ?? {})) url.searchParams.set(field, value);
    const idempotencyKey = key ?? randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      const answer = await fetch(url, {
        method,
        headers: {
          ...(caller === null ? {} : { authorization: `Bearer ${await tokenOf(caller)}` }),
          ...(method === 'POST' && key !== null ? { 'idempotency-key': idempotencyKey } : {}),
          ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: body instanceof Buffer ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      // Asked to come back later, with the same key.
      if (answer.status === 503 && attempt < mostAttempts) {
        await delay(attempt * pauseMs);
        continue;
      }
      if (status !== undefined && status !== answer.status) throw new Error(`${method} ${path}: ${text}`);
      return { status: answer.status, body: JSON.parse(text), headers: {} };
    }
  };
  return {
    ...runningOf(child, origin),
    ownerUrl,
    serviceUrl,
    dataDir,
    call,
    tokenOf,
  };
}

/** The options of Node in the checkout's `npm start`. */
function nodeOptionsOf(checkout: string): string[] {
  const { scripts }: { scripts: { start: string } } = JSON.parse(
    readFileSync(join(checkout, 'package.json'), 'utf8'),
  );
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

/** Starts a peer: a program of bench/ that reads `settings` as JSON from its first argument and listens on their port. */
export async function startPeer(file: string, settings: object): Promise<Running> {
  const port = await freePort();
  const program = join(import.meta.dirname, file);
  const child = spawn(process.execPath, [program, JSON.stringify({ ...settings, port })], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const origin = `http://127.0.0.1:${port}`;
  await untilReady(child, origin);
  return runningOf(child, origin);
}

function runningOf(child: ChildProcess, origin: string): Running {
  if (child.pid === undefined) throw new Error('the program did not start');
  return {
    pid: child.pid,
    origin,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Any answer but "not ready" will do. */
async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const until = performance.now() + readyMs;
  while (performance.now() < until) {
    if (child.exitCode !== null)
      throw new Error(`a program ended with ${child.exitCode} before it was ready`);
    const answer = await fetch(url).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null && answer.status !== 503) return;
    await delay(50);
  }
  child.kill();
  throw new Error(`${url} was not ready in ${readyMs / 1_000} s`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Processor time of a process and its threads so far, in milliseconds; zero once it has ended. */
export function cpuMsOf(pid: number): number {
  return timesOf(pid).own;
}

/** Of PostgreSQL: of its backends, its writers, and those that have ended. */
export function serverCpuMs(postmaster: number): number {
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ');
  const { own, ended } = timesOf(postmaster);
  return children.reduce((sum, pid) => sum + timesOf(Number(pid)).own, own + ended);
}

function timesOf(pid: number): { own: number; ended: number } {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return { own: 0, ended: 0 };
  }
  // Behind the name in brackets, which may hold blanks: utime, stime, cutime and cstime are the 14th to 17th fields.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15).map(Number);
  return { own: (utime + stime) * tickMs, ended: (cutime + cstime) * tickMs };
}

/** Waits until PostgreSQL has little left to do: what a service does after its answers is not the next peer's. */
export async function settled(postmaster: number): Promise<void> {
  const stepMs = 200;
  for (let waited = 0; waited < 3_000; waited += stepMs) {
    const before = serverCpuMs(postmaster);
    await delay(stepMs);
    if (serverCpuMs(postmaster) - before <= tickMs) return;
  }
}
