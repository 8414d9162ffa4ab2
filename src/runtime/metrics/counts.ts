// Counts in the background, on a connection of its own, what the metrics tell of the database: what waits for a job or a
// receiver often, what waits for an officer and the money rarely. A failed count leaves the earlier one, which grows old.

import { measureWaiting } from '../../decisions/work-summary/operations.ts';
import { findOrderLag } from '../../notifications/events/operations.ts';
import { countWebhooks } from '../../notifications/webhooks/operations.ts';
import { findSealLag } from '../../oversight/audit/operations.ts';
import { readKeptMoney } from '../../payments/reconciliation/whole-city.ts';
import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfAudit } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import { listFigureAges } from '../../platform/figures.ts';
import { sumRows } from '../../registers/deliveries/operations.ts';
import { measureJobs } from '../jobs/jobs.ts';

async function countQueues(tx: Tx) {
  const [jobs, webhooks, sealLagSeconds, eventLagSeconds] = await Promise.all([
    measureJobs(tx),
    countWebhooks(tx),
    findSealLag(tx),
    findOrderLag(tx),
  ]);
  return { jobs, webhooks, sealLagSeconds, eventLagSeconds };
}

async function countCity(tx: Tx) {
  const [waiting, rows, money, figures] = await Promise.all([
    measureWaiting(tx),
    sumRows(tx),
    readKeptMoney(tx),
    listFigureAges(tx),
  ]);
  return { waiting, rows, money, figures };
}

export interface Counts {
  readonly queues: Counted<typeof countQueues>;
  readonly city: Counted<typeof countCity>;
}
interface Counted<C extends (tx: Tx) => Promise<unknown>> {
  /** By the last count; undefined before the first. */
  readonly found: Awaited<ReturnType<C>> | undefined;
  /** Since the last count; before the first, since the beginning. */
  readonly ageSeconds: number;
}

export type CountEvery = Readonly<Record<keyof Counts, number>>;
/** In milliseconds. */
export const usually: CountEvery = { queues: 10_000, city: 60_000 };

/** Nobody waits. With 50,000 people what waits in each stage takes 70 ms. */
const statementTimeoutMs = 10_000;

interface Counting {
  counts(): Counts;
  stop(): Promise<void>;
}

export function startCounting(db: Db, every: CountEvery): Counting {
  const own = db.another({ poolSize: 1, statementTimeoutMs, onIdleError: () => {} });
  const stopping = new AbortController();
  const queues = repeat(every.queues, countQueues);
  const city = repeat(every.city, countCity);

  function repeat<T>(everyMs: number, count: (tx: Tx) => Promise<T>) {
    let found: T | undefined;
    let foundAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const countNow = async (): Promise<void> => {
      const at = performance.now();
      try {
        found = await transact(own, scopeOfAudit, count, { readOnly: true });
        foundAt = at;
      } catch {
        // The count that is kept says how old it is.
      }
      if (!stopping.signal.aborted) timer = setTimeout(() => void countNow(), everyMs).unref();
    };
    stopping.signal.addEventListener('abort', () => clearTimeout(timer));
    void countNow();
    return () => ({ found, ageSeconds: (performance.now() - foundAt) / 1_000 });
  }

  return {
    counts: () => ({ queues: queues(), city: city() }),
    async stop() {
      stopping.abort();
      await own.close();
    },
  };
}
