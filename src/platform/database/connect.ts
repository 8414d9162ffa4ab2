// Opens the pool for all access to PostgreSQL except migrations, with a time-out on every wait. Contains no
// queries; transactions are in transaction.ts.
import { hash } from 'node:crypto';
import {
  CamelCasePlugin,
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type PostgresPoolClient,
  type Transaction,
  type TransactionSettings,
} from 'kysely';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';
import { RowLimit } from './row-limit.ts';
import { scopeOfTransaction, tellScope } from './row-scope.ts';
import type { Database } from './tables.ts';
import { valueTypes } from './values.ts';

// Under five seconds together: the longest a request waits for an unresponsive database.
const connectTimeoutMs = 1_000;
const programConnectTimeoutMs = 5_000;
const defaultStatementTimeoutMs = 3_000;
// The server cancels a slow statement first; our own timer covers a server that does not respond at all.
const answerGraceMs = 500;
const idleInTransactionTimeoutMs = 10_000;
const idleTimeoutMs = 30_000;
// About 100 ms of waiting at 2,000 transactions a second; beyond that, requests fail at once.
const waitingPerConnection = 32;

// The server notices within half a minute that our machine is gone; until then it keeps our worker's locks.
const keepAlives = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3';

/** An open database: queries outside transactions, the pool for the job runner, and closing. */
export interface Db {
  readonly kysely: Kysely<Database>;
  readonly pool: pg.Pool;
  /** In [0, 1): jitter for retries. */
  readonly random: () => number;
  /** Another pool to the same database with its own size and time-outs, for background work. */
  another(changes: Partial<DatabaseOptions>): Db;
  close(): Promise<void>;
}

/**
 * Type of the argument of a store's writing functions, so that a write outside a transaction does not
 * compile.
 */
export type Tx = Transaction<Database>;

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly random: () => number;
  /** Called when an idle connection breaks; the pool has already replaced it. */
  readonly onIdleError: (error: Error) => void;
  /** Longer only where no client waits, as in tests on a busy machine. */
  readonly connectTimeoutMs?: number;
  /** For long jobs only; requests keep the default. */
  readonly statementTimeoutMs?: number;
}

/** The database cannot serve now (unreachable, unresponsive, overloaded). The request itself may be valid. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
  readonly retryAfterSeconds = 1;
}

/** The database cancelled a statement at its time-out: because of its plan, load or a lock. */
export class TookTooLong extends Unavailable {
  override readonly name = 'TookTooLong';
}

/** Opens a pool. It connects on first use, where an absent server throws `Unavailable`. */
export function openDatabase(options: DatabaseOptions): Db {
  const statementTimeoutMs = options.statementTimeoutMs ?? defaultStatementTimeoutMs;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'subsidy',
    // The parsers in values.ts rely on the first two. The fixed search_path keeps functions of other schemas
    // from shadowing PostgreSQL's own. None may depend on the server's configuration.
    options: `-c TimeZone=UTC -c DateStyle=ISO -c search_path=public -c jit=off -c random_page_cost=1.1 ${keepAlives}`,
    types: valueTypes,
    max: options.poolSize,
    connectionTimeoutMillis: options.connectTimeoutMs ?? connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + answerGraceMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    keepAlive: true,
  });
  pool.on('error', options.onIdleError);
  // Without a listener, an error of a checked-out client would end the process. Its query reports the error.
  pool.on('connect', (client) => client.on('error', () => {}));
  const kysely = new Kysely<Database>({
    dialect: new ScopedDialect({
      pool: {
        connect: () => checkOut(pool, options.poolSize * waitingPerConnection, statementTimeoutMs),
        end: () => pool.end(),
        options: {},
      },
    }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  return {
    kysely,
    pool,
    random: options.random,
    another: (changes) => openDatabase({ ...options, ...changes }),
    close: () => kysely.destroy(),
  };
}

/** Sends the row scope in the same message as each transaction's BEGIN. */
class ScopedDriver extends PostgresDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    { isolationLevel = 'read committed', accessMode = 'read write' }: TransactionSettings,
  ): Promise<void> {
    const begin = `start transaction isolation level ${isolationLevel} ${accessMode}`;
    const scope = scopeOfTransaction.getStore();
    const whole = scope === undefined || scope === null ? begin : `${begin}; ${tellScope(scope)}`;
    await connection.executeQuery(CompiledQuery.raw(whole));
  }
}

class ScopedDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ScopedDriver(this.#config);
  }
}

const oldestServerVersion = 150_000;

/**
 * One connection outside the pool, without time-outs, for migrations and checks. The caller closes it.
 *
 * @throws OperatorError when it cannot connect, or the server is too old
 */
export async function connectClient(url: string, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: programConnectTimeoutMs,
    types: valueTypes,
  });
  // A broken connection also fails its running query, which reports it.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new OperatorError(`DATABASE_URL: 无法连接数据库 · cannot connect: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  const { rows } = await client.query(`select current_setting('server_version_num')::int as version`);
  if (rows[0]?.version >= oldestServerVersion) return client;
  await client.end();
  const oldest = oldestServerVersion / 10_000;
  throw new OperatorError(
    `DATABASE_URL: 需要 PostgreSQL ${oldest} 或更高版本 · PostgreSQL ${oldest} or later is needed`,
  );
}

/** A name with several addresses fails with one error per address and no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

async function checkOut(pool: pg.Pool, maxWaiting: number, timeoutMs: number): Promise<PostgresPoolClient> {
  if (pool.waitingCount >= maxWaiting)
    throw new Unavailable(`${maxWaiting} requests already wait for a connection`);
  try {
    return watched(await pool.connect(), timeoutMs);
  } catch (error) {
    throw new Unavailable('no connection to the database', { cause: error });
  }
}

/**
 * Wraps a client for Kysely. After its connection has failed, further queries fail at once and its release
 * destroys it: otherwise the rollback after a time-out would wait for a second time-out, and a connection
 * still busy with a lost query would return to the pool.
 */
function watched(client: pg.PoolClient, timeoutMs: number): PostgresPoolClient {
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken ??= error;
  };
  client.on('error', onError);

  async function query(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    if (broken !== undefined) throw new Unavailable('the connection is broken', { cause: broken });
    try {
      return await client.query(prepared(sql, parameters));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (breaksConnection(error)) broken ??= error;
      if (isCutOff(error))
        throw new TookTooLong(`a statement was cut off after ${timeoutMs / 1_000} s`, { cause: error });
      throw isUnavailability(error)
        ? new Unavailable('the database did not answer', { cause: error })
        : error;
    }
  }

  return {
    // The cast: Kysely's overload for cursors is never called, since none is configured.
    query: query as PostgresPoolClient['query'],
    release(discard: boolean) {
      client.off('error', onError);
      client.release(discard || broken !== undefined);
    },
  };
}

// Several times the number of statements of the service; generated statements must not exhaust the server's
// memory.
const mostPrepared = 1_000;
const names = new Map<string, string>();

/**
 * A named statement is planned once per connection: with row-level security, planning took longer than
 * execution. Exceptions: plans that depend on an array's length or on a batch size, which queries mark with
 * `atMost`.
 */
function prepared(text: string, parameters: readonly unknown[]): pg.QueryConfig {
  const values = [...parameters];
  if (values.length === 0 || values.some(decidesPlan)) return { text, values };
  let name = names.get(text);
  if (name === undefined && names.size < mostPrepared) {
    name = hash('sha256', text).slice(0, 40);
    names.set(text, name);
  }
  return name === undefined ? { text, values } : { name, text, values };
}

function decidesPlan(value: unknown): boolean {
  return value instanceof RowLimit || (Array.isArray(value) && value.length > 1);
}

/** A statement was prepared before its table changed; a new connection prepares it again. */
function isPreparedTooEarly(error: pg.DatabaseError): boolean {
  return error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
}

// Operator intervention and shutdown, connection exceptions, insufficient resources, lock and transaction
// time-outs.
const unavailableStates = /^(08...|53...|57P0[1-5]|55P03|25P0[34])$/;
const queryCanceled = '57014';

function isCutOff(error: Error): boolean {
  return error instanceof pg.DatabaseError && error.code === queryCanceled;
}

function isUnavailability(error: Error): boolean {
  if (error instanceof pg.DatabaseError)
    return unavailableStates.test(error.code ?? '') || isPreparedTooEarly(error);
  return isConnectionFailure(error);
}

function breaksConnection(error: Error): boolean {
  if (!(error instanceof pg.DatabaseError)) return isConnectionFailure(error);
  return error.severity === 'FATAL' || isPreparedTooEarly(error);
}

// pg reports a lost or silent connection as a plain Error or as the socket's own error, which names its
// system call. More specific errors (a RangeError of values.ts, a TypeError) are programming errors and pass
// unchanged.
function isConnectionFailure(error: Error): boolean {
  return error.constructor === Error && !(error instanceof pg.DatabaseError);
}
