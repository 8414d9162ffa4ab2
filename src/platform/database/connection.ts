// One connection checked out of the pool: sends statements without waiting for earlier ones (pipelining), prepares them,
// and tells an unavailable database from an invalid statement. Contains no queries.

import { hash } from 'node:crypto';
import { tracingChannel } from 'node:diagnostics_channel';
import type { Duplex } from 'node:stream';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import pg from 'pg';
import { conditionOf } from './conditions.ts';
import { RowLimit } from './row-limit.ts';

/** The database cannot serve now (unreachable, unresponsive, overloaded). The request itself may be valid. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
  readonly retryAfterSeconds = 1;
}

/** The database cancelled a statement at its time-out: because of its plan, load or a lock. */
export class TookTooLong extends Unavailable {
  override readonly name = 'TookTooLong';
}

/** A statement, by its text without values; without a text, the wait for a connection. */
export interface FollowedStatement {
  readonly text?: string;
}

/** Tells whoever follows requests to their statements, as traces do. While nobody listens, it costs nothing. */
export const statementChannel = tracingChannel<FollowedStatement, unknown>('subsidy.statement');

export interface ConnectionOptions {
  /** Leads to a pooler. */
  readonly isPooled: boolean;
  readonly preparesStatements: boolean;
}

/**
 * A client of the pool for one user. Statements are answered in the order in which they were sent, whether or not anybody
 * waits between them. After the connection has failed, further statements fail at once and its release destroys it: a
 * rollback after a time-out would otherwise wait for a second time-out, and a connection still busy with a lost statement
 * would return to the pool.
 */
export class Connection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  readonly #timeoutMs: number;
  readonly #options: ConnectionOptions;
  #broken: Error | undefined;
  /** The pooler holds a name that the server refused, and would end the connection when it is used again. */
  #hasRefusedName = false;
  /** The first failed statement. The server refuses those after it, unless BEGIN itself has failed. */
  #failure: unknown;
  #mayWrite = true;
  #isInDoubt = false;
  #isEnded = false;
  #isGathering = false;
  #lastSent: Promise<unknown> | undefined;
  readonly #onError = (error: Error): void => {
    this.#broken ??= error;
  };
  readonly #onNotice = ({ routine }: { readonly routine: string | undefined }): void => {
    if (routine === waitsForStandby) this.#isInDoubt = true;
  };

  constructor(
    client: pg.PoolClient,
    timeoutMs: number,
    options: ConnectionOptions = { isPooled: false, preparesStatements: true },
  ) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#options = options;
    client.on('error', this.#onError);
    client.on('notice', this.#onNotice);
  }

  /** Sends the transaction's first statement. A read that writes is a mistake of ours, on whichever server. */
  begin(statement: string, readOnly: boolean): void {
    this.#mayWrite = !readOnly;
    // What follows BEGIN names the actor.
    this.#sent(statement, [], statement.split(';')[0]).catch(() => {});
  }

  /** Sends a statement and waits for its answer. */
  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const isAlone = this.#lastSent === undefined;
    try {
      return await this.#sent(sql, parameters);
    } catch (error) {
      if (!isAlone || !isPreparedTooEarly(error)) throw error;
      // Outside a transaction; inside one, the transaction is repeated.
      this.#failure = undefined;
      return await this.#sent(sql, parameters);
    }
  }

  /** Sends a statement. Its failure is thrown by a statement after it, or by the end of the transaction. */
  send({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): void {
    this.#sent(sql, parameters).catch(() => {});
  }

  /**
   * Sends the transaction's last statement; none may follow. Resolves when the server has answered it.
   *
   * @throws the failure of a statement before it
   */
  async end(last: 'commit' | 'rollback'): Promise<void> {
    const ending = this.#sent(last, []);
    this.#isEnded = true;
    const { command } = await ending;
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK.
    if (last === 'commit' && command !== 'COMMIT')
      throw this.#failure ?? new Error('a transaction ended without a commit');
    if (this.#isInDoubt)
      throw new Unavailable('the wait for the standby was cancelled; the commit is in doubt');
  }

  /** Returns the client to the pool once its statements are answered; nobody needs to wait for that. */
  release(): void {
    this.#isEnded = true;
    const back = () => {
      this.#client.off('error', this.#onError);
      this.#client.off('notice', this.#onNotice);
      this.#client.release(this.#broken !== undefined || this.#hasRefusedName);
    };
    Promise.resolve(this.#lastSent).then(back, back);
  }

  /** Cursors are not used: they cannot share a connection with statements sent behind them. */
  streamQuery(): never {
    throw new Error('no statement is read by a cursor');
  }

  /** @param text that may be shown */
  #sent<R>(
    sql: string,
    parameters: readonly unknown[],
    text = sql,
  ): Promise<QueryResult<R> & { command?: string }> {
    if (this.#isEnded) return Promise.reject(new Error('a statement after the end of its transaction'));
    if (this.#broken !== undefined)
      return Promise.reject(new Unavailable('the connection is broken', { cause: this.#broken }));
    this.#writeTogether();
    const statement = this.#options.preparesStatements
      ? prepared(sql, parameters)
      : { text: sql, values: [...parameters] };
    const asked = statementChannel.tracePromise(() => this.#client.query(statement), { text });
    const answered = asked.then(
      (result) => {
        if (this.#failure !== undefined) throw this.#failure;
        return resultOf(result);
      },
      (error: unknown) => {
        this.#hasRefusedName ||= this.#options.isPooled && this.#isRefused(statement.name);
        if (isPreparedTooEarly(error)) prepareAnew(statement.name);
        throw this.#explained(error);
      },
    );
    this.#lastSent = answered;
    return answered as Promise<QueryResult<R>>;
  }

  /** What is sent before the event loop turns is one write to the socket: each cost a third of a request's time. */
  #writeTogether(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    const { stream } = internalsOf(this.#client);
    stream.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }

  #isRefused(name: string | undefined): boolean {
    return name !== undefined && !Object.hasOwn(internalsOf(this.#client).parsedStatements, name);
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const isOnStandby = this.#mayWrite && isRefusedByStandby(error);
    if (isOnStandby || breaksConnection(error)) this.#broken ??= error;
    this.#failure ??= isOnStandby
      ? new Unavailable('the server is a standby', { cause: error })
      : explain(error, this.#timeoutMs);
    return this.#failure;
  }
}

interface Internals {
  readonly stream: Duplex;
  /** By their names, those that the server has prepared. */
  readonly parsedStatements: Readonly<Record<string, string>>;
}

function internalsOf(client: pg.PoolClient): Internals {
  return (client as unknown as { connection: Internals }).connection; // not in pg's types
}

const changing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** As Kysely expects it, with the command, by which a failed commit is known. */
function resultOf({ command, rowCount, rows }: pg.QueryResult) {
  return {
    command,
    rows: rows ?? [],
    ...(changing.has(command) ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}),
  };
}

// Several times the number of statements of the service; generated statements must not exhaust the server's
// memory.
const mostPrepared = 1_000;
const statements = new Map<string, { readonly name: string; readonly text: string }>();
let generation = 0;

/** From now on no statement has the name under which it was prepared before, on any connection. */
function prepareAnew(name = ''): void {
  if (!name.endsWith(`-${generation}`)) return; // another statement was first
  statements.clear();
  generation += 1;
}

/**
 * A named statement is planned once per connection: with row-level security, planning took longer than
 * execution. Exceptions: plans that depend on an array's length or on a batch size, which queries mark with
 * `atMost`.
 */
function prepared(text: string, parameters: readonly unknown[]): pg.QueryConfig {
  const values = [...parameters];
  if (values.length === 0 || values.some(decidesPlan)) return { text, values };
  let statement = statements.get(text);
  if (statement === undefined && statements.size < mostPrepared) {
    const name = `${hash('sha256', text).slice(0, 40)}-${generation}`;
    // Another text too: PgBouncer has a name of its own for each.
    statement = { name, text: generation === 0 ? text : `${text} -- ${generation}` };
    statements.set(text, statement);
  }
  return { ...(statement ?? { text }), values };
}

function decidesPlan(value: unknown): boolean {
  return value instanceof RowLimit || (Array.isArray(value) && value.length > 1);
}

function explain(error: Error, timeoutMs: number): Error {
  if (isCutOff(error))
    return new TookTooLong(`a statement was cut off after ${timeoutMs / 1_000} s`, { cause: error });
  if (!isUnavailability(error)) return error;
  const reason = error instanceof pg.DatabaseError ? conditionOf(error.code ?? '') : error.message;
  return new Unavailable(`the database did not answer: ${reason}`, { cause: error });
}

/** A statement was prepared before its table changed. It has done nothing, and succeeds when it is prepared anew. */
export function isPreparedTooEarly(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === notSupported &&
    error.routine === 'RevalidateCachedQuery'
  );
}

// Operator intervention and shutdown, connection exceptions, insufficient resources, lock and transaction
// time-outs.
const unavailableStates = /^(08...|53...|57P0[1-5]|55P03|25P0[34])$/;
const queryCanceled = '57014';
const notSupported = '0A000';
const readOnlyTransaction = '25006';
// PostgreSQL's functions that refuse BEGIN READ WRITE on a standby, and that wait until a standby has a commit.
const refusesReadWrite = 'call_bool_check_hook';
const waitsForStandby = 'SyncRepWaitForLSN';

/** By way of a PgBouncer, a connection may come to lead to a standby long after it was verified. */
function isRefusedByStandby(error: Error): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  const { code, routine } = error;
  return code === readOnlyTransaction || (code === notSupported && routine === refusesReadWrite);
}

function isCutOff(error: Error): boolean {
  return error instanceof pg.DatabaseError && error.code === queryCanceled;
}

function isUnavailability(error: Error): boolean {
  if (error instanceof pg.DatabaseError) return unavailableStates.test(error.code ?? '');
  return isConnectionFailure(error);
}

function breaksConnection(error: Error): boolean {
  if (!(error instanceof pg.DatabaseError)) return isConnectionFailure(error);
  return error.severity === 'FATAL';
}

// pg reports a lost or silent connection as a plain Error or as the socket's own error, which names its
// system call. More specific errors (a RangeError of values.ts, a TypeError) are programming errors and pass
// unchanged.
function isConnectionFailure(error: Error): boolean {
  return error.constructor === Error && !(error instanceof pg.DatabaseError);
}
