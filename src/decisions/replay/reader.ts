// Lets commands read decisions as the service account, in bounded batches.

import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfService } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';

export const decisionsPerBatch = 500;

/** Each query runs as the service in its own transaction. */
export function readerOf(db: Db) {
  return async <T>(ask: (tx: Tx) => Promise<T>): Promise<T> =>
    await transact(db, scopeOfService, ask, { readOnly: true });
}
