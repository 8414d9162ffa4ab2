// Checks every second, on its own connection, whether the database responds, and whether
// the audit is sealed. Answers come from memory, so they cost nothing and do not wait for a pool connection.

import { countOverdue } from '../../oversight/audit/operations.ts';
import type { Db } from '../../platform/database/connect.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import type { App } from '../../platform/http/server.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The result of the last check. Before the app listens there is none. */
    readonly lastLook: () => Promise<Look>;
  }
}

const lookEveryMs = 1_000;
/** A check takes 4.5 seconds at most; an older result says nothing about now. */
const staleMs = 6_000;

export interface Look {
  /** Seconds since the database last responded; null before the first response. */
  readonly ageSeconds: number | null;
  readonly isAnswering: boolean;
  /** Number of audit entries that have waited too long to be sealed. */
  readonly unsealedAuditEntries: number;
}

interface Watch {
  look(): Look;
  stop(): Promise<void>;
}

const nothingSeen: Look = { ageSeconds: null, isAnswering: false, unsealedAuditEntries: 0 };

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
  let { unsealedAuditEntries } = nothingSeen;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function lookNow(): Promise<void> {
    try {
      unsealedAuditEntries = await transact(own, scopeOfAudit, countOverdue, { readOnly: true });
      answeredAt = performance.now();
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
      };
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await own.close();
    },
  };
}
