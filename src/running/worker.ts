// Works through what operations staged for after their commit. Each job is one transaction that can be done again: a
// worker that dies leaves the job to the next one.

import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Logger,
  parseCronItems,
  type Runner,
  run,
  runOnce,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import type { Act, ServiceOperation, StagedWork } from '../act.ts';
import { expireDrafts } from '../applications/drafts.ts';
import { recountClocks } from '../applications/operations.ts';
import { recompareOpenApplications } from '../decisions/recompare.ts';
import { holdLinesOfDead } from '../disbursements/operations.ts';
import type { ActingServices } from '../http/acting.ts';
import { actAsService } from '../http/acting.ts';
import type { App } from '../http/server.ts';
import { reassessCovered } from '../records/coverage.ts';
import { reassessPerson } from '../recoveries/operations.ts';
import { deleteExpired } from '../retention/operations.ts';
import { startSealing } from './sealing.ts';

const concurrentJobs = 2;
/** Of one job that works in portions; what is left waits for the next day. */
const mostRuns = 200;
/** What is done every day, at a quiet hour in Jingdezhen, and at each start; cron counts in UTC. */
const daily = [
  { task: 'expire-drafts', match: '30 19 * * *' },
  { task: 'delete-expired', match: '0 20 * * *' },
];
const replaceAfterMs = 1_000;

/** What a task does; the names and payloads are those that `enqueue` takes. */
const tasks: {
  readonly [T in keyof StagedWork]: (services: ActingServices, work: StagedWork[T]) => Promise<void>;
} = {
  // One transaction: whoever is told of an open case has its granted months looked at with the same records. Money first:
  // whoever needs a disbursement and a person takes the disbursement first.
  'reassess-person': (services, { personId }) =>
    actAsService(services, 'reassessPerson', async (act) => {
      await holdLinesOfDead(act, personId);
      await recompareOpenApplications(act, personId);
      await reassessPerson(act, personId);
    }),
  'reassess-covered': (services, walk) =>
    actAsService(services, 'reassessCovered', (act) => reassessCovered(act, walk)),
  'recount-clocks': (services, { year }) =>
    actAsService(services, 'recountClocks', (act) => recountClocks(act, year)),
  'expire-drafts': (services) => inPortions(services, 'expireDrafts', expireDrafts),
  'delete-expired': (services) => inPortions(services, 'deleteExpired', deleteExpired),
};

/** @param act one portion; answers whether there may be more */
async function inPortions(
  services: ActingServices,
  operation: ServiceOperation,
  act: (act: Act) => Promise<boolean>,
): Promise<void> {
  for (let runs = 0; runs < mostRuns; runs += 1) {
    if (!(await actAsService(services, operation, act))) return;
  }
}

function taskList(services: ActingServices): TaskList {
  const entries = Object.entries(tasks).map(
    // Written by enqueue under this task's name.
    ([name, work]) => [name, (payload: unknown) => work(services, payload as never)] as const,
  );
  return Object.fromEntries(entries);
}

/** Starts working in the background with the service, the sealing of the audit too, and stops with it. */
export async function startWorker(app: App, services: ActingServices): Promise<void> {
  startSealing(app, services.db, services.settings.auditHash);
  let isClosing = false;
  let runner = await begin();
  let replacing: Promise<void> | undefined;
  app.addHook('onClose', async () => {
    isClosing = true;
    await replacing;
    await runner.stop().catch(() => {}); // it may have ended by itself
  });

  async function begin(): Promise<Runner> {
    const events: WorkerEvents = new EventEmitter();
    // graphile-worker keeps the failure of its very first question and repeats it for ever, without a word: a database
    // that was slow for a second at the start would leave the service without background work until the next start.
    events.once('worker:getJob:error', ({ error }) => {
      app.log.error({ err: error }, 'the worker could not ask for work; another takes its place');
      replacing ??= replace().finally(() => {
        replacing = undefined;
      });
    });
    const begun = await run({
      pgPool: services.db.pool,
      taskList: taskList(services),
      concurrency: concurrentJobs,
      noHandleSignals: true,
      events,
      logger: new Logger(() => (level, message) => {
        if (level === 'error' || level === 'warning')
          app.log[level === 'error' ? 'error' : 'warn']({ worker: message }, 'worker');
      }),
      parsedCronItems: parseCronItems(daily),
    });
    // Not awaited: whoever begins must be there when the first question to the database fails.
    void makeUpForTheNight(begun);
    return begun;
  }

  /** At each start. Not graphile-worker's own backfill, which compares Dates, while our pool reads instants as text. */
  async function makeUpForTheNight(begun: Runner): Promise<void> {
    for (const { task } of daily) {
      await begun.addJob(task, {}, { jobKey: task }).catch((error: unknown) => {
        app.log.error({ err: error }, `${task} waits for its hour`);
      });
    }
  }

  /** Until one has begun or the service ends: there is nobody else to do the work. */
  async function replace(): Promise<void> {
    for (;;) {
      await delay(replaceAfterMs);
      if (isClosing) return;
      try {
        await runner.stop().catch(() => {}); // likewise
        runner = await begin();
        return;
      } catch (error) {
        app.log.error({ err: error }, 'the worker could not begin');
      }
    }
  }
}

/** Works through all that waits now, and returns. For tests and for the end of a run. */
export async function workOnce(services: ActingServices): Promise<void> {
  await runOnce({
    pgPool: services.db.pool,
    taskList: taskList(services),
    noHandleSignals: true,
    // Not on standard output. A job that fails is tried again, and keeps its error in its row.
    logger: new Logger(() => () => {}),
    parsedCronItems: [],
  });
}
