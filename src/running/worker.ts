// Works through what operations staged for after their commit. Each job is one transaction that can be done again: a
// worker that dies leaves the job to the next one.

import { Logger, run, runOnce, type TaskList } from 'graphile-worker';
import type { StagedWork } from '../act.ts';
import { recompareOpenApplications } from '../decisions/recompare.ts';
import type { ActingServices } from '../http/acting.ts';
import { actAsService } from '../http/acting.ts';
import type { App } from '../http/server.ts';
import { reassessCovered } from '../records/coverage.ts';
import { reassessPerson } from '../recoveries/operations.ts';
import { startSealing } from './sealing.ts';

const concurrentJobs = 2;

/** What a task does; the names and payloads are those that `enqueue` takes. */
const tasks: {
  readonly [T in keyof StagedWork]: (services: ActingServices, work: StagedWork[T]) => Promise<void>;
} = {
  // One transaction: whoever is told of an open case has its granted months looked at with the same records.
  'reassess-person': (services, { personId }) =>
    actAsService(services, 'reassessPerson', async (act) => {
      await recompareOpenApplications(act, personId);
      await reassessPerson(act, personId);
    }),
  'reassess-covered': (services, walk) =>
    actAsService(services, 'reassessCovered', (act) => reassessCovered(act, walk)),
};

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
  const runner = await run({
    pgPool: services.db.pool,
    taskList: taskList(services),
    concurrency: concurrentJobs,
    noHandleSignals: true,
    logger: new Logger(() => (level, message) => {
      if (level === 'error' || level === 'warning')
        app.log[level === 'error' ? 'error' : 'warn']({ worker: message }, 'worker');
    }),
    parsedCronItems: [],
  });
  app.addHook('onClose', async () => {
    await runner.stop();
  });
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
