// What each job does. Each is one transaction, or several small ones, and may be repeated: a dead worker's
// job goes to the next, and a worker only presumed dead may run it concurrently.

import { tracingChannel } from 'node:diagnostics_channel';
import type { Task, TaskList } from 'graphile-worker';
import { recountTimeLimits } from '../../applications/application/operations.ts';
import { expireDrafts } from '../../applications/drafts/operations.ts';
import { recountAppeals } from '../../decisions/appeals/operations.ts';
import { recompareOpenApplications } from '../../decisions/comparison/operations.ts';
import { keepRehearsal, rehearseProposal } from '../../decisions/policy-proposals/operations.ts';
import { tellClaimable } from '../../eligibility/continuing/telling.ts';
import { orderEvents } from '../../notifications/events/operations.ts';
import { deleteExpired } from '../../oversight/retention/operations.ts';
import { casesCounted, forecastCounted } from '../../oversight/statistics/operations.ts';
import { openOnFalseMaterial } from '../../payments/bars/false-material.ts';
import { holdLinesOfDead } from '../../payments/deaths/operations.ts';
import { chainCounted } from '../../payments/reconciliation/operations.ts';
import { reassessPerson } from '../../payments/recoveries/opening.ts';
import type { ServiceOperation, StagedWork, WriteContext } from '../../platform/context.ts';
import { keepFigures } from '../../platform/figures.ts';
import { olderWritesAreOver } from '../../platform/reference/store.ts';
import { momentOf, type Services, writeAsService } from '../../platform/write-context.ts';
import { reassessCovered } from '../../registers/records/coverage.ts';
import { exportCheckpoint } from './checkpoints.ts';

/** What may be asked about a city that is too large to be counted for each question. */
export const counted = [casesCounted, forecastCounted, chainCounted] as const;
/** One statement counts the whole city, and no client waits. */
const countTimeoutMs = 600_000;

/** Most batches of one job; the rest waits for the next day. */
const mostBatches = 200;

/** One attempt at a job, or at sending an event to a webhook. */
export interface FollowedJob {
  readonly task: string;
  readonly id: string;
  readonly attempt: number;
}

/** Tells whoever follows jobs to their statements, as traces do. */
export const jobChannel = tracingChannel<FollowedJob, unknown>('subsidy.job');

/** What a job may use, and whether it should stop. */
export interface Working {
  readonly services: Services;
  readonly isStopping: () => boolean;
}

/** Names and payloads match `enqueue`. */
const tasks: {
  readonly [T in keyof StagedWork]: (working: Working, work: StagedWork[T]) => Promise<void>;
} = {
  // One transaction, so that open applications and granted months are assessed by the same records. Payments
  // come first, because the lock order is disbursement before person.
  'reassess-person': ({ services }, { personId }) =>
    writeAsService(services, 'reassessPerson', async (context) => {
      await holdLinesOfDead(context, personId);
      await recompareOpenApplications(context, personId);
      await reassessPerson(context, personId);
      await openOnFalseMaterial(context, personId);
    }),
  'reassess-covered': ({ services }, walk) =>
    writeAsService(services, 'reassessCovered', (context) => reassessCovered(context, walk)),
  // After the writes that counted by the calendar before: the recount would not see them.
  'recount-time-limits': async ({ services }, { year }) => {
    await olderWritesAreOver(services.db);
    await writeAsService(services, 'recountTimeLimits', async (context) => {
      await recountTimeLimits(context, year);
      await recountAppeals(context, year);
    });
  },
  // Reads in many short transactions; only the report is written.
  'rehearse-policy': async ({ services }, { proposalId }) => {
    const rehearsed = await rehearseProposal(services, momentOf(services), proposalId);
    await writeAsService(services, 'keepRehearsal', (context) =>
      keepRehearsal(context, proposalId, rehearsed),
    );
  },
  'tell-claimable': async ({ services, isStopping }) => {
    let after: string | null = null;
    do {
      after = await writeAsService(services, 'tellClaimable', (context) => tellClaimable(context, after));
      await orderEvents(services.db); // so that no reader has to, of a whole city's events
    } while (after !== null && !isStopping());
  },
  // Each on its own: one that cannot be counted holds up no other.
  'count-figures': async ({ services }) => {
    const db = services.db.another({ poolSize: 1, statementTimeoutMs: countTimeoutMs });
    const failures: Error[] = [];
    try {
      for (const subject of counted)
        await writeAsService({ ...services, db }, 'countFigures', (context) =>
          keepFigures(context, subject, () => performance.now()),
        ).catch((cause: Error) => failures.push(new Error(`${subject.name}: ${cause.message}`, { cause })));
    } finally {
      await db.close();
    }
    if (failures.length > 0)
      throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  },
  'write-checkpoint': async ({ services }) => {
    const { auditCheckpointDir } = services.settings;
    if (auditCheckpointDir !== undefined) await exportCheckpoint(services, auditCheckpointDir);
  },
  'expire-drafts': (working) => inBatches(working, 'expireDrafts', expireDrafts),
  'delete-expired': (working) => inBatches(working, 'deleteExpired', deleteExpired),
};

export const taskNames: readonly string[] = Object.keys(tasks);

/** @param operation one batch; returns whether there may be more */
async function inBatches(
  { services, isStopping }: Working,
  operation: ServiceOperation,
  context: (context: WriteContext) => Promise<boolean>,
): Promise<void> {
  for (let batches = 0; batches < mostBatches && !isStopping(); batches += 1) {
    if (!(await writeAsService(services, operation, context))) return;
  }
}

/** A process without the folder leaves checkpoints to the others. */
export function taskList(working: Working): TaskList {
  const isMissing = working.services.settings.auditCheckpointDir === undefined;
  const entries = Object.entries(tasks).filter(([name]) => !(isMissing && name === 'write-checkpoint'));
  return Object.fromEntries(
    entries.map(([task, work]): [string, Task] => [
      task,
      (payload, { job: { id, attempts: attempt } }) =>
        // The cast: written by enqueue under this task's name.
        jobChannel.tracePromise(() => work(working, payload as never), { task, id, attempt }),
    ]),
  );
}
