// Opens the pool for all access to PostgreSQL except migrations, with a time-out on every wait. Contains no
// queries; transactions are in transaction.ts, and what a connection does in connection.ts.
import {
  CamelCasePlugin,
  type Driver,
  Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  Transaction,
} from 'kysely';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';
import { Connection, statementChannel, Unavailable } from './connection.ts';
import { PrimaryClient, refuseStandby } from './primary.ts';
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

// For every statement, whatever the server's own configuration: the parsers in values.ts rely on the first two, and the
// fixed search_path keeps functions of other schemas from shadowing PostgreSQL's own.
const settings = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  search_path: 'public',
  jit: 'off',
  random_page_cost: '1.1',
};
// The server notices within half a minute that our machine is gone; until then it keeps our worker's locks.
const keepAlives = { tcp_keepalives_idle: '10', tcp_keepalives_interval: '5', tcp_keepalives_count: '3' };
/** Known to a connection that took its settings at its start, which a pooler's does not. */
const ownConnection = 'subsidy.own_connection';

/** An open database: queries outside transactions, connections for them, the pool for the job runner, and closing. */
export interface Db {
  readonly kysely: Kysely<Database>;
  /** A connection of its own, and the queries on it, which travel together where nobody waits between them. */
  checkOut(): Promise<{ readonly connection: Connection; readonly tx: Tx }>;
  readonly pool: pg.Pool;
  /** What each transaction sets first, where its connection is a pooler's and serves others after it. */
  readonly settings: readonly string[];
  /** In [0, 1): jitter for retries. */
  readonly random: () => number;
  /** Another pool to the same database with its own size and time-outs, for background work. */
  another(changes: Partial<DatabaseOptions>): Db;
  /** The same past the pooler: for what lasts longer than a transaction, as LISTEN does. */
  direct(changes: Partial<DatabaseOptions>): Db;
  close(): Promise<void>;
}

/**
 * Type of the argument of a store's writing functions, so that a write outside a transaction does not
 * compile.
 */
export type Tx = Transaction<Database>;

export interface DatabaseOptions {
  readonly url: string;
  /** The server's own URL, where `url` leads to a pooler that gives each transaction another connection. */
  readonly directUrl?: string | undefined;
  /** False where the pooler does not know prepared statements, as PgBouncer before 1.21. */
  readonly preparesStatements?: boolean;
  readonly poolSize: number;
  readonly random: () => number;
  /** Called when an idle connection breaks; the pool has already replaced it. */
  readonly onIdleError: (error: Error) => void;
  /** Longer only where no client waits, as in commands, and in tests on a busy machine. */
  readonly connectTimeoutMs?: number;
  /** For long jobs only; requests keep the default. */
  readonly statementTimeoutMs?: number;
}

/** Opens a pool. It connects on first use, where an absent server throws `Unavailable`. */
export function openDatabase(options: DatabaseOptions): Db {
  const statementTimeoutMs = options.statementTimeoutMs ?? defaultStatementTimeoutMs;
  const { directUrl, preparesStatements = true } = options;
  const isPooled = directUrl !== undefined;
  const ofStatements = {
    ...settings,
    statement_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: String(idleInTransactionTimeoutMs),
  };
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'subsidy',
    ...(isPooled ? {} : { options: startupOptions(ofStatements) }),
    types: valueTypes,
    max: options.poolSize,
    connectionTimeoutMillis: options.connectTimeoutMs ?? connectTimeoutMs,
    query_timeout: statementTimeoutMs + answerGraceMs,
    idleTimeoutMillis: idleTimeoutMs,
    keepAlive: true,
    pipeline: true,
    Client: PrimaryClient,
    verify: refuseStandby,
  });
  pool.on('error', options.onIdleError);
  // Without a listener, an error of a checked-out client would end the process. Its query reports the error.
  pool.on('connect', (client) => client.on('error', () => {}));
  const connect = async (): Promise<Connection> => {
    try {
      const client = await statementChannel.tracePromise(() => pool.connect(), {});
      return new Connection(client, statementTimeoutMs, { isPooled, preparesStatements });
    } catch (error) {
      throw new Unavailable(`no connection to the database: ${reasonOf(error)}`, { cause: error });
    }
  };
  const driver = new PoolDriver(isPooled ? useTransact : connect);
  const dialect = new PoolDialect(driver);
  const config = { dialect, plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })] };
  const kysely = new Kysely<Database>(config);
  return {
    kysely,
    checkOut: async () => {
      const connection = await connect();
      // Kysely's own transactions send one statement at a time.
      const provider = { provideConnection: <T>(use: (one: Connection) => Promise<T>) => use(connection) };
      const executor = kysely.getExecutor().withConnectionProvider(provider);
      return { connection, tx: new Transaction<Database>({ config, dialect, driver, executor }) };
    },
    pool,
    settings: isPooled
      ? Object.entries(ofStatements).map(([name, value]) => `set local ${name} = '${value}'`)
      : [],
    random: options.random,
    another: (changes) => openDatabase({ ...options, ...changes }),
    direct: (changes) =>
      openDatabase({
        ...options,
        url: directUrl ?? options.url,
        directUrl: undefined,
        preparesStatements: true,
        ...changes,
      }),
    close: () => pool.end(),
  };
}

/** For statements outside transactions: each gets a connection for itself. */
class PoolDriver implements Driver {
  readonly #connect: () => Promise<Connection>;

  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<Connection> {
    return this.#connect();
  }

  async releaseConnection(connection: Connection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {}

  beginTransaction = useTransact;
  commitTransaction = useTransact;
  rollbackTransaction = useTransact;
}

async function useTransact(): Promise<never> {
  throw new Error('use transact, which begins a transaction with its settings and its row scope');
}

class PoolDialect extends PostgresDialect {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    super({} as PostgresDialectConfig); // read by the driver of PostgresDialect only
    this.#driver = driver;
  }

  override createDriver(): Driver {
    return this.#driver;
  }
}

function startupOptions(values: Readonly<Record<string, string>>): string {
  return Object.entries({ ...values, ...keepAlives, [ownConnection]: 'on' })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

const oldestServerVersion = 150_000;

/** The variable that names a URL, and whether it may lead to a pooler, where the connection lasts for a transaction only. */
export interface UrlOrigin {
  readonly variable?: 'DATABASE_URL' | 'DATABASE_DIRECT_URL';
  readonly mayBePooler?: boolean;
}

/**
 * One connection outside the pool, without time-outs, for migrations and checks. The caller closes it.
 *
 * @throws OperatorError when it cannot connect, the URL leads to a pooler, or the server is too old
 */
export async function connectClient(
  url: string,
  applicationName: string,
  { variable = 'DATABASE_URL', mayBePooler = false }: UrlOrigin = {},
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    ...(mayBePooler ? {} : { options: startupOptions(settings) }),
    connectionTimeoutMillis: programConnectTimeoutMs,
    types: valueTypes,
  });
  // A broken connection also fails its running query, which reports it.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    if (isRefusedByPooler(error)) throw leadsToPooler(variable, error);
    throw new OperatorError(`${variable}: 无法连接数据库 · cannot connect: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  const { rows } = await client.query<{ version: number; own: string | null }>(
    `select current_setting('server_version_num')::int as version, current_setting('${ownConnection}', true) as own`,
  );
  const [{ version, own } = { version: 0, own: null }] = rows;
  const isOwn = mayBePooler || own === 'on';
  if (isOwn && version >= oldestServerVersion) return client;
  await client.end();
  if (!isOwn) throw leadsToPooler(variable);
  const oldest = oldestServerVersion / 10_000;
  throw new OperatorError(
    `${variable}: 需要 PostgreSQL ${oldest} 或更高版本 · PostgreSQL ${oldest} or later is needed`,
  );
}

function isRefusedByPooler(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.message.startsWith('unsupported startup parameter');
}

function leadsToPooler(variable: string, cause?: unknown): OperatorError {
  return new OperatorError(
    `${variable}: 这是连接池的地址，请在 DATABASE_DIRECT_URL 中填写数据库自身的地址 · ` +
      'leads to a connection pooler; give the URL of the database itself in DATABASE_DIRECT_URL',
    { cause },
  );
}

/** In words of ours where pg's say little. A name with several addresses fails with one error for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  const message = error instanceof Error ? error.message : String(error);
  if (isRefusedByPooler(error))
    return `${message}; the URL leads to a pooler, give the database's own in DATABASE_DIRECT_URL`;
  return plainReasons.get(message) ?? message;
}

const plainReasons = new Map([
  ['timeout exceeded when trying to connect', 'every connection of the pool is in use'],
  ['Connection terminated due to connection timeout', 'the server does not answer'],
  ['timeout expired', 'the server does not answer'],
]);
