// How a route calls its operation. `read` runs a reading operation in one consistent snapshot; `write` runs one with an
// effect in one transaction together with its audit entry and its stored answer, so that a retry finds all of it or nothing.

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { policyOn } from '../../rules/policy/policy.ts';
import { dayInShanghai } from '../../values/days.ts';
import { type Actor, clientOf, officerOf } from '../access/actor.ts';
import { type OperationId, rowScopeOf } from '../access/permissions.ts';
import type {
  AuditEntry,
  ReadContext,
  ServiceOperation,
  Settings,
  StreamContext,
  WriteContext,
} from '../context.ts';
import type { Db, Tx } from '../database/connect.ts';
import { type RowScope, scopeOfAudit, scopeOfService } from '../database/row-scope.ts';
import type { Json } from '../database/tables.ts';
import { transact } from '../database/transaction.ts';
import type { Sealer } from '../encryption/sealer.ts';
import { Problem, type ProblemCode } from '../problem.ts';
import { actorOf, confirmBody, permittedOf } from './authenticate.ts';
import { type Answer, digestOf, firstAnswer, idempotencyKey, type Keyed, keepAnswer } from './idempotency.ts';
import { beginLook, createLookWriter } from './looks.ts';
import { etagOf } from './preconditions.ts';
import { problemOf } from './problems/answer.ts';

export interface Services {
  readonly db: Db;
  readonly clock: () => Temporal.Instant;
  readonly newId: () => string;
  readonly sealer: Sealer;
  readonly settings: Settings;
}

/** Drops `readonly`: the value is serialised. */
type Sent<T> = T extends readonly (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Sent<T[K]> }
    : T;

export type Handlers = ReturnType<typeof createHandlers>;

export function createHandlers(services: Services) {
  const writeLook = createLookWriter(services.db);

  /** Runs a reading operation; answers 200 with what it returns. */
  async function read<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    operation: (context: ReadContext) => Promise<T>,
  ): Promise<Sent<T>> {
    await confirmBody(request);
    const seen = seenBy(request);
    const { shows, leave } = beginLook(request, seen, writeLook);
    const body = await transact(services.db, rowsFor(request), (tx) => operation({ ...seen, shows, tx }), {
      readOnly: true,
    });
    await leave();
    setEtag(reply, body);
    setPolicyVersion(reply, seen);
    return body as Sent<T>;
  }

  /**
   * Runs an acting operation once per Idempotency-Key and client. The same key with the same request gives the first answer again, marked `idempotency-replayed`; with another request it is refused; while the first runs, 409.
   */
  async function write<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    operation: (context: WriteContext) => Promise<T>,
    content: Buffer | null = request.bodyDigest,
  ): Promise<void> {
    await confirmBody(request);
    const key = idempotencyKey(request);
    const seen = seenBy(request);
    const requestDigest = digestOf(request, content);
    const answer = await once(request, { seen, key, requestDigest }, operation, (result) => {
      const status = successStatusOf(request);
      setEtag(reply.code(status), result);
      const etag = reply.getHeader('etag');
      return {
        status,
        headers: typeof etag === 'string' ? { etag } : {},
        body: String(reply.serialize(result)),
      };
    });
    await send(reply, seen, answer);
  }

  /**
   * Runs the operation for each item, each in a transaction of its own: what one refuses leaves the others be. The key of each
   * is the request's with the item's name, so a retry after a cut finds what was done and does what was not; once all
   * is answered, the whole answer is kept under the request's key like any other.
   */
  async function writeEach<Item, T, Whole>(
    request: FastifyRequest,
    reply: FastifyReply,
    items: readonly Item[],
    nameOf: (item: Item) => string,
    operation: (context: WriteContext, item: Item) => Promise<T>,
    wholeOf: (outcomes: readonly { readonly item: Item; readonly outcome: T | Problem }[]) => Whole,
  ): Promise<void> {
    const key = idempotencyKey(request);
    const requestDigest = digestOf(request, request.bodyDigest);
    const seen = seenBy(request);
    const rows = rowsFor(request);
    const first = await transact(services.db, rows, (tx) => firstAnswer(tx, { seen, key, requestDigest }));
    if (first !== undefined) return await send(reply, seen, { ...first, replayed: true });

    const outcomes: { item: Item; outcome: T | Problem }[] = [];
    for (const item of items) {
      const itemDigest = createHash('sha256').update(JSON.stringify(item)).digest();
      const itemKey = { seen: seenBy(request), key: `${key} ${nameOf(item)}`, requestDigest: itemDigest };
      try {
        const { body } = await once(
          request,
          itemKey,
          (context) => operation(context, item),
          (result) => ({ status: 200, headers: {}, body: JSON.stringify(result) }),
        );
        outcomes.push({ item, outcome: JSON.parse(body) as T }); // as it was written, now or the first time
      } catch (error) {
        const outcome = problemOf(error);
        // Not about the item: the caller tries the whole again, and what was done is found.
        if (outcome.code === 'internal' || isToBeRetried(outcome.code)) throw error;
        outcomes.push({ item, outcome });
      }
    }
    const status = successStatusOf(request);
    const body = String(reply.code(status).serialize(wholeOf(outcomes)));
    const kept = await transact(services.db, rows, async (tx) => {
      const earlier = await firstAnswer(tx, { seen, key, requestDigest });
      return (
        earlier ?? (await keepAnswer(tx, { seen, key, requestDigest }, { status, headers: {}, body }, null))
      );
    });
    await send(reply, seen, { ...kept, replayed: false });
  }

  /** One write in one transaction with its stored answer, or the answer it was given the first time. */
  async function once<T>(
    request: FastifyRequest,
    keyed: Keyed,
    operation: (context: WriteContext) => Promise<T>,
    answerOf: (result: T) => Answer,
  ): Promise<Answer & { readonly replayed: boolean }> {
    return await transact(services.db, rowsFor(request), async (tx) => {
      const first = await firstAnswer(tx, keyed);
      if (first !== undefined) return { ...first, replayed: true };
      const { context, leftTrace } = writeContext(tx, services, keyed.seen, originOf(request));
      const result = await operation(context);
      if (!leftTrace()) throw new Error(`${keyed.seen.operation} left no trace in the audit`);
      return { ...(await keepAnswer(tx, keyed, answerOf(result), request.id)), replayed: false };
    });
  }

  /** Runs a reading operation that must leave a trace: personal data go out whole. No key: asking again is another look. */
  async function auditedRead<T>(
    request: FastifyRequest,
    operation: (context: WriteContext) => Promise<T>,
  ): Promise<T> {
    await confirmBody(request);
    const seen = seenBy(request);
    const { shows, leave } = beginLook(request, seen, writeLook);
    try {
      const { result, named } = await transact(services.db, rowsFor(request), async (tx) => {
        const { context, leftTrace, named } = writeContext(
          tx,
          services,
          { ...seen, shows },
          originOf(request),
        );
        const result = await operation(context);
        if (!leftTrace()) throw new Error(`${seen.operation} left no trace in the audit`);
        return { result, named };
      });
      await leave(named);
      return result;
    } catch (error) {
      if (error instanceof Problem && error.trace !== undefined) await auditAlone(request, seen, error.trace);
      throw error;
    }
  }

  /** One entry in a transaction of its own, after that of its act was undone. */
  async function auditAlone(
    request: FastifyRequest,
    seen: Omit<ReadContext, 'tx'>,
    entry: AuditEntry,
  ): Promise<void> {
    await transact(services.db, rowsFor(request), (tx) =>
      insertAuditEntry(tx, seen, originOf(request), entry),
    );
  }

  /** For an operation that is many transactions. What a retry under the same key means is the operation's to say. */
  function stream(request: FastifyRequest): StreamContext {
    return {
      get key() {
        return idempotencyKey(request);
      },
      write: (operation) => auditedRead(request, operation),
      read: (operation) =>
        transact(services.db, rowsFor(request), (tx) => operation({ ...seenBy(request), tx }), {
          readOnly: true,
        }),
      claimKey: async (context) => {
        // Not of the body, which has not been read: a later request with this key is another one, whatever it brings.
        const requestDigest = digestOf(request, Buffer.from('stream'));
        const keyed = { seen: context, key: idempotencyKey(request), requestDigest };
        const isBegun = (await firstAnswer(context.tx, keyed)) !== undefined;
        // By another who sends the same at this moment: a look before this one did not find it yet.
        if (isBegun) throw new Problem('idempotency-key-in-flight', { headers: { 'retry-after': '1' } });
        await keepAnswer(context.tx, keyed, { status: 202, headers: {}, body: '' }, request.id);
      },
    };
  }

  function seenBy(request: FastifyRequest): Omit<ReadContext, 'tx'> {
    const at = momentOf(services);
    const { sealer, settings } = services;
    return {
      operation: operationOf(request),
      actor: actorOf(request),
      ...permittedOf(request),
      at,
      today: dayInShanghai(at),
      settings,
      sealer,
      shows: () => {},
    };
  }

  /** A page of an answer that is too large for one transaction, each read by itself; what it is about was witnessed. */
  async function readPage<T>(
    request: FastifyRequest,
    operation: (context: ReadContext) => Promise<T>,
  ): Promise<T> {
    const seen = seenBy(request);
    return await transact(services.db, rowsFor(request), (tx) => operation({ ...seen, tx }), {
      readOnly: true,
    });
  }

  return { read, write, writeEach, auditedRead, readPage, stream };
}

/** What the database is told: by actor and table alone, whatever the application made of them. */
function rowsFor(request: FastifyRequest): RowScope | null {
  return rowScopeOf(actorOf(request), operationOf(request));
}

async function send(
  reply: FastifyReply,
  seen: Omit<ReadContext, 'tx'>,
  answer: Answer & { readonly replayed: boolean },
): Promise<void> {
  if (answer.replayed) reply.header('idempotency-replayed', 'true');
  setPolicyVersion(reply, seen);
  await reply
    .code(answer.status)
    .headers(stringHeaders(answer.headers))
    .type('application/json; charset=utf-8')
    .serializer((body: string) => body)
    .send(answer.body);
}

function isToBeRetried(code: ProblemCode): boolean {
  return code === 'unavailable' || code === 'took-too-long' || code === 'idempotency-key-in-flight';
}

/** Whole milliseconds: what is answered, what is stored and what is read again are then the same. */
function momentOf({ clock }: Services): Temporal.Instant {
  return clock().round({ smallestUnit: 'millisecond', roundingMode: 'floor' });
}

/** Who asked, from where, in which request: what an audit entry adds to its context. */
interface Origin {
  readonly requestId: string;
  readonly sourceAddress: string;
}

function originOf(request: FastifyRequest): Origin {
  return { requestId: request.id, sourceAddress: request.ip };
}

function writeContext(tx: Tx, services: Services, seen: Omit<ReadContext, 'tx'>, origin: Origin) {
  let entries = 0;
  const named = new Set<string>();
  const context: WriteContext = {
    ...seen,
    tx,
    newId: services.newId,
    audit: async (entry) => {
      entries += 1;
      if (entry.personId !== undefined) named.add(entry.personId);
      await insertAuditEntry(tx, seen, origin, entry);
    },
    enqueue: (task, jobs) => enqueue(tx, task, jobs),
  };
  return { context, leftTrace: () => entries > 0, named };
}

const service: Actor = {
  subject: 'service',
  issuer: 'urn:subsidy',
  clientId: 'service',
  name: null,
  roles: [],
  agency: null,
  scopes: new Set(),
};

/** Runs work that an operation had staged: nobody asks, and everything may be seen. */
export async function writeAsService<T>(
  services: Services,
  operation: ServiceOperation,
  work: (context: WriteContext) => Promise<T>,
): Promise<T> {
  const { newId, sealer, settings } = services;
  const at = momentOf(services);
  const seen = { operation, actor: service, role: 'service', scope: { relation: 'city' } } as const;
  const origin = { requestId: newId(), sourceAddress: 'local' };
  const readsAudit = operation === 'deleteExpired' || operation === 'enterLooks';
  const scope = readsAudit ? scopeOfAudit : scopeOfService;
  return await transact(services.db, scope, async (tx) => {
    const read = { ...seen, at, today: dayInShanghai(at), settings, sealer, shows: () => {} };
    return await work(writeContext(tx, services, read, origin).context);
  });
}

function operationOf(request: FastifyRequest): OperationId {
  const operation = request.routeOptions.config.operation;
  if (operation === undefined) throw new Error(`${request.routeOptions.url} has no operation`);
  return operation;
}

/** The one success status that the route's schema declares. */
function successStatusOf(request: FastifyRequest): number {
  const responses = request.routeOptions.schema?.response;
  const status = Object.keys(responses ?? {}).find((name) => /^2\d\d$/.test(name));
  if (status === undefined) throw new Error(`${request.routeOptions.url} declares no success`);
  return Number(status);
}

async function insertAuditEntry(
  tx: Tx,
  seen: Omit<ReadContext, 'tx'>,
  origin: Origin,
  entry: AuditEntry,
): Promise<void> {
  await tx
    .insertInto('auditEntry')
    .values({
      at: seen.at.toString(),
      operation: seen.operation,
      actor: officerOf(seen.actor),
      clientId: clientOf(seen.actor),
      role: seen.role,
      agencyCode: seen.actor.agency,
      targetKind: entry.target[0],
      targetId: entry.target[1],
      personId: entry.personId ?? null,
      change: JSON.stringify(entry.change),
      ...origin,
    })
    .execute();
}

async function enqueue(
  tx: Tx,
  task: string,
  jobs: readonly { key: string; payload: object }[],
): Promise<void> {
  if (jobs.length === 0) return;
  const keys = jobs.map((job) => `${task} ${job.key}`);
  const payloads = jobs.map((job) => JSON.stringify(job.payload));
  await sql`select graphile_worker.add_job(${task}, payload::json, job_key => key, max_attempts => 10)
    from unnest(${keys}::text[], ${payloads}::text[]) as job (key, payload)`.execute(tx);
}

/** By which policy this service decides today; an assessment also says by which it was made. */
function setPolicyVersion(reply: FastifyReply, { today, settings }: Omit<ReadContext, 'tx'>): void {
  reply.header('policy-version', policyOn(today, settings).version);
}

function setEtag(reply: FastifyReply, body: unknown): void {
  if (typeof body === 'object' && body !== null && 'version' in body && typeof body.version === 'number') {
    reply.header('etag', etagOf(body.version));
  }
}

function stringHeaders(headers: Json): Record<string, string> {
  const isHeaders = typeof headers === 'object' && headers !== null && !Array.isArray(headers);
  if (!isHeaders) return {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
