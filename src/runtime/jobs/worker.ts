// Runs staged work and the nightly jobs while the service runs; as long as the database is unreachable, it
// keeps starting new runners.

import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Settings } from '../../platform/context.ts';
import type { Db } from '../../platform/database/connect.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import type { Services } from '../../platform/write-context.ts';
import { writeCheckpointAtEnd } from './checkpoints.ts';
import { countFailed, forgetReplaced, releaseOrphans } from './jobs.ts';
import { beginWork, type Working } from './runner.ts';
import { startSealing } from './sealing.ts';
import { startWebhooks } from './webhooks.ts';

/**
 * Run every day, at a quiet hour in Jingdezhen or when somebody reads what is told, every hour or every minute; and at
 * each start. Cron uses UTC.
 */
const scheduled = [
  { task: 'expire-drafts', match: '30 19 * * *' },
  { task: 'tell-claimable', match: '0 1 * * *' },
  { task: 'delete-expired', match: '0 20 * * *' },
  { task: 'write-checkpoint', match: '0 * * * *' },
  { task: 'count-figures', match: '* * * * *' },
] as const;
const mostAttempts = 10;
const lookAfterJobsMs = 10_000;
const shortestPauseMs = 100;
const longestPauseMs = 500;
/** After a runner has lived this long, the next one starts without a pause. */
const wellAfterMs = 10_000;
/** At shutdown. A longer job is rolled back and repeated later. */
const lastJobMs = 4_000;

/** Runs background work and sealing with the service. */
export async function startWorker(app: App, services: Services): Promise<void> {
  const { auditCheckpointDir } = services.settings;
  if (auditCheckpointDir !== undefined) writeCheckpointAtEnd(app, services, auditCheckpointDir);
  startSealing(app, services);
  startWebhooks(app, services);
  const closing = new AbortController();
  const isStopping = () => closing.signal.aborted;
  const closed = new Promise<void>((resolve) => {
    closing.signal.addEventListener('abort', () => resolve());
  });
  const cron = scheduledIn(services.settings).map(({ task, match }) => ({
    task,
    match,
    // A queue of its own for each: one that is late is not overtaken by the next, here or in another process.
    options: { jobKey: task, queueName: task, maxAttempts: mostAttempts, jobKeyMode: 'replace' as const },
  }));
  let isNightMadeUpFor = false;
  let failedTold = 0;

  let ended = Promise.resolve();
  // The runner is loaded once the service listens, which need not wait for it.
  app.addHook('onListen', async () => {
    ended = keepWorking();
  });
  app.addHook('preClose', async () => closing.abort());
  app.addHook('onClose', async () => {
    await Promise.race([ended, delay(lastJobMs, undefined, { ref: false })]);
  });

  async function keepWorking(): Promise<void> {
    const retiring = new Set<Promise<void>>();
    for (let failures = 0; !isStopping(); failures += 1) {
      const begun = performance.now();
      try {
        const working = await beginWork(services, { log: app.log, isStopping, cron });
        const stopLooking = lookAfterJobs(working);
        const reason = await Promise.race([working.failed, closed]);
        stopLooking();
        // Not awaited before the next starts: its last query may wait for a lost connection.
        const retired = working.retire().finally(() => retiring.delete(retired));
        retiring.add(retired);
        if (isStopping()) break;
        app.log.error({ err: reason }, 'the worker cannot reach the database; another takes its place');
      } catch (error) {
        app.log.error({ err: error }, 'no worker could begin; it is tried again');
      }
      if (performance.now() - begun > wellAfterMs) failures = 0;
      const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** failures);
      await Promise.race([delay(pauseMs), closed]);
    }
    await Promise.all(retiring);
  }

  /** Runs now and every ten seconds, until the returned function is called. */
  function lookAfterJobs(working: Working): () => void {
    let underWay = false;
    const look = async (): Promise<void> => {
      if (underWay) return;
      underWay = true;
      try {
        await makeUpForTheNight(working);
        const released = await releaseOrphans(working.db.kysely, working.id);
        if (released > 0) app.log.warn({ released }, 'jobs of a dead worker are done again');
        await forgetReplaced(working.db.kysely);
        await tellFailed(working);
      } catch (error) {
        if (!isStopping())
          app.log.warn({ err: error }, 'the jobs could not be looked after; in ten seconds again');
      } finally {
        underWay = false;
      }
    };
    const timer = setInterval(look, lookAfterJobsMs);
    void look();
    return () => clearInterval(timer);
  }

  /** Once per process. */
  async function makeUpForTheNight({ db }: Working): Promise<void> {
    if (isNightMadeUpFor) return;
    await stageScheduled(db, services.settings);
    isNightMadeUpFor = true;
  }

  /** Logs each change: permanently failed jobs are not retried automatically. */
  async function tellFailed({ db }: Working): Promise<void> {
    const tasks = await countFailed(db.kysely);
    const failed = tasks.reduce((sum, { jobs }) => sum + jobs, 0);
    if (failed > 0 && failed !== failedTold)
      app.log.error({ failed, tasks }, 'jobs have failed for good; see docs/operations.md');
    failedTold = failed;
  }
}

function scheduledIn({ auditCheckpointDir }: Settings) {
  return scheduled.filter(({ task }) => task !== 'write-checkpoint' || auditCheckpointDir !== undefined);
}

/**
 * Stages what is done at fixed times for now. Not graphile-worker's backfill, which compares Dates, while our pool returns
 * instants as text.
 */
export async function stageScheduled(db: Db, settings: Settings): Promise<void> {
  const tasks = scheduledIn(settings).map(({ task }) => task);
  const staging = sql`select graphile_worker.add_job(task, '{}'::json, queue_name => task, job_key => task,
    max_attempts => ${mostAttempts}::int) from unnest(${tasks}::text[]) as task`;
  await transact(db, null, (tx) => staging.execute(tx)); // in a transaction, as a pooler needs it
}
