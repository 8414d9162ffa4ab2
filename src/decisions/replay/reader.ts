// Walks a long list a bounded batch at a time, so that a year costs no more memory than a day.

import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfService } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';

export const decisionsPerBatch = 500;

/** Asks as the service itself, each question in a transaction of its own. */
export function readerOf(db: Db) {
  return async <T>(ask: (tx: Tx) => Promise<T>): Promise<T> =>
    await transact(db, scopeOfService, ask, { readOnly: true });
}

/**
 * Batches in their order, each asked for by the last row of the one before. The next is on its way while one is worked
 * on: two are held, never more.
 */
export async function* batchesOf<Row>(
  list: (after: Row | null, limit: number) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  let next = list(null, decisionsPerBatch);
  for (;;) {
    const batch = await next;
    const last = batch.at(-1);
    if (last === undefined) return;
    const isLast = batch.length < decisionsPerBatch;
    next = isLast ? Promise.resolve([]) : list(last, decisionsPerBatch);
    next.catch(() => {}); // told where it is awaited; whoever leaves the walk early waits for nothing
    yield batch;
  }
}
