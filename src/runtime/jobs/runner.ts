// One graphile-worker with its own pool. Never repaired: at the first connection failure it is retired, and
// worker.ts starts another.

import { EventEmitter } from 'node:events';
import type { CronItem, Runner, WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import type { Db } from '../../platform/database/connect.ts';
import type { App } from '../../platform/http/server.ts';
import type { Services } from '../../platform/write-context.ts';
import { applicationNameOf } from './jobs.ts';
import { taskList } from './tasks.ts';

const concurrentJobs = 2;
/** One to listen, one to maintain jobs, and two per job: its transaction and the runner's bookkeeping. */
const poolSize = 2 + 2 * concurrentJobs;
/** Longer than for requests: no client waits, and giving up costs a new runner. */
const connectTimeoutMs = 3_000;
const statementTimeoutMs = 4_000;
/** A worker whose process stands still says nothing for `silentAfterSeconds` (jobs.ts), and loses its jobs. */
const sayEveryMs = 5_000;

export interface Working {
  readonly id: string;
  readonly db: Db;
  readonly runner: Runner;
  /** Resolves with the reason for which it must be replaced. */
  readonly failed: Promise<unknown>;
  /** Finishes running jobs, takes no others, and closes the pool. Never rejects. */
  retire(): Promise<void>;
}

export interface RunnerOptions {
  readonly log: App['log'];
  readonly isStopping: () => boolean;
  readonly cron: CronItem[];
}

export async function beginWork(
  services: Services,
  { log, isStopping, cron }: RunnerOptions,
): Promise<Working> {
  const { Logger, parseCronItems, run } = await import('graphile-worker');
  const db = services.db.direct({
    poolSize,
    connectTimeoutMs,
    statementTimeoutMs,
    onIdleError: (error) => {
      if (!isStopping()) log.warn({ err: error }, 'an idle connection of the worker broke');
    },
  });
  const { promise: failed, resolve: fail } = Promise.withResolvers<unknown>();
  const events: WorkerEvents = new EventEmitter();
  let id = '';
  let listening: unknown;
  let saying: NodeJS.Timeout | undefined;
  const sayNoMore = () => {
    listening = undefined;
    clearInterval(saying);
  };
  events.on('pool:create', ({ workerPool }) => {
    id = workerPool.id;
  });
  events.on('pool:listen:success', ({ client }) => {
    listening = client;
    // After its LISTEN: a pg client runs one query at a time. It may be given back before that.
    client.once('drain', () => {
      if (listening !== client) return;
      client.query(`select set_config('application_name', $1, false)`, [applicationNameOf(id)]).catch(fail);
      saying = setInterval(() => void client.query('select').catch(fail), sayEveryMs);
    });
  });
  events.on('pool:listen:release', sayNoMore);
  // graphile-worker retries these queries, except that it caches a failure of its very first one for ever.
  events.on('worker:getJob:error', ({ error }) => fail(error));
  events.on('pool:listen:error', ({ error }) => fail(error));
  // A job could not be completed or failed: the runner then shuts down, and its shutdown may wait without end for the
  // connections that were terminated under it.
  events.on('pool:fatalError', ({ error }) => fail(error));
  try {
    const runner = await run({
      preset: {
        worker: {
          // Otherwise it reports finished and failed jobs in an unawaited promise, which may reject
          // unhandled.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
      pgPool: releasedOnce(db.pool),
      taskList: taskList({ services: { ...services, db }, isStopping }),
      concurrency: concurrentJobs,
      noHandleSignals: true,
      events,
      logger: new Logger(() => (level, message) => {
        if (level === 'error') log.error({ worker: message }, 'worker');
        if (level === 'warning') log.warn({ worker: message }, 'worker');
      }),
      parsedCronItems: parseCronItems(cron),
    });
    const ended = runner.promise.then(
      () => new Error('it ended by itself'),
      (error: unknown) => error,
    );
    ended.then(fail);
    return {
      id,
      db,
      runner,
      failed,
      async retire() {
        sayNoMore();
        await runner.stop().catch(() => {}); // it may have stopped already
        await ended;
        sayNoMore(); // it may have begun to listen meanwhile
        await db.close().catch((error: unknown) => log.warn({ err: error }, 'the pool of the worker'));
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}

type Listening = Parameters<pg.Pool['connect']>[0];

/**
 * graphile-worker releases the connection on which it listens a second time when it breaks while the runner shuts down, and
 * one that it did not get when its pool has ended: errors that nobody handles, and the process would end.
 */
function releasedOnce(pool: pg.Pool): pg.Pool {
  const connect = pool.connect.bind(pool);
  const connectOnce = (listen?: Listening) => {
    if (listen === undefined) return connect();
    return connect((error, client, release) => {
      let isReleased = false;
      listen(error, client, (broken) => {
        // A pool that has ended gives none, whatever its type says.
        if (!isReleased) release?.(broken);
        isReleased = true;
      });
    });
  };
  return Object.defineProperty(pool, 'connect', { value: connectOnce });
}
