// Runs work in one transaction and recognises database errors. Contains no queries of its own.
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { type Db, type Tx, Unavailable } from './connect.ts';
import { type RowScope, scopeOfTransaction } from './row-scope.ts';

const maxRetries = 5;
const firstRetryMs = 10;

const serializationFailure = '40001';
const deadlockDetected = '40P01';

/**
 * Runs `act` in one transaction: committed when it resolves, rolled back when it throws. Writes use READ
 * COMMITTED, since named constraints hold the invariants; reads use one snapshot (REPEATABLE READ). Retries
 * after a deadlock or serialization failure, at most five times with growing jitter, then throws
 * `Unavailable`; so `act` must do database work only. A connection lost during commit is not retried: its
 * outcome is unknown, and the caller's Idempotency-Key resolves it.
 *
 * @param scope the rows that are visible; null: none about a person
 */
export async function transact<T>(
  db: Db,
  scope: RowScope | null,
  act: (tx: Tx) => Promise<T>,
  options: { readonly readOnly?: boolean } = {},
): Promise<T> {
  const readOnly = options.readOnly === true;
  for (let attempt = 0; ; attempt++) {
    try {
      return await scopeOfTransaction.run(scope, () =>
        db.kysely
          .transaction()
          .setIsolationLevel(readOnly ? 'repeatable read' : 'read committed')
          .setAccessMode(readOnly ? 'read only' : 'read write')
          .execute(act),
      );
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (attempt === maxRetries)
        throw new Unavailable('other work kept getting in the way', { cause: error });
      await delay(firstRetryMs * 2 ** attempt * (0.5 + db.random()));
    }
  }
}

/** Reads one snapshot through several connections in parallel, where one is too slow. */
export async function readTogether<T>(
  db: Db,
  scope: RowScope,
  act: (readers: readonly [Tx, Tx]) => Promise<T>,
): Promise<T> {
  return await transact(
    db,
    scope,
    async (first) => {
      const { rows } = await sql<{ snapshot: string }>`select pg_export_snapshot() as snapshot`.execute(
        first,
      );
      const snapshot = sql.lit(rows[0]?.snapshot ?? '');
      return await transact(
        db,
        scope,
        async (second) => {
          await sql`set transaction snapshot ${snapshot}`.execute(second);
          return await act([first, second]);
        },
        { readOnly: true },
      );
    },
    { readOnly: true },
  );
}

function isRetryable(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError &&
    (error.code === serializationFailure || error.code === deadlockDetected)
  );
}

/** Name of the violated constraint, or undefined. Operations map it to a problem. */
export function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}
