// One graphile-worker with a pool of its own. It is never mended: at the first sign that it cannot reach the database it is
// retired and another one takes its place, which worker.ts sees to.

import { EventEmitter } from 'node:events';
import { Logger, type ParsedCronItem, type Runner, run, type WorkerEvents } from 'graphile-worker';
import type { Db } from '../../platform/database/connect.ts';
import type { App } from '../../platform/http/server.ts';
import type { Services } from '../../platform/write-context.ts';
import { applicationNameOf } from './jobs.ts';
import { taskList } from './tasks.ts';

const concurrentJobs = 2;
/** One to listen, and for each job one for its transaction and one for what the runner says of it; one to look after jobs. */
const poolSize = 2 + 2 * concurrentJobs;
/** Longer than those of requests: nobody waits for the answer, and what is given up here costs a new runner. */
const connectTimeoutMs = 3_000;
const statementTimeoutMs = 4_000;

export interface Working {
  readonly id: string;
  readonly db: Db;
  readonly runner: Runner;
  /** Resolves with the reason why it has to be replaced. */
  readonly failed: Promise<unknown>;
  /** Lets the jobs in hand come to their end, takes no others, and closes the pool. Never rejects. */
  retire(): Promise<void>;
}

export interface RunnerOptions {
  readonly log: App['log'];
  readonly isStopping: () => boolean;
  readonly cron: ParsedCronItem[];
}

export async function beginWork(
  services: Services,
  { log, isStopping, cron }: RunnerOptions,
): Promise<Working> {
  const db = services.db.another({
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
  events.on('pool:create', ({ workerPool }) => {
    id = workerPool.id;
  });
  events.on('pool:listen:success', ({ client }) => {
    // After it has said LISTEN: a client of pg takes one query at a time.
    client.once('drain', () => {
      client.query(`select set_config('application_name', $1, false)`, [applicationNameOf(id)]).catch(fail);
    });
  });
  // graphile-worker asks again by itself, with one exception: it keeps the failure of its very first question for ever.
  events.on('worker:getJob:error', ({ error }) => fail(error));
  events.on('pool:listen:error', ({ error }) => fail(error));
  try {
    const runner = await run({
      preset: {
        worker: {
          // Otherwise it says that a job is done, or has failed, in a promise that nobody awaits: an unhandled rejection.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
      pgPool: db.pool,
      taskList: taskList({ services: { ...services, db }, isStopping }),
      concurrency: concurrentJobs,
      noHandleSignals: true,
      events,
      logger: loggerTo(log),
      parsedCronItems: cron,
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
        await runner.stop().catch(() => {}); // it may have ended by itself
        await ended;
        await db.close().catch((error: unknown) => log.warn({ err: error }, 'the pool of the worker'));
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}

function loggerTo(log: App['log']): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error') log.error({ worker: message }, 'worker');
    if (level === 'warning') log.warn({ worker: message }, 'worker');
  });
}
