// A `fetch` for this service: gives each call that changes something an Idempotency-Key and keeps it over retries, authorizes every
// attempt, and tries again where the service says that a retry helps.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Credentials, createAuthorizer } from './credentials.ts';

export interface Retries {
  /** Of one call, the first included. */
  readonly mostAttempts: number;
  /** A longer Retry-After is not waited for: its answer is returned. */
  readonly mostWaitMs: number;
  /** Without an answer for so long an attempt is given up. */
  readonly attemptMs: number;
}

const usualRetries: Retries = { mostAttempts: 5, mostWaitMs: 60_000, attemptMs: 60_000 };

export interface FetchOptions {
  readonly credentials: Credentials;
  readonly retries?: Partial<Retries>;
  /** What sends; the global one when absent. */
  readonly fetch?: typeof fetch;
  /** Instead of waiting, for tests. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Instead of `Math.random`, for tests: the share of the jitter that is added. */
  readonly random?: () => number;
}

/** Up to a quarter longer than told, so that clients who were refused together do not return together. */
const jitter = 0.25;
const firstWaitSeconds = 1;

/**
 * Their answers show a secret once, and take no Idempotency-Key. Without an answer they are not sent again: look first whether they
 * were done.
 */
const unrepeatable = /^\/v1\/(api-clients(\/|$)|webhooks(\/[^/]+\/secrets)?$)/;

/** Whether a call without an answer may be sent again. @param method in capitals @param path without the query */
export const isRepeatable = (method: string, path: string) => method === 'GET' || !unrepeatable.test(path);

/**
 * @returns a `fetch` to be given to any client. A body that is a Blob is read anew for each attempt, so that a large file is not held
 *   in memory (unless it is signed); any other body is held.
 */
export function createFetch({
  credentials,
  retries,
  fetch: send = fetch,
  wait = async (ms, signal) => void (await delay(ms, undefined, { signal })),
  random = Math.random,
}: FetchOptions): typeof fetch {
  const { mostAttempts, mostWaitMs, attemptMs } = { ...usualRetries, ...retries };
  const { authorize, renew } = createAuthorizer(credentials, send);

  return async (input, init) => {
    const { url, method, headers, signal, body } = await readRequest(input, init, 'secret' in credentials);
    if (method !== 'GET' && !headers.has('idempotency-key')) headers.set('idempotency-key', randomUUID());
    const bytes = body instanceof Uint8Array ? body : new Uint8Array();
    let hasRenewed = false;

    for (let attempt = 1; ; attempt += 1) {
      headers.set('authorization', await authorize({ method, url, headers, body: bytes }));
      const limit = AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]);
      const answer = await send(url, {
        method,
        headers,
        signal: limit,
        ...(body === null ? {} : { body }),
      }).catch((error: unknown) => {
        const isFinal =
          signal.aborted || attempt >= mostAttempts || !isRepeatable(method, new URL(url).pathname);
        if (isFinal) throw error;
        return null;
      });
      if (answer?.status === 401 && !hasRenewed && renew()) {
        hasRenewed = true;
        await answer.body?.cancel();
        continue;
      }
      if (answer !== null && (attempt >= mostAttempts || !(await isWorthRetrying(answer)))) return answer;
      const told = answer === null ? null : retryAfterSeconds(answer.headers);
      const ms = (told ?? firstWaitSeconds * 2 ** (attempt - 1)) * 1_000 * (1 + jitter * random());
      if (answer !== null && ms > mostWaitMs * (1 + jitter)) return answer;
      await answer?.body?.cancel();
      await wait(ms, signal);
    }
  };
}

interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  /** What can be sent more than once. */
  readonly body: Blob | Uint8Array<ArrayBuffer> | null;
}

async function readRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  isSigned: boolean,
): Promise<Call> {
  const file = init?.body instanceof Blob && !isSigned ? init.body : null;
  const request = new Request(input, file === null ? init : { ...init, body: null });
  const { url, method, headers, signal } = request;
  if (file !== null && file.type !== '' && !headers.has('content-type'))
    headers.set('content-type', file.type);
  const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer());
  return { url, method, headers: new Headers(headers), signal, body: file ?? body };
}

/** Busy, too many requests, or the same request still under way: the same call may succeed a little later. */
async function isWorthRetrying(answer: Response): Promise<boolean> {
  if (answer.status === 429 || answer.status === 503) return true;
  if (answer.status !== 409) return false;
  const problem: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  return Object(problem).code === 'idempotency-key-in-flight';
}

/** Seconds or a date (RFC 9110, 10.2.3); null when absent or unreadable. */
function retryAfterSeconds(headers: Headers): number | null {
  const text = headers.get('retry-after') ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
