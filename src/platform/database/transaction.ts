// Runs one act in one transaction and recognises the errors a database answers with. No queries of its own.
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
 * Runs `act` in one transaction: committed when it resolves, rolled back when it throws. READ COMMITTED when it
 * writes, because the named constraints hold the invariants; one unchanging snapshot (REPEATABLE READ) when it only reads.
 * A deadlock or serialization failure runs it again, at most five times with growing jitter, then `Unavailable`;
 * so `act` must do nothing but database work. A connection lost at the commit is never retried here: whether
 * it happened is unknown, and the caller's Idempotency-Key settles it.
 *
 * @param scope whose rows the transaction may see; null sees none that is about anybody
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

/** Reads one state through several connections at once, for work that one of them cannot keep up with. */
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

/** The name of the constraint the statement broke, or undefined: how operations recognise a refusal by the database. */
export function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}
