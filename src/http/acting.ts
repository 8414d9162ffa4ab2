// How a route reaches its operation. `view` runs a reading operation in one consistent snapshot; `effect` runs an acting
// one in one transaction together with its audit entry and its keyed answer, so that a retry finds all of it or nothing.

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { type Actor, clientOf, officerOf } from '../access/actor.ts';
import { actorOf } from '../access/authenticate.ts';
import { type OperationId, permit } from '../access/permissions.ts';
import type { Act, AuditEntry, ServiceOperation, Settings, View } from '../act.ts';
import type { Db, Tx } from '../database/connect.ts';
import type { Json } from '../database/tables.ts';
import { transact } from '../database/transaction.ts';
import { dayInShanghai } from '../rules/days.ts';
import { policyOn } from '../rules/policy.ts';
import type { Sealer } from '../secrets/sealer.ts';
import { holdsPersonalNumber } from './personal-numbers.ts';
import { etagOf } from './preconditions.ts';
import { Refusal } from './problem.ts';

export interface ActingServices {
  readonly db: Db;
  readonly clock: () => Temporal.Instant;
  readonly newId: () => string;
  readonly sealer: Sealer;
  readonly settings: Settings;
}

/** What goes over the wire is a copy, so that nobody minds whether the original may be changed. */
type Sent<T> = T extends readonly (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Sent<T[K]> }
    : T;

export type Acting = ReturnType<typeof createActing>;

export function createActing(services: ActingServices) {
  /** Runs a reading operation; answers 200 with what it returns. */
  async function view<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    operation: (view: View) => Promise<T>,
  ): Promise<Sent<T>> {
    const seen = seenBy(request);
    const body = await transact(services.db, (tx) => operation({ ...seen, tx }), { readOnly: true });
    setEtag(reply, body);
    setPolicyVersion(reply, seen);
    return body as Sent<T>;
  }

  /**
   * Runs an acting operation once per Idempotency-Key and client. The same key with the same request gives the first answer again, marked `idempotency-replayed`; with another request it is refused; while the first runs, 409.
   */
  async function effect<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    operation: (act: Act) => Promise<T>,
    content: Buffer | null = request.bodyDigest,
  ): Promise<void> {
    const key = idempotencyKey(request);
    const seen = seenBy(request);
    const clientId = `${clientOf(seen.actor)}|${seen.actor.subject}`;
    const requestDigest = digestOf(request, content);
    const answer = await transact(services.db, async (tx) => {
      const first = await findAnswer(tx, clientId, key);
      if (first !== undefined) {
        const isSameRequest = first.operation === seen.operation && first.requestDigest.equals(requestDigest);
        if (!isSameRequest) throw new Refusal('idempotency-key-reused');
        return { ...first, replayed: true };
      }
      const { act, leftTrace } = actIn(tx, services, seen, originOf(request));
      const result = await operation(act);
      if (!leftTrace()) throw new Error(`${seen.operation} left no trace in the audit`);
      const status = successStatusOf(request);
      setEtag(reply.code(status), result);
      const etag = reply.getHeader('etag');
      const headers = typeof etag === 'string' ? { etag } : {};
      const body = String(reply.serialize(result));
      const row = { clientId, key, operation: seen.operation, requestDigest, status, headers, body };
      await tx
        .insertInto('idempotencyKey')
        .values({ ...row, headers: JSON.stringify(headers), answeredAt: seen.at.toString() })
        .execute();
      return { ...row, replayed: false };
    });
    if (answer.replayed) reply.header('idempotency-replayed', 'true');
    setPolicyVersion(reply, seen);
    await reply
      .code(answer.status)
      .headers(stringHeaders(answer.headers))
      .type('application/json; charset=utf-8')
      .serializer((body: string) => body)
      .send(answer.body);
  }

  /** Runs a reading operation that must leave a trace: personal data go out whole. No key: asking again is another look. */
  async function witnessed<T>(request: FastifyRequest, operation: (act: Act) => Promise<T>): Promise<T> {
    const seen = seenBy(request);
    return await transact(services.db, async (tx) => {
      const { act, leftTrace } = actIn(tx, services, seen, originOf(request));
      const result = await operation(act);
      if (!leftTrace()) throw new Error(`${seen.operation} left no trace in the audit`);
      return result;
    });
  }

  function seenBy(request: FastifyRequest): Omit<View, 'tx'> {
    const operation = operationOf(request);
    const actor = actorOf(request);
    const permitted = permit(actor, operation);
    if (permitted === null) throw new Refusal('forbidden');
    const at = momentOf(services);
    const { sealer, settings } = services;
    return { operation, actor, ...permitted, at, today: dayInShanghai(at), settings, sealer };
  }

  return { view, effect, witnessed };
}

/** Whole milliseconds: what is answered, what is stored and what is read again are then the same. */
function momentOf({ clock }: ActingServices): Temporal.Instant {
  return clock().round({ smallestUnit: 'millisecond', roundingMode: 'floor' });
}

/** Who asked, from where, in which request: what an audit entry adds to what the act knows. */
interface Origin {
  readonly requestId: string;
  readonly sourceAddress: string;
}

function originOf(request: FastifyRequest): Origin {
  return { requestId: request.id, sourceAddress: request.ip };
}

function actIn(tx: Tx, services: ActingServices, seen: Omit<View, 'tx'>, origin: Origin) {
  let entries = 0;
  const act: Act = {
    ...seen,
    tx,
    newId: services.newId,
    audit: async (entry) => {
      entries += 1;
      await insertAuditEntry(tx, seen, origin, entry);
    },
    enqueue: (task, jobs) => enqueue(tx, task, jobs),
  };
  return { act, leftTrace: () => entries > 0 };
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
export async function actAsService<T>(
  services: ActingServices,
  operation: ServiceOperation,
  work: (act: Act) => Promise<T>,
): Promise<T> {
  const { newId, sealer, settings } = services;
  const at = momentOf(services);
  const seen = { operation, actor: service, role: 'service', sight: { relation: 'city' } } as const;
  const origin = { requestId: newId(), sourceAddress: 'local' };
  return await transact(services.db, async (tx) => {
    const view = { ...seen, at, today: dayInShanghai(at), settings, sealer };
    return await work(actIn(tx, services, view, origin).act);
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

const keyForm = /^[\x21-\x7e]{8,200}$/;

function idempotencyKey(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') throw new Refusal('idempotency-key-missing');
  // Keys are kept: one made of an identity number would be that number in a plain column.
  if (typeof key !== 'string' || !keyForm.test(key) || holdsPersonalNumber(key)) {
    const detail = '应为 8 至 200 个可见 ASCII 字符，不得含身份证号或手机号码，建议使用 UUID。';
    throw new Refusal('invalid-fields', {
      faults: [{ pointer: '/headers/idempotency-key', code: 'wrong-format', detail }],
    });
  }
  return key;
}

/** What makes two requests the same: address, precondition and every byte of the body. */
function digestOf({ method, url, headers }: FastifyRequest, content: Buffer | null): Buffer {
  const parts = [method, url, headers['if-match'] ?? null, content?.toString('hex') ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** The first answer to this key. Refuses while another transaction is working on the same key. */
async function findAnswer(tx: Tx, clientId: string, key: string) {
  const lock = createHash('sha256').update(`${clientId}\0${key}`).digest().readBigInt64BE();
  // Two statements: a row committed between the lock and the look must be seen, so the look needs its own snapshot.
  const { rows } = await sql<{ free: boolean }>`select pg_try_advisory_xact_lock(${lock}) as free`.execute(
    tx,
  );
  if (rows[0]?.free !== true)
    throw new Refusal('idempotency-key-in-flight', { headers: { 'retry-after': '1' } });
  return await tx
    .selectFrom('idempotencyKey')
    .select(['operation', 'requestDigest', 'status', 'headers', 'body'])
    .where('clientId', '=', clientId)
    .where('key', '=', key)
    .executeTakeFirst();
}

async function insertAuditEntry(
  tx: Tx,
  seen: Omit<View, 'tx'>,
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
function setPolicyVersion(reply: FastifyReply, { today, settings }: Omit<View, 'tx'>): void {
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
