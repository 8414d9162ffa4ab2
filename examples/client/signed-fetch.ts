// Signs requests as docs/integration.md says, for platforms that cannot fetch a token: a `fetch` to be given to any client.
// Stands by itself, so that it can be copied.

import { createHash, createHmac, randomUUID } from 'node:crypto';

/** Of the text that is signed. */
const version = 2;
const schemes = { 'SUBSIDY-HMAC-SM3': 'sm3', 'SUBSIDY-HMAC-SHA256': 'sha256' } as const;

export interface ApiClientKey {
  readonly app: string;
  /** Number of the key. */
  readonly key: number;
  /** As it was shown when the key was made: 32 bytes in base64url. */
  readonly secret: string;
  readonly scheme?: keyof typeof schemes;
}

/** What goes into the signature beside the key; the test vectors fix it. */
export interface Moment {
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly nonce: string;
}

/** The Authorization header of one request. @param body exactly the bytes that are sent */
export function signatureOf(
  { app, key, secret, scheme = 'SUBSIDY-HMAC-SM3' }: ApiClientKey,
  request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Headers;
    readonly body: Uint8Array;
  },
  { timestamp, nonce }: Moment,
): string {
  const hash = schemes[scheme];
  const digest = createHash(hash).update(request.body).digest('hex');
  const { pathname, search } = new URL(request.url);
  const names = ['if-match', 'idempotency-key', 'content-type'];
  const headers = names.map((name) => request.headers.get(name) ?? '');
  const head = [scheme, version, app, key, timestamp, nonce, request.method];
  const text = [...head, pathname, search.slice(1), ...headers, digest].join('\n');
  const signature = createHmac(hash, Buffer.from(secret, 'base64url')).update(text).digest('hex');
  const parts = { version, app, key, timestamp, nonce, digest, signature };
  return `${scheme} ${Object.entries(parts)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')}`;
}

/** A `fetch` that signs: each request anew, retries too, because a nonce is taken once. */
export function signedFetch(apiClientKey: ApiClientKey): (request: Request) => Promise<Response> {
  return async (request) => {
    const body = new Uint8Array(await request.arrayBuffer());
    const moment = { timestamp: Math.floor(Date.now() / 1_000), nonce: randomUUID() };
    const { method, url } = request;
    const headers = new Headers(request.headers);
    headers.set('authorization', signatureOf(apiClientKey, { method, url, headers, body }, moment));
    return await fetch(url, { method, headers, ...(body.length === 0 ? {} : { body }) });
  };
}
