// Migrates a database to this checkout's schema, and checks that it has that schema. Plain SQL files, forward
// only, each in its own transaction.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';
import { readSchema, whatIsNotAdditive } from './additive.ts';
import { connectClient, openDatabase, type Tx } from './connect.ts';
import { scopeOfService } from './row-scope.ts';
import { transact } from './transaction.ts';

export const migrationsDirectory = join(import.meta.dirname, '../../../migrations');

export interface Migration {
  readonly version: number;
  readonly file: string;
  readonly sql: string;
  readonly checksum: string;
  /** Whether the previous version of the program runs on the schema after it, as its first line says. */
  readonly isAdditive: boolean;
}

type AppliedMigration = Pick<Migration, 'version' | 'file' | 'checksum' | 'isAdditive'>;

/** The database does not match this checkout's migrations; the message says what to do. */
export class SchemaError extends OperatorError {
  override readonly name = 'SchemaError';
}

// An arbitrary constant, the same in every version of this service.
const migrationLock = 7_203_602_139n;
const lockTimeoutMs = 60_000;
/** Transactions that begin wait behind the migration that waits: shorter than the time-out of a request. */
const tableTimeoutMs = 1_000;
/** A new street is looked up in the cases of everybody whom a register has there. */
const seedTimeoutMs = 600_000;
const additiveLine = '-- additive: the previous version of the program runs on this schema\n';
const fileName = /^(\d{4})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql$/;

/** Reads `NNNN_name.sql` files, numbered from 0001 without gaps. Rejects any other file. */
export function readMigrations(directory: string = migrationsDirectory): Migration[] {
  return readdirSync(directory)
    .sort()
    .map((file, index) => {
      const version = index + 1;
      if (!fileName.test(file)) {
        throw new SchemaError(
          `migrations/${file}: 不是迁移文件，请改名为 NNNN_name.sql 或删除 · not a migration; name it NNNN_name.sql or remove it`,
        );
      }
      if (Number(file.slice(0, 4)) !== version) {
        throw new SchemaError(
          `migrations/${file}: 编号应为 ${pad(version)}，从 0001 起连续 · ` +
            `expected number ${pad(version)}; numbers run from 0001 without gaps`,
        );
      }
      // A checkout with CRLF line endings has the same migrations.
      const sql = readFileSync(join(directory, file), 'utf8').replaceAll('\r\n', '\n');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { version, file, sql, checksum, isAdditive: sql.startsWith(additiveLine) };
    });
}

export interface MigrateOptions {
  readonly directory?: string;
  /** Inserts missing reference data after the last file, on every run. */
  readonly seed?: (tx: Tx) => Promise<void>;
  readonly onApplied?: (file: string) => void;
}

/**
 * Applies missing migrations and returns their file names. May run concurrently: one process migrates, and
 * the others wait and find nothing to do. The role of `url` becomes the owner of the schema.
 *
 * @throws SchemaError when an applied file was changed or is missing, or when a migration fails
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<string[]> {
  const migrations = readMigrations(options.directory);
  const client = await connectClient(url, 'subsidy migrate');
  try {
    await takeLock(client);
    await client.query(historyTable);
    const applied = await listApplied(client);
    const mismatch = describeMismatch(migrations, applied);
    if (mismatch !== undefined) throw new SchemaError(mismatch);
    // graphile-worker has its own schema and history, to which our migrations may refer, so it comes first.
    const { Logger, runMigrations } = await import('graphile-worker');
    await runMigrations({ connectionString: url, maxPoolSize: 1, logger: new Logger(() => () => {}) });
    const pending = migrations.slice(applied.length);
    await client.query(`set lock_timeout = ${tableTimeoutMs}`);
    for (const migration of pending) {
      await apply(client, migration);
      options.onApplied?.(migration.file);
    }
    if (options.seed !== undefined) await runSeed(url, options.seed);
    return pending.map(({ file }) => file);
  } finally {
    await client.end();
  }
}

/**
 * Returns how many additive migrations the database has beyond this checkout's.
 *
 * @throws SchemaError unless the database has this checkout's migrations, and beyond them additive ones alone
 */
export async function checkSchema(url: string, directory?: string): Promise<number> {
  const { migrations, applied } = await compare(url, 'subsidy start', directory);
  const missing = migrations.length - applied.length;
  if (missing > 0) {
    throw new SchemaError(
      `数据库版本落后，还有 ${missing} 个迁移未执行，请运行 npm run migrate · ` +
        `the database is behind by ${missing} of ${migrations.length} migrations; run npm run migrate`,
    );
  }
  return -missing;
}

/** The migrations that `migrate` would apply. @throws SchemaError as it does */
export async function listPending(url: string, directory?: string): Promise<readonly Migration[]> {
  const { migrations, applied } = await compare(url, 'subsidy migrate', directory);
  return migrations.slice(applied.length);
}

async function compare(url: string, applicationName: string, directory?: string) {
  const migrations = readMigrations(directory);
  const client = await connectClient(url, applicationName);
  try {
    const applied = await listApplied(client);
    const mismatch = describeMismatch(migrations, applied);
    if (mismatch !== undefined) throw new SchemaError(mismatch);
    return { migrations, applied };
  } finally {
    await client.end();
  }
}

/** Held until the connection closes. */
async function takeLock(client: pg.Client): Promise<void> {
  try {
    await client.query(`set lock_timeout = ${lockTimeoutMs}`);
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
  } catch (error) {
    throw new SchemaError(
      '另一个迁移仍在进行，请等它结束后再运行 · ' +
        `another migration has not ended within ${lockTimeoutMs / 1_000} s; wait for it and run this again`,
      { cause: error },
    );
  }
}

const historyTable = `
  create table if not exists schema_migrations (
    version integer primary key,
    file text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    additive boolean not null
  );
  comment on table schema_migrations is 'The migrations applied here, written by npm run migrate and read at each start';
  grant select on schema_migrations to public;`;

async function listApplied(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows: found } = await client.query(`select to_regclass('schema_migrations') is not null as exists`);
  if (found[0]?.exists !== true) return [];
  const { rows } = await client.query(
    'select version, file, checksum, additive as "isAdditive" from schema_migrations order by version',
  );
  return rows;
}

/**
 * Describes how the applied migrations differ from the files; undefined when they are the first of them, or all of them
 * and additive ones of a newer version.
 */
function describeMismatch(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): string | undefined {
  for (const [index, { version, file, checksum, isAdditive }] of applied.entries()) {
    const migration = migrations[index];
    if (migration === undefined) {
      if (isAdditive) continue;
      return (
        `数据库版本超前，已有迁移 ${file}，请启动更新的版本 · ` +
        `the database is ahead: it has migration ${file}, this version of the service does not; start a newer version`
      );
    }
    if (version !== migration.version || file !== migration.file) {
      return (
        `数据库执行的迁移是 ${file}，而本版本是 ${migration.file}，请使用与数据库一致的版本 · ` +
        `the database has migration ${file} where this checkout has ${migration.file}; use the version it was migrated with`
      );
    }
    if (checksum !== migration.checksum) {
      return (
        `migrations/${file}: 执行之后被改动，请恢复原文件，另写新的迁移 · ` +
        `${file} was changed after it was applied; restore it and put the change into a new migration`
      );
    }
  }
  return undefined;
}

/** Long transactions are waited for in turns, between which requests go on. */
async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const begun = performance.now();
  for (;;) {
    try {
      return await applyNow(client, migration);
    } catch (error) {
      const isInTheWay = error instanceof pg.DatabaseError && inTheWay.has(error.code ?? '');
      if (isInTheWay && performance.now() - begun < lockTimeoutMs) {
        await client.query('rollback');
        await delay(tableTimeoutMs);
        continue;
      }
      if (error instanceof SchemaError) throw error;
      // The connection closes after this error, which rolls back the transaction.
      const message = error instanceof Error ? error.message : String(error);
      throw new SchemaError(
        `migrations/${migration.file}${lineOf(error, migration.sql)}: 迁移失败，已回滚 · the migration failed and was rolled back: ${message}`,
        { cause: error },
      );
    }
  }
}

/** lock_not_available, deadlock_detected */
const inTheWay = new Set(['55P03', '40P01']);

async function applyNow(
  client: pg.Client,
  { version, file, sql, checksum, isAdditive }: Migration,
): Promise<void> {
  await client.query('begin');
  await client.query('lock table schema_migrations in access exclusive mode'); // see holdSchema in transaction.ts
  const before = isAdditive ? await readSchema(client) : undefined;
  await client.query(sql);
  const faults = before === undefined ? [] : await whatIsNotAdditive(client, before);
  if (faults.length > 0) {
    throw new SchemaError(
      `migrations/${file}: 迁移写明旧版本仍可运行，但有以下改动，已回滚 · it says that it is additive and is not; rolled back: ${faults.join('; ')}`,
    );
  }
  await client.query(
    'insert into schema_migrations (version, file, checksum, additive) values ($1, $2, $3, $4)',
    [version, file, checksum, isAdditive],
  );
  await client.query('commit');
}

async function runSeed(url: string, seed: (tx: Tx) => Promise<void>): Promise<void> {
  const random = Math.random;
  const db = openDatabase({
    url,
    poolSize: 1,
    statementTimeoutMs: seedTimeoutMs,
    random,
    onIdleError: () => {},
  });
  try {
    await transact(db, scopeOfService, seed);
  } finally {
    await db.close();
  }
}

function lineOf(error: unknown, sql: string): string {
  const position = error instanceof pg.DatabaseError ? Number(error.position) : Number.NaN;
  return Number.isInteger(position) ? `:${sql.slice(0, position).split('\n').length}` : '';
}

function pad(version: number): string {
  return String(version).padStart(4, '0');
}
