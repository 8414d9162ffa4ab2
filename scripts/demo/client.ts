// The demo's HTTP client, with a token per actor. Knows none of the steps.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sandboxIssuerPath, sandboxSecret } from '../../src/sandbox/issuer.ts';

const timeoutMs = 30_000;
const busy: ReadonlySet<number> = new Set([429, 503]);
const mostAttempts = 10;

/** The demo cannot continue; the message is for a person. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly etag: string | null;
  /** Whether the answer is a replay under its Idempotency-Key. */
  readonly replayed: boolean;
}

export interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
}

export interface Sent {
  /** JSON, or a form with a file. */
  readonly body?: object | FormData;
  /** The version for If-Match. */
  readonly ifMatch?: number;
  /** A new key for each request when absent. */
  readonly key?: string;
}

export interface Client {
  readonly url: string;
  /** Sends a request as a sandbox persona. @throws DemoError for any error status */
  get<T>(persona: string, path: string): Promise<T>;
  post<T>(persona: string, path: string, sent?: Sent): Promise<T>;
  patch<T>(persona: string, path: string, sent?: Sent): Promise<T>;
  /** The same, for any status. */
  try<T>(persona: string, method: 'GET' | 'POST' | 'PATCH', path: string, sent?: Sent): Promise<Answer<T>>;
}

export function createClient(url: string): Client {
  const tokens = new Map<string, Promise<string>>();

  async function attempt<T>(
    persona: string,
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    { body, ifMatch, key }: Sent = {},
  ): Promise<Answer<T>> {
    const token = tokens.get(persona) ?? fetchToken(url, persona);
    tokens.set(persona, token);
    const isForm = body instanceof FormData;
    const response = await reachPatiently(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${await token}`,
        ...(method !== 'GET' ? { 'idempotency-key': key ?? randomUUID() } : {}),
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const content: unknown = isJson ? await response.json() : await response.text();
    return {
      status: response.status,
      body: content as T, // typed by the contract; relevant parts are compared
      etag: response.headers.get('etag'),
      replayed: response.headers.get('idempotency-replayed') === 'true',
    };
  }

  async function succeed<T>(
    persona: string,
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    sent?: Sent,
  ): Promise<T> {
    const { status, body } = await attempt<T>(persona, method, path, sent);
    if (status < 300) return body;
    throw new DemoError(
      `请求被拒绝 · the request was refused: ${persona} ${method} ${path} ${status} ${JSON.stringify(body)}`,
    );
  }

  return {
    url,
    get: (persona, path) => succeed(persona, 'GET', path),
    post: (persona, path, sent) => succeed(persona, 'POST', path, sent),
    patch: (persona, path, sent) => succeed(persona, 'PATCH', path, sent),
    try: attempt,
  };
}

/** A token of the sandbox. @throws DemoError where there is none */
export async function fetchToken(url: string, persona: string): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: persona, client_secret: sandboxSecret };
  const response = await reach(new URL(`${sandboxIssuerPath}/token`, url), {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const answer: unknown = await response.json().catch(() => null);
  const token = Object(answer).access_token;
  if (typeof token === 'string') return token;
  throw new DemoError(`${url}: 不签发沙箱令牌，沙箱未启用，或这不是本服务 · no sandbox token for ${persona}`);
}

/** While the service has no room for a request, sends it again under its key when the answer says to. */
async function reachPatiently(address: URL, request: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await reach(address, request);
    if (!busy.has(response.status) || attempt === mostAttempts) return response;
    await response.arrayBuffer();
    await delay(1_000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

async function reach(address: URL, request: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...request, signal: AbortSignal.timeout(timeoutMs) });
  } catch {
    throw new DemoError(`${address.origin}: 没有服务应答 · nothing answers at ${address.origin}`);
  }
}
