// A token issuer on loopback for authentication tests: real keys, a real JWKS over HTTP, and errors on
// demand. Contains no tests.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Test } from 'tap';
import type { TrustedIssuer } from '../../../src/platform/access/tokens/tokens.ts';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export interface LoopbackIssuer {
  readonly trust: TrustedIssuer;
  /** Number of key set fetches so far. */
  fetches: number;
  /** The answer of the key set. */
  status: number;
  published: readonly SigningKey[];
}

export const audience = 'subsidy';

/** Closed at the end of the test. */
export async function startIssuer(t: Test, published: readonly SigningKey[]): Promise<LoopbackIssuer> {
  const server = createServer((_request, response) => {
    issuer.fetches += 1;
    response.writeHead(issuer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: issuer.published.map(({ jwk }) => jwk) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  // The cast: a TCP server's address is no pipe name.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const trust = { issuer: url, audience, jwksUrl: new URL(`${url}/jwks`) };
  const issuer: LoopbackIssuer = { trust, fetches: 0, status: 200, published };
  return issuer;
}

export async function makeKey(alg: string, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicKey, jwk };
}

/** A clock that moves only when told to. */
export function fixedClock(start: string): {
  now: () => Temporal.Instant;
  advance: (seconds: number) => void;
} {
  let now = Temporal.Instant.from(start);
  return {
    now: () => now,
    advance(seconds) {
      now = now.add({ milliseconds: seconds * 1000 });
    },
  };
}

/** Valid claims of a handler, issued now for five minutes. */
export function goodClaims(trust: TrustedIssuer, now: Temporal.Instant): JWTPayload {
  const issuedAt = now.epochMilliseconds / 1000;
  return {
    iss: trust.issuer,
    aud: audience,
    sub: 'officer-7',
    client_id: 'portal',
    jti: 'token-1',
    iat: issuedAt,
    exp: issuedAt + 300,
    scope: 'openid decisions applications:read',
    roles: ['handler'],
    agency: '360203',
    name: '王芳',
  };
}

export function signWith(
  key: Pick<SigningKey, 'alg' | 'kid'> & { privateKey: CryptoKey | Uint8Array },
  claims: JWTPayload,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}
