// The program: reads the configuration, opens the database, builds the app, listens, and closes with grace.
// Clock, ids and randomness are made here and passed down. What the service does is in app.ts and below.

import { setTimeout as delay } from 'node:timers/promises';
import { buildApp } from './app.ts';
import { prepareDatabase } from './commands/prepare-database.ts';
import { type Config, ConfigError, readConfig } from './platform/config/config.ts';
import { openDatabase, Unavailable } from './platform/database/connect.ts';
import { checkSchema, SchemaError } from './platform/database/migrate.ts';
import { AccountError, checkServiceAccount, openServiceLogin } from './platform/database/service-account.ts';
import { WrongMasterKey } from './platform/encryption/data-keys.ts';
import { createIds } from './platform/ids.ts';
import { serveMetrics } from './runtime/health/metrics.ts';
import { EmbeddedError } from './sandbox/cluster.ts';
import { type Embedded, startEmbedded } from './sandbox/embedded.ts';

// Not ready is announced this long before the first connection is closed: a balancer stops sending in between.
const announceMs = 1_000;
// From the signal on; who has not sent all of a request by then, or not read the answer, does not hold up the end.
const lastAnswersMs = 5_000;
// A transaction that still runs is rolled back with its connection.
const lastTransactionsMs = 2_000;
// SIGTERM to exit, in-flight requests included; supervisors kill after ten seconds.
const closeMs = 9_000;
const parentPollMs = 250;
// Its password is new with each start; the owner's never leaves the migration.
const embeddedLogin = 'subsidy_embedded';

type EndReason = 'SIGTERM' | 'SIGINT' | 'npm is gone' | 'a fault';

/** A start that fails for a reason a person can mend, told in one line. */
class StartError extends Error {}

async function main(): Promise<void> {
  const config = await readConfig(process.env);
  if (config.sandboxOffBecause !== null) console.log(config.sandboxOffBecause);
  if (config.ownedByNpm) whenOrphaned(() => onEnd('npm is gone'));
  if (config.databaseUrl !== undefined) {
    await checkSchema(config.databaseUrl);
    for (const remark of await checkServiceAccount(config.databaseUrl)) console.error(remark);
    return serve(config, config.databaseUrl);
  }
  const embedded = await startEmbedded({
    dataDir: config.dataDir,
    log: (line) => console.error(line),
    durable: true,
  });
  try {
    // It belongs to this service alone, so it migrates by itself; another database is migrated as a step of its own.
    await prepareDatabase(embedded.url);
    const url = await openServiceLogin(embedded.url, embeddedLogin);
    await checkServiceAccount(url);
    await serve(config, url, embedded);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

async function serve(config: Config, url: string, embedded?: Embedded): Promise<void> {
  let stopping = false;
  let exitCode = 0;
  const db = openDatabase({
    url,
    poolSize: config.poolSize,
    random: Math.random,
    onIdleError: (error) => {
      // At the end PostgreSQL may hang up before it has read that we did.
      if (!stopping) console.error(`an idle database connection broke: ${error.message}`);
    },
  });
  const app = await buildApp({
    config,
    db,
    clock: () => Temporal.Now.instant(),
    newId: createIds(Date.now),
    isStopping: () => stopping,
  });

  async function stop(reason: EndReason): Promise<void> {
    if (stopping) return;
    stopping = true;
    app.log.info({ reason }, 'stopping');
    const deadline = setTimeout(() => {
      console.error(`not closed within ${closeMs / 1_000} s; leaving`);
      process.exit(1);
    }, closeMs);
    setTimeout(() => app.server.closeAllConnections(), lastAnswersMs);
    // Whoever kills npm outright starts anew at once and waits for port and data.
    if (reason !== 'npm is gone') await delay(announceMs);
    await app.close();
    await Promise.race([db.close(), delay(lastTransactionsMs)]);
    await embedded?.stop();
    clearTimeout(deadline);
    // Nothing else should be left; a forgotten handle must not keep a stopped service alive.
    process.exit(exitCode);
  }

  /** Something that nobody waited for has failed: what this process holds in memory is not to be relied on any more. */
  function stopAfterFault(error: unknown): void {
    exitCode = 1;
    app.log.fatal({ err: error }, 'an error that nobody handled; the service stops');
    void stop('a fault');
  }

  async function listen(variable: string, port: number, begin: () => Promise<unknown>): Promise<void> {
    try {
      await begin();
    } catch (error) {
      stopping = true;
      await app.close();
      await db.close();
      throw new StartError(describeListenError(error, variable, config.host, port), { cause: error });
    }
  }

  const { host, port, metricsPort } = config;
  if (metricsPort !== undefined) {
    await listen('SUBSIDY_METRICS_PORT', metricsPort, async () => {
      const metrics = await serveMetrics({ host, port: metricsPort, look: app.lastLook });
      app.addHook('onClose', () => metrics.close());
    });
  }
  await listen('PORT', port, () => app.listen({ host, port }));
  onEnd = stop;
  onFieldError = stopAfterFault;
  embedded?.ended.then(() => {
    if (stopping) return;
    console.error('the embedded PostgreSQL ended by itself; see server.log in its data folder');
    process.exit(1);
  });
  if (config.sandbox) greet(addressOf(config, app.server.address()), config);
}

/**
 * npm that is killed outright takes nothing along; without this the service would keep port and data for nobody.
 * The script in package.json begins with exec, so that npm is our parent and not a shell in between.
 */
function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) act();
  }, parentPollMs).unref();
}

function describeListenError(error: unknown, variable: string, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `${variable}: ${port} on ${host} is taken; stop what uses it or choose another`;
  if (code === 'EACCES')
    return `${variable}: ${port} needs rights this account does not have; choose one above 1023`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST: ${host} is not an address of this machine`;
  return `cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : error}`;
}

function addressOf({ host }: Config, address: ReturnType<import('node:net').Server['address']>): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const isAnyAddress = host === '0.0.0.0' || host === '::';
  return `http://${isAnyAddress ? '127.0.0.1' : host}:${port}`;
}

function greet(url: string, config: Config): void {
  console.log(`服务已启动（沙箱） · The sandbox is serving at ${url}`);
  if (config.swaggerUi) console.log(`接口文档与试用 · Swagger UI: ${url}/docs`);
  console.log('测试令牌 · A sandbox token: npm run token -- <persona>');
}

/** Errors that say in one line what to do; anything else is a mistake of ours and shows where. */
function isExplained(error: unknown): error is Error {
  const kinds = [
    AccountError,
    ConfigError,
    EmbeddedError,
    SchemaError,
    StartError,
    Unavailable,
    WrongMasterKey,
  ];
  return kinds.some((kind) => error instanceof kind);
}

// Until it serves there is nothing to close with grace. As process 1 of a container Node would ignore the signals.
let onEnd: (reason: EndReason) => void = () => process.exit();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => onEnd(signal));
let onFieldError = (error: unknown): void => {
  console.error(isExplained(error) ? error.message : error);
  process.exit(error instanceof ConfigError ? 2 : 1);
};
for (const fieldError of ['unhandledRejection', 'uncaughtException'] as const)
  process.on(fieldError, (error: unknown) => onFieldError(error));

try {
  await main();
} catch (error) {
  onFieldError(error);
}
