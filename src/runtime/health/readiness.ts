// Checks every second, on its own connection, whether the database responds, and collects warnings for
// operators. Answers come from memory, so they cost nothing and do not wait for a pool connection.

import { countWebhooks } from '../../notifications/webhooks/operations.ts';
import { countOverdue } from '../../oversight/audit/operations.ts';
import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';
import { countJobs, type JobCounts } from '../jobs/jobs.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The result of the last check. Before the app listens there is none. */
    readonly lastLook: () => Promise<Look>;
  }
}

const lookEveryMs = 1_000;
/** Counting jobs reads as many rows as there are. */
const countJobsEveryMs = 10_000;
/** A check takes 4.5 seconds at most; an older result says nothing about now. */
const staleMs = 6_000;

export interface Look {
  /** Seconds since the database last responded; null before the first response. */
  readonly ageSeconds: number | null;
  readonly isAnswering: boolean;
  /** Number of audit entries that have waited too long to be sealed. */
  readonly unsealedAuditEntries: number;
  /** At most ten seconds old when the database last responded. */
  readonly jobs: JobCounts;
  /** As old as the jobs. */
  readonly webhooks: Awaited<ReturnType<typeof countWebhooks>>;
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
  webhooks: { waiting: 0, dead: 0, disabled: 0 },
};

/** Checks while the app listens. */
export function registerWatch(app: App, db: Db): void {
  let watching: Promise<Watch> | undefined;
  app.addHook('onListen', async () => {
    watching = watchDatabase(db);
  });
  app.addHook('onClose', async () => await (await watching)?.stop());
  app.decorate('lastLook', async () => (await watching)?.look() ?? nothingSeen);
}

/** Checks once before resolving, then every second until stopped. */
async function watchDatabase(db: Db): Promise<Watch> {
  const own = db.another({ poolSize: 1, onIdleError: () => {} });
  let answeredAt: number | null = null;
  let isAnswering = false;
  let { unsealedAuditEntries, jobs, webhooks } = nothingSeen;
  let countedAt = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function lookNow(): Promise<void> {
    try {
      const isCountDue = performance.now() - countedAt >= countJobsEveryMs;
      const count = async (tx: Tx) => ({
        overdue: await countOverdue(tx),
        jobs: isCountDue ? await countJobs(tx) : jobs,
        webhooks: isCountDue ? await countWebhooks(tx) : webhooks,
      });
      const counted = await transact(own, scopeOfAudit, count, { readOnly: true });
      unsealedAuditEntries = counted.overdue;
      ({ jobs, webhooks } = counted);
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
        webhooks,
      };
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await own.close();
    },
  };
}
