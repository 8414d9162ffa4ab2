// Runs work in one transaction and recognises database errors. Contains no queries of its own.
import { setTimeout as delay } from 'node:timers/promises';
import { CompiledQuery, type QueryExecutorProvider, sql } from 'kysely';
import pg from 'pg';
import type { Db, Tx } from './connect.ts';
import { type Connection, isPreparedTooEarly, Unavailable } from './connection.ts';
import { type RowScope, tellScope } from './row-scope.ts';

const maxRetries = 5;
const firstRetryMs = 10;

/**
 * A migration takes this lock alone before it changes anything. It comes when no transaction holds a table, and those that
 * begin meanwhile hold none while they wait, so that neither keeps the other from its end.
 */
const holdSchema = 'lock table schema_migrations in access share mode';

const serializationFailure = '40001';
const deadlockDetected = '40P01';

/**
 * Runs `act` in one transaction: committed when it resolves, rolled back when it throws. Writes use READ
 * COMMITTED, since named constraints hold the invariants; reads use one snapshot (REPEATABLE READ). Retries
 * after a deadlock, a serialization failure or a change of a table, at most five times with growing jitter, then throws
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
      return await runOnce(db, scope, act, { readOnly, isRepeated: attempt > 0 });
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (attempt === maxRetries)
        throw new Unavailable('other work kept getting in the way', { cause: error });
      await delay(firstRetryMs * 2 ** attempt * (0.5 + db.random()));
    }
  }
}

/**
 * Few waits: BEGIN and the row scope travel with the first statement, statements that are asked for together
 * (`Promise.all`) travel together, and nobody waits for the end of a read.
 */
async function runOnce<T>(
  db: Db,
  scope: RowScope | null,
  act: (tx: Tx) => Promise<T>,
  { readOnly, isRepeated }: { readonly readOnly: boolean; readonly isRepeated: boolean },
): Promise<T> {
  const { connection, tx } = await db.checkOut();
  connections.set(tx, connection);
  if (isRepeated) repeated.add(tx);
  const begin = `start transaction isolation level ${readOnly ? 'repeatable read read only' : 'read committed read write'}`;
  try {
    const told = [begin, ...db.settings, holdSchema, ...(scope === null ? [] : [tellScope(scope)])];
    connection.begin(told.join('; '), readOnly);
    const result = await act(tx).catch(async (error: unknown) => {
      await connection.end('rollback').catch(() => {}); // a lost connection is rolled back by the server
      throw error;
    });
    const ending = connection.end('commit');
    if (readOnly) ending.catch(() => {});
    else await ending;
    return result;
  } finally {
    connection.release();
  }
}

const connections = new WeakMap<Tx, Connection>();
const repeated = new WeakSet<Tx>();

/** Whether the transaction follows one that failed because of other work. */
export function isRepeated(tx: Tx): boolean {
  return repeated.has(tx);
}

function connectionOf(tx: Tx): Connection {
  const connection = connections.get(tx);
  if (connection === undefined) throw new Error('this transaction was not begun by transact');
  return connection;
}

/**
 * Sends a statement whose answer nobody needs, without waiting for it. Its failure is thrown by the next statement that
 * is waited for, or by the commit.
 */
export function later(tx: Tx, statement: { compile(tx: QueryExecutorProvider): CompiledQuery }): void {
  connectionOf(tx).send(statement.compile(tx));
}

/**
 * Runs a statement written out in SQL, which is compiled for no request: for answers that need many tables at once.
 * Columns keep their names.
 */
export async function ask<R>(tx: Tx, statement: string, parameters: readonly unknown[]): Promise<R[]> {
  const { rows } = await connectionOf(tx).executeQuery<R>(CompiledQuery.raw(statement, [...parameters]));
  return rows;
}

/** Sends a statement written out in SQL without waiting, as `later` does. */
export function tell(tx: Tx, statement: string, parameters: readonly unknown[]): void {
  connectionOf(tx).send({ sql: statement, parameters });
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
    isPreparedTooEarly(error) ||
    (error instanceof pg.DatabaseError &&
      (error.code === serializationFailure || error.code === deadlockDetected))
  );
}

/** Name of the violated constraint, or undefined. Operations map it to a problem. */
export function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}
