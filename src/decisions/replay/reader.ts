// How commands read decisions: as the service itself, a bounded batch at a time.

import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfService } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';

export const decisionsPerBatch = 500;

/** Asks as the service itself, each question in a transaction of its own. */
export function readerOf(db: Db) {
  return async <T>(ask: (tx: Tx) => Promise<T>): Promise<T> =>
    await transact(db, scopeOfService, ask, { readOnly: true });
}
