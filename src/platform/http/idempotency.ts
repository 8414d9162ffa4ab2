// Stores answers under the caller's Idempotency-Key, in the transaction of their effect: a retry finds both
// or neither.

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { holdsPersonalNumber } from '../../values/personal-numbers.ts';
import { callerOf } from '../access/actor.ts';
import type { RequestContext } from '../context.ts';
import type { Tx } from '../database/connect.ts';
import { insertLater } from '../database/insert.ts';
import type { IdempotencyKey, Json } from '../database/tables.ts';
import { ask } from '../database/transaction.ts';
import type { Place } from '../encryption/encryption.ts';
import { Problem } from '../problem.ts';

/** An answer as stored and replayed. */
export interface Answer {
  readonly status: number;
  readonly headers: Json;
  readonly body: string;
}

type KeptAnswer = Pick<
  IdempotencyKey,
  'operation' | 'requestDigest' | 'status' | 'headers' | 'bodyEncrypted'
>;

/** The caller, the key and the request's digest. */
export interface Keyed {
  readonly context: RequestContext;
  readonly key: string;
  readonly requestDigest: Buffer;
}

const keyForm = /^[\x21-\x7e]{8,200}$/;

export function idempotencyKey(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') throw new Problem('idempotency-key-missing');
  // Keys are stored in plain, so they must not contain a personal number.
  if (typeof key !== 'string' || !keyForm.test(key) || holdsPersonalNumber(key)) {
    const detail = '应为 8 至 200 个可见 ASCII 字符，不得含身份证号或手机号码，建议使用 UUID。';
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/headers/idempotency-key', code: 'wrong-format', detail }],
    });
  }
  return key;
}

/** Identifies a request: address, precondition and every byte of the body. */
export function digestOf({ method, url, headers }: FastifyRequest, content: Buffer | null): Buffer {
  const parts = [method, url, headers['if-match'] ?? null, content?.toString('hex') ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/**
 * The answer stored under this key, or undefined.
 *
 * @throws Problem idempotency-key-reused for another request under it, idempotency-key-in-flight while one is
 *   running
 */
export async function firstAnswer(
  tx: Tx,
  { context, key, requestDigest }: Keyed,
): Promise<Answer | undefined> {
  const clientId = callerOf(context.actor);
  const lock = createHash('sha256').update(`${clientId}\0${key}`).digest().readBigInt64BE();
  // Two statements, sent together: a row committed before the lock was taken is visible only to a statement that
  // begins after it.
  const [[taken], [first]] = await Promise.all([
    ask<{ free: boolean }>(tx, 'select pg_try_advisory_xact_lock($1) as free', [lock]),
    ask<KeptAnswer>(
      tx,
      `select operation, request_digest as "requestDigest", status, headers, body_encrypted as "bodyEncrypted"
      from idempotency_key where client_id = $1 and key = $2`,
      [clientId, key],
    ),
  ]);
  if (taken?.free !== true)
    throw new Problem('idempotency-key-in-flight', { headers: { 'retry-after': '1' } });
  if (first === undefined) return undefined;
  const isSameRequest = first.operation === context.operation && first.requestDigest.equals(requestDigest);
  if (!isSameRequest) throw new Problem('idempotency-key-reused');
  const { status, headers, bodyEncrypted } = first;
  return { status, headers, body: context.encryption.decrypt(bodyEncrypted, placeOfBody(clientId, key)) };
}

function placeOfBody(clientId: string, key: string): Place {
  return { table: 'idempotency_key', column: 'body_encrypted', row: `${clientId} ${key}` };
}

/**
 * Sent without waiting.
 *
 * @param requestId of the request whose audit entries are in this transaction; null for the answer to a batch
 */
export function keepAnswer(
  tx: Tx,
  { context, key, requestDigest }: Keyed,
  answer: Answer,
  requestId: string | null,
): Answer {
  const clientId = callerOf(context.actor);
  const row = {
    status: answer.status,
    headers: JSON.stringify(answer.headers),
    bodyEncrypted: context.encryption.encrypt(answer.body, placeOfBody(clientId, key)),
    clientId,
    key,
    operation: context.operation,
    requestDigest,
    answeredAt: context.at.toString(),
    requestId,
  };
  insertLater(tx, 'idempotencyKey', [row]);
  return answer;
}
