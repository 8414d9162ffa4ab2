// Works through what operations staged for after their commit, and what every night brings, for as long as the service
// runs: while the database is away a new runner is tried again and again.

import { setTimeout as delay } from 'node:timers/promises';
import { parseCronItems } from 'graphile-worker';
import type { App } from '../../platform/http/server.ts';
import type { Services } from '../../platform/write-context.ts';
import { countFailed, forgetReplaced, releaseOrphans } from './jobs.ts';
import { beginWork, type Working } from './runner.ts';
import { startSealing } from './sealing.ts';

/** What is done every day, at a quiet hour in Jingdezhen, and at each start; cron counts in UTC. */
const daily = [
  { task: 'expire-drafts', match: '30 19 * * *' },
  { task: 'delete-expired', match: '0 20 * * *' },
] as const;
const dailyAttempts = 10;
const lookAfterJobsMs = 30_000;
const shortestPauseMs = 100;
const longestPauseMs = 500;
/** A runner that lived this long was well; the next one is tried without a pause. */
const wellAfterMs = 10_000;
/** At the end of the service. A job that takes longer is rolled back, and done again by whoever comes next. */
const lastJobMs = 4_000;

/** Starts working in the background with the service, the sealing of the audit too, and stops with it. */
export async function startWorker(app: App, services: Services): Promise<void> {
  startSealing(app, services);
  const closing = new AbortController();
  const isStopping = () => closing.signal.aborted;
  const closed = new Promise<void>((resolve) => {
    closing.signal.addEventListener('abort', () => resolve());
  });
  const cron = parseCronItems(
    daily.map(({ task, match }) => ({
      task,
      match,
      options: { jobKey: task, jobKeyMode: 'replace', maxAttempts: dailyAttempts },
    })),
  );
  let isNightMadeUpFor = false;
  let failedTold = 0;

  const ended = keepWorking();
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
        // Not awaited before the next begins: its last words may wait for a connection that is lost.
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

  /** Now and every half a minute, until what it answers is called. */
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
          app.log.warn({ err: error }, 'the jobs could not be looked after; in half a minute again');
      } finally {
        underWay = false;
      }
    };
    const timer = setInterval(look, lookAfterJobsMs);
    void look();
    return () => clearInterval(timer);
  }

  /** Once in a process. Not graphile-worker's own backfill, which compares Dates, while our pool reads instants as text. */
  async function makeUpForTheNight({ runner }: Working): Promise<void> {
    if (isNightMadeUpFor) return;
    for (const { task } of daily) await runner.addJob(task, {}, { jobKey: task, maxAttempts: dailyAttempts });
    isNightMadeUpFor = true;
  }

  /** Each time that there are others than before: nobody tries them again by himself. */
  async function tellFailed({ db }: Working): Promise<void> {
    const tasks = await countFailed(db.kysely);
    const failed = tasks.reduce((sum, { jobs }) => sum + jobs, 0);
    if (failed > 0 && failed !== failedTold)
      app.log.error({ failed, tasks }, 'jobs have failed for good; see docs/operations.md');
    failedTold = failed;
  }
}
