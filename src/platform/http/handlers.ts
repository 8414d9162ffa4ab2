// Connects routes to operations: `read` runs in one consistent snapshot; `write` runs in one transaction with
// the audit entry and the stored answer, so that a retry finds all of them or none.

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { policyOn } from '../../rules/policy/policy.ts';
import { dayInShanghai } from '../../values/days.ts';
import { type OperationId, rowScopeOf } from '../access/permissions.ts';
import type { AuditEntry, ReadContext, RequestContext, StreamContext, WriteContext } from '../context.ts';
import type { RowScope } from '../database/row-scope.ts';
import type { Json } from '../database/tables.ts';
import { transact } from '../database/transaction.ts';
import { Problem, type ProblemCode } from '../problem.ts';
import { leaveTrace, momentOf, type Origin, type Services, writeContext } from '../write-context.ts';
import { actorOf, confirmBody, permittedOf } from './authenticate.ts';
import { type Answer, digestOf, firstAnswer, idempotencyKey, type Keyed, keepAnswer } from './idempotency.ts';
import { locationOf } from './location.ts';
import { beginLook, createLookWriter } from './looks.ts';
import { mostSeconds, type Outcome } from './many.ts';
import { etagOf } from './preconditions.ts';
import { problemOf } from './problems/answer.ts';

/** Drops `readonly`: the value is serialised. */
type Sent<T> = T extends readonly (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Sent<T[K]> }
    : T;

export type Handlers = ReturnType<typeof createHandlers>;

export function createHandlers(services: Services) {
  const writeLook = createLookWriter(services.db);

  /** Runs a read operation in one consistent snapshot and answers 200 with its result. */
  async function read<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    operation: (context: ReadContext) => Promise<T>,
  ): Promise<Sent<T>> {
    await confirmBody(request);
    const context = await contextOf(request);
    const { shows, leave } = beginLook(request, context, writeLook);
    const body = await transact(
      services.db,
      rowsFor(request),
      async (tx) => operation({ ...context, shows, tx, reference: await services.referenceIn(tx) }),
      {
        readOnly: true,
      },
    );
    await leave();
    const etag = etagOfBody(body);
    if (etag !== undefined) reply.header('etag', etag);
    setPolicyVersion(reply, context);
    return body as Sent<T>;
  }

  /**
   * Runs a write operation once per caller and Idempotency-Key. A retry of the same request receives the
   * stored answer, marked `idempotency-replayed`; another request under the key is rejected; while the first
   * still runs, 409.
   */
  async function write<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    operation: (context: WriteContext) => Promise<T>,
    content: Buffer | null = request.bodyDigest,
  ): Promise<void> {
    await confirmBody(request);
    const key = idempotencyKey(request);
    const context = await contextOf(request);
    const requestDigest = digestOf(request, content);
    const answer = await once(request, { context, key, requestDigest }, operation, (result) => {
      const status = successStatusOf(request);
      // Not set on the reply yet: the commit may fail, and then nothing was made.
      const etag = etagOfBody(result);
      const location = locationOf(request, result);
      return {
        status,
        headers: { ...(etag === undefined ? {} : { etag }), ...(location === undefined ? {} : { location }) },
        body: String(reply.code(status).serialize(result)),
      };
    });
    await send(reply, context, answer);
  }

  /**
   * Runs the operation for each item in its own transaction, so that one item's problem does not undo the others. An
   * item's key is the request's key with its place: a retry after a lost connection, or after the time was up, finds the
   * finished items and does the rest. The whole answer is stored under the request's key once no item waits.
   */
  async function writeEach<Item, T, Whole>(
    request: FastifyRequest,
    reply: FastifyReply,
    items: readonly Item[],
    operation: (context: WriteContext, item: Item) => Promise<T>,
    wholeOf: (outcomes: readonly Outcome<T>[]) => Whole,
  ): Promise<void> {
    await confirmBody(request);
    const context = await contextOf(request);
    const keyed = {
      context,
      key: idempotencyKey(request),
      requestDigest: digestOf(request, request.bodyDigest),
    };
    const rows = rowsFor(request);
    const first = await transact(services.db, rows, (tx) => firstAnswer(tx, keyed));
    if (first !== undefined) return await send(reply, context, { ...first, replayed: true });

    const until = context.at.add({ seconds: mostSeconds });
    const outcomes: Outcome<T>[] = [];
    let isProgress = false;
    for (const [index, item] of items.entries()) {
      if (isProgress && Temporal.Instant.compare(services.clock(), until) > 0) break;
      const itemKeyed = {
        context: await contextOf(request),
        key: `${keyed.key} ${index}`,
        requestDigest: createHash('sha256').update(JSON.stringify(item)).digest(),
      };
      try {
        const { body, replayed } = await once(
          request,
          itemKeyed,
          (own) => operation(own, item),
          (result) => ({ status: 200, headers: {}, body: JSON.stringify(result) }),
        );
        isProgress ||= !replayed;
        outcomes.push({ result: JSON.parse(body) as T }); // as serialised, now or the first time
      } catch (error) {
        const problem = problemOf(error);
        if (concernsAll(problem.code)) throw error;
        isProgress = true;
        outcomes.push({ problem });
      }
    }
    const status = successStatusOf(request);
    const answer = { status, headers: {}, body: String(reply.code(status).serialize(wholeOf(outcomes))) };
    if (outcomes.length < items.length) return await send(reply, context, { ...answer, replayed: false });
    const kept = await transact(
      services.db,
      rows,
      async (tx) => (await firstAnswer(tx, keyed)) ?? keepAnswer(tx, keyed, answer, null),
    );
    await send(reply, context, { ...kept, replayed: false });
  }

  /** One write in one transaction with its stored answer, or the answer stored earlier. */
  async function once<T>(
    request: FastifyRequest,
    keyed: Keyed,
    operation: (context: WriteContext) => Promise<T>,
    answerOf: (result: T) => Answer,
  ): Promise<Answer & { readonly replayed: boolean }> {
    return await transact(services.db, rowsFor(request), async (tx) => {
      const first = await firstAnswer(tx, keyed);
      if (first !== undefined) return { ...first, replayed: true };
      const write = await writeContext(tx, services, keyed.context, originOf(request));
      const result = await operation(write.context);
      if (!write.leftTrace()) throw new Error(`${keyed.context.operation} left no trace in the audit`);
      return { ...keepAnswer(tx, keyed, answerOf(result), request.id), replayed: false };
    });
  }

  /**
   * Runs a read operation that must be audited, since it shows unmasked personal data. Takes no idempotency
   * key: every access is recorded.
   */
  async function auditedRead<T>(
    request: FastifyRequest,
    operation: (context: WriteContext) => Promise<T>,
  ): Promise<T> {
    await confirmBody(request);
    const context = await contextOf(request);
    const { shows, leave } = beginLook(request, context, writeLook);
    try {
      const { result, named } = await transact(services.db, rowsFor(request), async (tx) => {
        const write = await writeContext(tx, services, { ...context, shows }, originOf(request));
        const result = await operation(write.context);
        if (!write.leftTrace()) throw new Error(`${context.operation} left no trace in the audit`);
        return { result, named: write.named };
      });
      await leave(named);
      return result;
    } catch (error) {
      if (error instanceof Problem && error.trace !== undefined)
        await auditAlone(request, context, error.trace);
      throw error;
    }
  }

  /** Writes an audit entry in its own transaction, after the operation's was rolled back. */
  async function auditAlone(
    request: FastifyRequest,
    context: RequestContext,
    entry: AuditEntry,
  ): Promise<void> {
    await transact(services.db, rowsFor(request), async (tx) =>
      leaveTrace(tx, context, originOf(request), entry),
    );
  }

  /** For an operation of several transactions, which itself defines what a retry does. */
  function stream(request: FastifyRequest): StreamContext {
    return {
      get key() {
        return idempotencyKey(request);
      },
      write: (operation) => auditedRead(request, operation),
      read: (operation) => readPage(request, operation),
      claimKey: async (context) => {
        // The body is not read yet; a later request under this key counts as different, whatever its body.
        const requestDigest = digestOf(request, Buffer.from('stream'));
        const keyed = { context, key: idempotencyKey(request), requestDigest };
        const isBegun = (await firstAnswer(context.tx, keyed)) !== undefined;
        // Claimed by a concurrent request after the check above.
        if (isBegun) throw new Problem('idempotency-key-in-flight', { headers: { 'retry-after': '1' } });
        keepAnswer(context.tx, keyed, { status: 202, headers: {}, body: '' }, request.id);
      },
    };
  }

  async function contextOf(request: FastifyRequest): Promise<RequestContext> {
    const at = momentOf(services);
    const today = dayInShanghai(at);
    const { encryption, settings } = services;
    return {
      operation: operationOf(request),
      actor: actorOf(request),
      ...permittedOf(request),
      at,
      today,
      settings,
      policies: await services.policiesOn(today),
      encryption,
      shows: () => {},
    };
  }

  /** Reads one page of an answer too large for one transaction; the disclosure was recorded before. */
  async function readPage<T>(
    request: FastifyRequest,
    operation: (context: ReadContext) => Promise<T>,
  ): Promise<T> {
    const context = await contextOf(request);
    return await transact(
      services.db,
      rowsFor(request),
      async (tx) => operation({ ...context, tx, reference: await services.referenceIn(tx) }),
      {
        readOnly: true,
      },
    );
  }

  return { read, write, writeEach, auditedRead, readPage, stream };
}

/**
 * Row scope for the database: derived from actor and permission table only, independently of the
 * application's check.
 */
function rowsFor(request: FastifyRequest): RowScope | null {
  return rowScopeOf(actorOf(request), operationOf(request));
}

async function send(
  reply: FastifyReply,
  context: RequestContext,
  answer: Answer & { readonly replayed: boolean },
): Promise<void> {
  if (answer.replayed) reply.header('idempotency-replayed', 'true');
  setPolicyVersion(reply, context);
  await reply
    .code(answer.status)
    .headers(stringHeaders(answer.headers))
    .type('application/json; charset=utf-8')
    .serializer((body: string) => body)
    .send(answer.body);
}

/** Of the request, not of the item: the caller sends it again, which finds the finished items. */
function concernsAll(code: ProblemCode): boolean {
  return (
    code === 'internal' ||
    code === 'unavailable' ||
    code === 'took-too-long' ||
    code === 'idempotency-key-in-flight' ||
    code === 'idempotency-key-reused'
  );
}

function originOf(request: FastifyRequest): Origin {
  return { requestId: request.id, sourceAddress: request.ip };
}

function operationOf(request: FastifyRequest): OperationId {
  const operation = request.routeOptions.config.operation;
  if (operation === undefined) throw new Error(`${request.routeOptions.url} has no operation`);
  return operation;
}

function successStatusOf(request: FastifyRequest): number {
  const responses = request.routeOptions.schema?.response;
  const status = Object.keys(responses ?? {}).find((name) => /^2\d\d$/.test(name));
  if (status === undefined) throw new Error(`${request.routeOptions.url} declares no success`);
  return Number(status);
}

/** The version of the policy in force today; an assessment names its own version. */
function setPolicyVersion(reply: FastifyReply, { today, policies }: RequestContext): void {
  reply.header('policy-version', policyOn(today, policies).version);
}

function etagOfBody(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('version' in body)) return undefined;
  return typeof body.version === 'number' ? etagOf(body.version) : undefined;
}

function stringHeaders(headers: Json): Record<string, string> {
  const isHeaders = typeof headers === 'object' && headers !== null && !Array.isArray(headers);
  if (!isHeaders) return {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
