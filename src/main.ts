// Entry point: reads the configuration, opens the database, builds the app, listens, and shuts down
// gracefully. Creates clock, ids and randomness and passes them down.

import { setTimeout as delay } from 'node:timers/promises';
import { format, parseArgs } from 'node:util';
import { buildApp } from './app.ts';
import { describeFailure } from './commands/failure.ts';
import { prepareDatabase } from './commands/prepare-database.ts';
import { type Config, ConfigError, readConfig } from './platform/config/config.ts';
import { openDatabase } from './platform/database/connect.ts';
import { checkSchema } from './platform/database/migrate.ts';
import { checkPooler } from './platform/database/pooler.ts';
import { checkServiceAccount, openServiceLogin } from './platform/database/service-account.ts';
import type { App } from './platform/http/server.ts';
import { createIds } from './platform/ids.ts';
import { OperatorError } from './platform/operator-error.ts';
import { openSandboxClock } from './sandbox/clock.ts';
import { checkDemo, playDemo } from './sandbox/demo.ts';
import { type Embedded, startEmbedded } from './sandbox/embedded.ts';
import { sandboxUrl } from './sandbox/issuer.ts';

// Time between reporting not ready and closing connections, in which a load balancer stops sending.
const announceMs = 1_000;
// Time from the signal for requests to arrive and answers to be read; slower connections are closed.
const lastAnswersMs = 5_000;
// Time for running transactions; later ones are rolled back with their connection.
const lastTransactionsMs = 2_000;
// From SIGTERM to exit, including running requests; supervisors kill after ten seconds.
const closeMs = 9_000;
const parentPollMs = 250;
// Gets a new password at each start; the owner's password is used for the migration only.
const embeddedLogin = 'subsidy_embedded';

type EndReason = 'SIGTERM' | 'SIGINT' | 'npm is gone' | 'a fault';

const usage = `用法 · usage: npm start -- [--demo] [--help]

启动服务 · starts the service; its variables are in README.md

  --demo  启动沙箱，并演示一座城市的一个季度（只演示一次，约一分钟） · a sandbox with a city in it: plays one quarter, once, in about a minute
  --help  显示本说明 · prints this`;

async function main(): Promise<void> {
  const { demo, help } = readArguments();
  if (help) return console.log(usage);
  const config = await readConfig(process.env);
  if (demo) {
    if (!config.sandbox)
      throw new ConfigError(['--demo: 需要沙箱（SUBSIDY_SANDBOX） · needs the sandbox (SUBSIDY_SANDBOX)']);
    checkDemo();
  }
  const remarks = config.sandboxOffBecause === null ? [] : [config.sandboxOffBecause];
  if (config.ownedByNpm) whenOrphaned(() => onEnd('npm is gone'));
  const { databaseUrl: url, databaseDirectUrl: directUrl, preparesStatements } = config;
  if (url !== undefined) {
    if (directUrl !== undefined) await checkPooler({ url, directUrl, preparesStatements });
    const ahead = await checkSchema(directUrl ?? url);
    if (ahead > 0) {
      remarks.push(
        `the database is ahead of this version by ${ahead} additive migration${ahead === 1 ? '' : 's'}: a newer version may be started beside it`,
      );
    }
    remarks.push(...(await checkServiceAccount(directUrl ?? url)));
    return serve(config, remarks, url, demo);
  }
  const embedded = await startEmbedded({
    dataDir: config.dataDir,
    log: (line) => console.error(line),
    durable: true,
  });
  try {
    // Used by this service only, so the start migrates it; other databases are migrated in a separate step.
    await prepareDatabase(embedded.url);
    const ownUrl = await openServiceLogin(embedded.url, embeddedLogin);
    await checkServiceAccount(ownUrl);
    await serve(config, remarks, ownUrl, demo, embedded);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** @param remarks what an operator should know about the start; logged, so that the log holds JSON lines alone */
async function serve(
  config: Config,
  remarks: readonly string[],
  url: string,
  demo: boolean,
  embedded?: Embedded,
): Promise<void> {
  const traces =
    config.traces === undefined
      ? undefined
      : (await import('./runtime/traces.ts')).beginTraces(config.traces);
  const movableClock = config.sandbox ? openSandboxClock(config.dataDir) : undefined;
  let stopping = false;
  let exitCode = 0;
  const db = openDatabase({
    url,
    directUrl: config.databaseDirectUrl,
    preparesStatements: config.preparesStatements,
    poolSize: config.poolSize,
    random: Math.random,
    onIdleError: (error) => {
      // During shutdown, PostgreSQL may disconnect before it has read our own disconnect.
      if (!stopping) app.log.warn({ err: error }, 'an idle database connection broke');
    },
  });
  const app = await buildApp({
    config,
    db,
    clock: movableClock?.now ?? (() => Temporal.Now.instant()),
    ...(movableClock === undefined ? {} : { movableClock }),
    newId: createIds(Date.now),
    isStopping: () => stopping,
  });
  traces?.tellTo(app.log);
  for (const remark of remarks) app.log.warn(remark);

  async function stop(reason: EndReason): Promise<void> {
    if (stopping) return;
    stopping = true;
    app.log.info({ reason }, 'stopping');
    const deadline = setTimeout(() => {
      app.log.fatal(`not closed within ${closeMs / 1_000} s; the process ends`);
      process.exit(1);
    }, closeMs);
    setTimeout(() => app.server.closeAllConnections(), lastAnswersMs);
    // If npm was killed, a restart may already be waiting for the port and the data.
    if (reason !== 'npm is gone') await delay(announceMs);
    await app.close();
    await Promise.race([Promise.all([db.close(), traces?.close()]), delay(lastTransactionsMs)]);
    await embedded?.stop();
    clearTimeout(deadline);
    // A forgotten handle must not keep the stopped process alive.
    process.exit(exitCode);
  }

  /** After an unhandled error, the process's memory cannot be trusted. */
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
      throw new OperatorError(describeListenError(error, variable, config.host, port), { cause: error });
    }
  }

  const { host, port, metricsPort } = config;
  if (metricsPort !== undefined) {
    const { serveMetrics } = await import('./runtime/metrics/server.ts');
    await listen('SUBSIDY_METRICS_PORT', metricsPort, async () => {
      const metrics = await serveMetrics({ host, port: metricsPort, app, db });
      app.addHook('onClose', () => metrics.close());
    });
  }
  await listen('PORT', port, () => app.listen({ host, port }));
  onEnd = stop;
  onFieldError = stopAfterFault;
  logComplaints(app.log);
  embedded?.ended.then(() => {
    if (stopping) return;
    app.log.fatal('the embedded PostgreSQL ended by itself; see server.log in its data folder');
    process.exit(1);
  });
  const address = app.server.address();
  const takenPort = typeof address === 'object' && address !== null ? address.port : port;
  if (config.sandbox) greet(sandboxUrl(host, takenPort), config);
  if (demo) await playDemo(sandboxUrl(host, takenPort));
}

/** @throws ConfigError */
function readArguments(): { readonly demo: boolean; readonly help: boolean } {
  try {
    const { values } = parseArgs({ options: { demo: { type: 'boolean' }, help: { type: 'boolean' } } });
    return { demo: values.demo === true, help: values.help === true };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new ConfigError([
      `参数有误，请用 --help 查看可用的选项 · wrong arguments, --help tells what there is: ${reason}`,
    ]);
  }
}

/**
 * Runs `act` when npm is gone: a killed npm does not stop its children, and the service would hold port and
 * data for nobody. The script in package.json uses exec, so that our parent is npm and not a shell.
 */
function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) act();
  }, parentPollMs).unref();
}

/** What libraries and Node write on the console goes into the log, which holds JSON lines alone. */
function logComplaints(log: App['log']): void {
  const complain = (...words: unknown[]) => {
    const error = words.find((word) => word instanceof Error) ?? new Error(format(...words));
    log.warn({ err: error }, 'a library complains');
  };
  for (const method of ['trace', 'warn', 'error'] as const) console[method] = complain;
  process.removeAllListeners('warning').on('warning', complain);
}

function describeListenError(error: unknown, variable: string, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `${variable}: 端口 ${port} 在 ${host} 上已被占用，请停止占用它的程序或另选端口 · ${port} on ${host} is taken; stop what uses it or choose another`;
  if (code === 'EACCES')
    return `${variable}: 本账户无权使用端口 ${port}，请选大于 1023 的端口 · ${port} needs rights this account does not have; choose one above 1023`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST: 本机没有地址 ${host} · ${host} is not an address of this machine`;
  return `${variable}: 无法监听 ${host}:${port} · cannot listen: ${error instanceof Error ? error.message : error}`;
}

function greet(url: string, config: Config): void {
  console.log(`服务已启动（沙箱） · the sandbox is serving: ${url}`);
  if (config.swaggerUi) console.log(`接口文档与试用 · Swagger UI: ${url}/docs`);
  console.log(`补贴工作一览 · figures: ${url}/dashboard`);
  console.log('测试令牌 · a sandbox token: npm run token -- <persona>');
}

// Before listening there is nothing to shut down. As process 1 of a container, Node would ignore the signals.
let onEnd: (reason: EndReason) => void = () => process.exit();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => onEnd(signal));
let onFieldError = (error: unknown): void => {
  console.error(describeFailure(error));
  process.exit(error instanceof ConfigError ? 2 : 1);
};
for (const fieldError of ['unhandledRejection', 'uncaughtException'] as const)
  process.on(fieldError, (error: unknown) => onFieldError(error));

try {
  await main();
} catch (error) {
  onFieldError(error);
}
