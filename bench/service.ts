// Shared by benchmarks: a PostgreSQL with durable commits, and the service on it as in production.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildApp } from '../src/app.ts';
import { prepareDatabase } from '../src/commands/prepare-database.ts';
import { readConfig } from '../src/platform/config/config.ts';
import { openDatabase } from '../src/platform/database/connect.ts';
import { openServiceLogin } from '../src/platform/database/service-account.ts';
import { createIds } from '../src/platform/ids.ts';
import type { Services } from '../src/platform/write-context.ts';
import { startWorker } from '../src/runtime/jobs/worker.ts';
import { startEmbedded } from '../src/sandbox/embedded.ts';
import { sandboxIssuerPath, sandboxSecret } from '../src/sandbox/issuer.ts';
import type { Call } from '../test/helper.ts';
import type { Answered, Round, Shot, Storm, Weathered } from './load.ts';

/** The persona that applies for people. */
export const platform = 'platform-ganfutong';
/** As whom `startService` knows it. */
export const clientOfPlatform = `http://127.0.0.1:0${sandboxIssuerPath}|${platform}`;

/** A directory for the benchmark's files, and the owner's URL of its PostgreSQL. */
export interface Place {
  readonly dataDir: string;
  readonly ownerUrl: string;
}

/** With the process id of its PostgreSQL. */
export interface Server extends Place {
  readonly postmaster: number;
}

/** Starts PostgreSQL in a temporary directory and removes both after `act`. */
export async function withPostgres<T>(act: (place: Server) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-bench-'));
  // As root, PostgreSQL's account passes through it to its own directory.
  chmodSync(dataDir, 0o711);
  const embedded = await startEmbedded({ dataDir, log: () => {}, durable: true });
  try {
    return await act({ dataDir, ownerUrl: embedded.url, postmaster: embedded.pid });
  } finally {
    await embedded.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

export interface ServiceOptions {
  readonly poolSize: number;
  readonly clock?: () => Temporal.Instant;
}

export type BenchService = Awaited<ReturnType<typeof startService>>;

/** The service on a new migrated database, listening; its log lines are made but discarded. */
export async function startService({ dataDir, ownerUrl }: Place, { poolSize, clock }: ServiceOptions) {
  await prepareDatabase(ownerUrl);
  // One login per database, since opening one sets a new password.
  const login = `bench_${new URL(ownerUrl).pathname.slice(1)}`;
  const serviceUrl = await openServiceLogin(ownerUrl, login);
  const db = openDatabase({ url: serviceUrl, poolSize, random: Math.random, onIdleError: () => {} });
  const config = await readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataDir,
    SUBSIDY_SWAGGER_UI: 'off',
    SUBSIDY_RATE_LIMIT: '10000000',
    SUBSIDY_ADDRESS_LIMIT: '10000000',
    SUBSIDY_CONNECTIONS_PER_ADDRESS: '10000',
  });
  const now = clock ?? (() => Temporal.Now.instant());
  let services: Services | undefined;
  const app = await buildApp({
    config,
    db,
    clock: now,
    newId: createIds(() => now().epochMilliseconds),
    isStopping: () => false,
    logStream: { write: () => {} },
    startWork: async (started, given) => {
      services = given;
      await startWorker(started, given);
    },
  });
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  if (services === undefined) throw new Error('the app was built without its work');

  /** A new token of a sandbox persona. */
  async function tokenOf(persona: string): Promise<string> {
    const answer = await app.inject({
      method: 'POST',
      url: `${sandboxIssuerPath}/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `grant_type=client_credentials&client_id=${persona}&client_secret=${sandboxSecret}`,
    });
    return answer.json<{ access_token: string }>().access_token;
  }

  const tokens = new Map<string, Promise<string>>();
  /** Sends an unmeasured request without a socket, as a persona; by default the platform. */
  const call: Call = async (caller, method, url, { body, status, ifMatch } = {}) => {
    const persona = caller ?? platform;
    const token = tokens.get(persona) ?? tokenOf(persona);
    tokens.set(persona, token);
    const answer = await app.inject({
      method,
      url,
      headers: {
        authorization: `Bearer ${await token}`,
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    if (status !== undefined && status !== answer.statusCode) throw new Error(answer.body);
    return { status: answer.statusCode, body: answer.json(), headers: {} };
  };

  return {
    origin,
    serviceUrl,
    services,
    tokenOf,
    call,
    close: async () => {
      await app.close();
      await db.close();
    },
  };
}

/** The clients, in their own thread. */
export function startLoad() {
  const worker = new Worker(new URL('./load.ts', import.meta.url));
  return {
    fire: async (round: Round): Promise<Answered> => {
      worker.postMessage(round);
      const [answered] = (await once(worker, 'message')) as [Answered];
      return answered;
    },
    weather: async (storm: Storm): Promise<Weathered> => {
      worker.postMessage(storm);
      const [weathered] = (await once(worker, 'message')) as [Weathered];
      return weathered;
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}

/** Submits a draft. */
export function submitting(applicationId: string, bearer: string): Shot {
  return {
    method: 'POST',
    path: `/v1/applications/${applicationId}/submission`,
    headers: { authorization: `Bearer ${bearer}`, 'idempotency-key': randomUUID(), 'if-match': '"1"' },
  };
}

/** Reads a case. */
export function getting(applicationId: string, bearer: string): Shot {
  return {
    method: 'GET',
    path: `/v1/applications/${applicationId}`,
    headers: { authorization: `Bearer ${bearer}` },
  };
}

export function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
}
