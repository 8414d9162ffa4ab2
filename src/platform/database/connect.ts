// Opens the pool through which everything but migrations reaches PostgreSQL, with a bound on every wait.
// No queries here: stores remember, transactions are in transaction.ts.
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
import { RowLimit } from './row-limit.ts';
import { scopeOfTransaction, tellScope } from './row-scope.ts';
import type { Database } from './tables.ts';
import { valueTypes } from './values.ts';

// Together under five seconds, so that a frozen or black-holed database fails a request within that time.
const connectTimeoutMs = 1_000;
const programConnectTimeoutMs = 5_000;
const defaultStatementTimeoutMs = 3_000;
// The server cancels first; our own timer is for a server that no longer answers at all.
const answerGraceMs = 500;
const idleInTransactionTimeoutMs = 10_000;
const idleTimeoutMs = 30_000;
// A queue of this length drains in about 100 ms at 2,000 transactions a second; beyond it, refusing is kinder.
const waitingPerConnection = 32;

// The server learns within half a minute that our machine is gone; until then it takes our worker for a living one.
const keepAlives = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3';

/** An open database: queries outside a transaction, its pool for the job runner, and its end. */
export interface Db {
  readonly kysely: Kysely<Database>;
  readonly pool: pg.Pool;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** Another pool to the same database, of its own size and patience: for work in the background. */
  another(changes: Partial<DatabaseOptions>): Db;
  close(): Promise<void>;
}

/** What a store's writing function takes: a write outside a transaction does not type-check. */
export type Tx = Transaction<Database>;

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly random: () => number;
  /** Told of connections that break while idle; the pool has already replaced them. */
  readonly onIdleError: (error: Error) => void;
  /** Longer only where nobody waits for an answer, as in tests on a busy machine. */
  readonly connectTimeoutMs?: number;
  /** For long jobs only; a request keeps the default. */
  readonly statementTimeoutMs?: number;
}

/** The database cannot serve now (gone, frozen, overloaded): nothing is known to be wrong with the request. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
  readonly retryAfterSeconds = 1;
}

/** The database answers, but cut off a statement that ran into its time-out: by its plan, by load, or behind a lock. */
export class TookTooLong extends Unavailable {
  override readonly name = 'TookTooLong';
}

/** Opens a pool; connects on first use, so an absent server shows as `Unavailable` there. */
export function openDatabase(options: DatabaseOptions): Db {
  const statementTimeoutMs = options.statementTimeoutMs ?? defaultStatementTimeoutMs;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'subsidy',
    // The parsers in values.ts rely on the first two. With the last nobody who owns the database can put a function of
    // theirs before PostgreSQL's own. None is left to the server's configuration.
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
  // Without a listener the error of a client in use would end the process. Its query reports it.
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

/** Tells the database with the beginning of each transaction, in the same message, how far that one sees. */
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
 * One connection outside the pool, without its time-outs: for migrations and checks of programs.
 * Throws Unavailable with a reason a person can act on. The caller ends it.
 */
export async function connectClient(url: string, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: programConnectTimeoutMs,
    types: valueTypes,
  });
  // A connection that breaks also fails the query in progress, which reports it.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new Unavailable(`DATABASE_URL: cannot connect: ${reasonOf(error)}`, { cause: error });
  }
  const { rows } = await client.query(`select current_setting('server_version_num')::int as version`);
  if (rows[0]?.version >= oldestServerVersion) return client;
  await client.end();
  throw new Unavailable(`DATABASE_URL: PostgreSQL ${oldestServerVersion / 10_000} or later is needed`);
}

/** A name that resolves to several addresses fails with one error for each and no message of its own. */
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
 * The client as Kysely uses it. After its connection has failed once every further query fails at once, and its
 * release destroys it: otherwise the rollback after a time-out would wait for a second one, and a connection still
 * busy with a lost query would go back into the pool.
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
    // The cast: Kysely's overload for cursors is never called, because no cursor is configured.
    query: query as PostgresPoolClient['query'],
    release(discard: boolean) {
      client.off('error', onError);
      client.release(discard || broken !== undefined);
    },
  };
}

// As many statements as the service has, several times over; one that is made up anew each time must not fill the server.
const mostPrepared = 1_000;
const names = new Map<string, string>();

/**
 * Asked under a name, a statement is parsed and planned once for a connection and not each time: with row-level security
 * the planning took longer than the work. Not where the plan hangs on a value: on the length of an array, and on how many
 * rows a batch may have, which the query says by `atMost`.
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

/** A statement was prepared before its table changed: a new connection prepares it anew. */
function isPreparedTooEarly(error: pg.DatabaseError): boolean {
  return error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
}

// Operator intervention and shutdown, connection exceptions, no resources, lock and transaction time-outs.
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

// pg reports a lost or silent connection as a plain Error or as the socket's own, which names its system call.
// Anything more specific (a RangeError of values.ts, a TypeError) is a mistake of ours and stays what it is.
function isConnectionFailure(error: Error): boolean {
  return error.constructor === Error && !(error instanceof pg.DatabaseError);
}
