// What readiness looks at: whether the database answers, and what an operator must know although the service can serve.
// Looked at once a second on a connection of its own, and answered from memory: however many ask, and however long others
// wait for a connection, the answer costs nothing and takes no time.

import { countOverdue } from '../audit/operations.ts';
import type { Db } from '../database/connect.ts';
import { sightOfAudit } from '../database/row-sight.ts';
import { transact } from '../database/transaction.ts';

const lookEveryMs = 1_000;
/** A look takes four and a half seconds at most; one that is older than this says nothing about now. */
const staleMs = 6_000;

export interface Look {
  /** Seconds since the database answered last; null before it ever has. */
  readonly ageSeconds: number | null;
  readonly isAnswering: boolean;
  /** How many audit entries wait too long for their seal. */
  readonly unsealedAuditEntries: number;
}

export interface Watch {
  look(): Look;
  stop(): Promise<void>;
}

/** Looks once before it answers, then every second until it is stopped. */
export async function watchDatabase(db: Db): Promise<Watch> {
  const own = db.another({ poolSize: 1, onIdleError: () => {} });
  let answeredAt: number | null = null;
  let isAnswering = false;
  let unsealedAuditEntries = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function lookNow(): Promise<void> {
    try {
      unsealedAuditEntries = await transact(own, sightOfAudit, countOverdue, { readOnly: true });
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
