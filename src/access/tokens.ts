// Verifies access tokens (RFC 9068) of the configured issuers. Speaks no HTTP to our clients and knows no operation.

import { decodeJwt, decodeProtectedHeader, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Actor } from './actor.ts';
import { BadClaim, IncompatibleRoles, readActor } from './claims.ts';
import { createKeySet, KeysUnavailable } from './key-set.ts';
import { createTokenCache } from './token-cache.ts';

/** An issuer whose tokens are believed, and where its keys are. */
export interface TrustedIssuer {
  /** `iss`, compared as a string. */
  readonly issuer: string;
  /** `aud` that stands for this service at that issuer. */
  readonly audience: string;
  readonly jwksUrl: URL | (() => URL);
}

export interface TokenVerifier {
  /** @throws InvalidToken, IncompatibleRoles, KeysUnavailable */
  verify(token: string): Promise<Actor>;
  /** Verified tokens remembered at this moment. */
  readonly cachedTokens: number;
}

/** A token that proves nothing. The reason is for the log; whoever sent it learns only that it is invalid. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** Asymmetric only: with HS256 allowed, anyone could sign with the public key as the secret. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** Clocks of issuer and service are kept by NTP; this covers what is left. */
const clockToleranceSeconds = 5;
/** Ours are under 1 kB. Checked before anything is decoded or hashed. */
const tokenLengthLimit = 8_192;
/** A token's key comes from its issuer's JWKS alone, so a header that brings one along is an attack or a mistake. */
const foreignKeyHeaders = ['jwk', 'jku', 'x5c', 'x5u'];
/** About 10 MB; a city's officers and platforms hold a few hundred at a time. */
const cachedTokensLimit = 10_000;
const cachedForMs = 5 * 60_000;

/**
 * Verifying costs ten times the rest of a request, so verified tokens are remembered by their digest.
 *
 * @param cacheLimit verified tokens remembered at most
 * @throws Error when the issuers are not usable as configured
 */
export function createTokenVerifier({
  issuers,
  clock,
  cacheLimit = cachedTokensLimit,
}: {
  issuers: readonly TrustedIssuer[];
  clock: () => Temporal.Instant;
  cacheLimit?: number;
}): TokenVerifier {
  const trusted = new Map<string, { audience: string; keySet: JWTVerifyGetKey }>();
  for (const { issuer, audience, jwksUrl } of issuers) {
    if (trusted.has(issuer)) throw new Error(`token issuer ${issuer} is configured twice`);
    trusted.set(issuer, { audience, keySet: createKeySet(jwksUrl, clock) });
  }
  if (trusted.size === 0) throw new Error('no token issuer is configured');
  const cache = createTokenCache(cacheLimit, cachedForMs, clock);

  async function verifyAnew(token: string): Promise<Actor> {
    const header = decodeProtectedHeader(token);
    const foreignKey = foreignKeyHeaders.find((name) => name in header);
    if (foreignKey !== undefined) throw new InvalidToken(`key in header: ${foreignKey}`);
    // Believed only as far as to choose the issuer whose keys then have to confirm it.
    const issuer = decodeJwt(token).iss ?? '';
    const trust = trusted.get(issuer);
    if (trust === undefined) throw new InvalidToken('unknown issuer');
    const now = clock().epochMilliseconds;
    const { payload } = await jwtVerify(token, trust.keySet, {
      issuer,
      audience: trust.audience,
      typ: 'at+jwt',
      algorithms,
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
      currentDate: new Date(now),
      clockTolerance: clockToleranceSeconds,
    });
    // jose checks `iat` only together with an age limit: a token from the future was not issued by a sane issuer.
    if (Number(payload.iat) * 1000 > now + clockToleranceSeconds * 1000)
      throw new InvalidToken('issued in the future');
    const actor = readActor(payload);
    cache.remember(token, actor, Number(payload.exp) * 1000);
    return actor;
  }

  return {
    async verify(token) {
      if (token.length > tokenLengthLimit) throw new InvalidToken('too long');
      const known = cache.find(token);
      if (known !== null) return known;
      try {
        return await verifyAnew(token);
      } catch (error) {
        if (error instanceof KeysUnavailable || error instanceof IncompatibleRoles) throw error;
        if (error instanceof InvalidToken) throw error;
        // Whatever went wrong on the way, a token that was not proven is not accepted.
        throw new InvalidToken(reasonOf(error), error);
      }
    },
    get cachedTokens() {
      return cache.size;
    },
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) return `claim: ${error.claim}`;
  if (error instanceof errors.JOSEError) return error.code;
  if (error instanceof BadClaim) return `claim: ${error.message}`;
  return 'malformed';
}
