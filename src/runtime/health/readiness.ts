// What readiness looks at: whether the database answers, and what an operator must know although the service can serve.
// Looked at once a second on a connection of its own, and answered from memory: however many ask, and however long others
// wait for a connection, the answer costs nothing and takes no time.

import { countOverdue } from '../../oversight/audit/operations.ts';
import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import { countJobs, type JobCounts } from '../jobs/jobs.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** How the database was when it was looked at last. Before the app listens nobody has looked. */
    readonly lastLook: () => Promise<Look>;
  }
}

const lookEveryMs = 1_000;
/** Counting jobs reads as many rows as there are. */
const countJobsEveryMs = 10_000;
/** A look takes four and a half seconds at most; one that is older than this says nothing about now. */
const staleMs = 6_000;

export interface Look {
  /** Seconds since the database answered last; null before it ever has. */
  readonly ageSeconds: number | null;
  readonly isAnswering: boolean;
  /** How many audit entries wait too long for their seal. */
  readonly unsealedAuditEntries: number;
  /** As they were at most ten seconds before the database answered last. */
  readonly jobs: JobCounts;
}

interface Watch {
  look(): Look;
  stop(): Promise<void>;
}

const nothingSeen: Look = {
  ageSeconds: null,
  isAnswering: false,
  unsealedAuditEntries: 0,
  jobs: { waiting: 0, failed: 0 },
};

/** Begins to look when the app listens, and ends with it. */
export function registerWatch(app: App, db: Db): void {
  let watching: Promise<Watch> | undefined;
  app.addHook('onListen', async () => {
    watching = watchDatabase(db);
  });
  app.addHook('onClose', async () => await (await watching)?.stop());
  app.decorate('lastLook', async () => (await watching)?.look() ?? nothingSeen);
}

/** Looks once before it answers, then every second until it is stopped. */
async function watchDatabase(db: Db): Promise<Watch> {
  const own = db.another({ poolSize: 1, onIdleError: () => {} });
  let answeredAt: number | null = null;
  let isAnswering = false;
  let { unsealedAuditEntries, jobs } = nothingSeen;
  let countedAt = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function lookNow(): Promise<void> {
    try {
      const isCountDue = performance.now() - countedAt >= countJobsEveryMs;
      const count = async (tx: Tx) => ({
        overdue: await countOverdue(tx),
        jobs: isCountDue ? await countJobs(tx) : jobs,
      });
      const counted = await transact(own, scopeOfAudit, count, { readOnly: true });
      unsealedAuditEntries = counted.overdue;
      jobs = counted.jobs;
      answeredAt = performance.now();
      if (isCountDue) countedAt = answeredAt;
      isAnswering = true;
    } catch {
      isAnswering = false;
    }
    if (!isStopped) timer = setTimeout(lookNow, lookEveryMs).unref();
  }
  await lookNow();

  return {
    look() {
      const ageMs = answeredAt === null ? null : performance.now() - answeredAt;
      return {
        ageSeconds: ageMs === null ? null : Math.floor(ageMs / 1_000),
        isAnswering: isAnswering && ageMs !== null && ageMs < staleMs,
        unsealedAuditEntries,
        jobs,
      };
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await own.close();
    },
  };
}
