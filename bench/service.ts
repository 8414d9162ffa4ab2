// What benchmarks share: a PostgreSQL of their own with durable commits, and on it the service as production builds it.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxIssuerPath, sandboxSecret } from '../src/access/issuer.ts';
import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { openDatabase } from '../src/database/connect.ts';
import { startEmbedded } from '../src/database/embedded.ts';
import { openServiceLogin } from '../src/database/service-account.ts';
import type { ActingServices } from '../src/http/acting.ts';
import { createIds } from '../src/ids.ts';
import { prepareDatabase } from '../src/migrate.ts';

/** Where a benchmark may write, and the owner's URL of its PostgreSQL. */
export interface Place {
  readonly dataDir: string;
  readonly ownerUrl: string;
}

/** Starts PostgreSQL in a folder of its own; both are gone when `act` has ended. */
export async function withPostgres<T>(act: (place: Place) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-bench-'));
  // Run by root, PostgreSQL's account goes through it to its own folder.
  chmodSync(dataDir, 0o711);
  const embedded = await startEmbedded({ dataDir, log: () => {}, durable: true });
  try {
    return await act({ dataDir, ownerUrl: embedded.url });
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

/** The service on a database that it migrates first, listening; its log lines are made and go nowhere. */
export async function startService({ dataDir, ownerUrl }: Place, { poolSize, clock }: ServiceOptions) {
  await prepareDatabase(ownerUrl);
  const serviceUrl = await openServiceLogin(ownerUrl, 'subsidy_bench');
  const db = openDatabase({ url: serviceUrl, poolSize, random: Math.random, onIdleError: () => {} });
  const config = await readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: serviceUrl,
    SUBSIDY_DATA_DIR: dataDir,
    SUBSIDY_SWAGGER_UI: 'off',
    SUBSIDY_RATE_LIMIT: '10000000',
  });
  const now = clock ?? (() => Temporal.Now.instant());
  let services: ActingServices | undefined;
  const app = await buildApp({
    config,
    db,
    clock: now,
    newId: createIds(() => now().epochMilliseconds),
    isStopping: () => false,
    logStream: { write: () => {} },
    startWork: async (_app, given) => {
      services = given;
    },
  });
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  if (services === undefined) throw new Error('the app was built without its work');

  /** A new token of a persona of the sandbox. */
  async function tokenOf(persona: string): Promise<string> {
    const answer = await app.inject({
      method: 'POST',
      url: `${sandboxIssuerPath}/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `grant_type=client_credentials&client_id=${persona}&client_secret=${sandboxSecret}`,
    });
    return answer.json<{ access_token: string }>().access_token;
  }

  return {
    app,
    origin,
    serviceUrl,
    sealer: services.sealer,
    tokenOf,
    close: async () => {
      await app.close();
      await db.close();
    },
  };
}
