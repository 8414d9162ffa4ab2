// Signs requests as docs/integration.md says, for platforms that cannot fetch a token. Stands by itself, so that it can be copied.

import { createHash, createHmac } from 'node:crypto';

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

/** What is signed of a request. */
export interface Signable {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Exactly the bytes that are sent; none without a body. */
  readonly body: Uint8Array;
}

/** What goes into the signature beside the key; the test vectors fix it. */
export interface Moment {
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** A new one for every request, retries included. */
  readonly nonce: string;
}

/** The Authorization header of one request. */
export function signatureOf(
  { app, key, secret, scheme = 'SUBSIDY-HMAC-SM3' }: ApiClientKey,
  request: Signable,
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
