// Works through what operations staged for after their commit. Each job is one transaction that can be done again: a
// worker that dies leaves the job to the next one.

import { Logger, run, runOnce, type TaskList } from 'graphile-worker';
import type { ActingServices } from '../http/acting.ts';
import { actAsService } from '../http/acting.ts';
import type { App } from '../http/server.ts';
import { reassessPerson } from '../recoveries/operations.ts';
import { startSealing } from './sealing.ts';

const concurrentJobs = 2;

/** Task name → what it does; the names are those that `enqueue` takes. */
function taskList(services: ActingServices): TaskList {
  return {
    'reassess-person': async (payload) => {
      const { personId } = payload as { personId: string }; // written by deliverRecords in this shape
      await actAsService(services, 'reassessPerson', (act) => reassessPerson(act, personId));
    },
  };
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
