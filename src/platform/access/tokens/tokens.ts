// Verifies access tokens (RFC 9068) of the configured issuers. Knows neither HTTP nor operations.

import { decodeJwt, decodeProtectedHeader, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { countLookup } from '../../cache-lookups.ts';
import type { Actor, Role } from '../actor.ts';
import { BadClaim, IncompatibleRoles, readActor, readConfirmation } from './claims.ts';
import { createKeySet, KeysUnavailable } from './key-set.ts';
import { createProvenTokens, createTokenCache, type Verified } from './token-cache.ts';

/** A trusted issuer, and where its keys are. */
export interface TrustedIssuer {
  /** `iss`, compared as a string. */
  readonly issuer: string;
  /** The `aud` by which that issuer names this service. */
  readonly audience: string;
  readonly jwksUrl: URL | (() => URL);
  /** The roles it may grant; a token with another role is rejected. Undefined: every role. */
  readonly roles?: readonly Role[];
  /** Whether its tokens are valid only with the client certificate to which they are bound. */
  readonly senderConstrained?: boolean;
  /** The documentation page as its client, with which people log in there; undefined: nobody does. */
  readonly docsClientId?: string;
}

export interface TokenVerifier {
  /**
   * @param certificate thumbprint of the client's certificate, if it presented one
   * @param onlyProven accepts only tokens verified before: no new signature is checked
   * @throws InvalidToken, IncompatibleRoles, KeysUnavailable
   */
  verify(token: string, certificate?: string | null, onlyProven?: boolean): Promise<Actor>;
  /** Who holds a token that was verified lately; null for any other. Accepts nobody: `verify` does. */
  holderOf(token: string): Actor | null;
  /** Number of verified tokens in the cache. */
  readonly cachedTokens: number;
}

/** A token is not valid. The reason is logged; the sender learns only that the token is invalid. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
  readonly reason: string;
  /** Added to the answer where it reveals nothing about keys. */
  readonly detail: string | undefined;

  constructor(reason: string, { cause, detail }: { cause?: unknown; detail?: string } = {}) {
    super(reason, { cause });
    this.reason = reason;
    this.detail = detail;
  }
}

/** Reason for a token that was rejected without being verified. */
export const notLookedAt = 'not looked at';

/** Asymmetric only: with HS256 allowed, the public key would serve as the secret. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** Allows for clock differences between issuer and service, which NTP keeps small. */
const clockToleranceSeconds = 5;
/** A token cannot be revoked while it lives; the sandbox and most issuers grant an hour. */
export const usualLifeSeconds = 3_600;
/** In characters; our tokens have under 1,000. Checked before decoding or hashing. */
const tokenLengthLimit = 8_192;
/** Keys come from the issuer's JWKS only, so a token that brings its own key is rejected. */
const foreignKeyHeaders = ['jwk', 'jku', 'x5c', 'x5u'];
/** About 10 MB; a city's officers and platforms hold a few hundred tokens at a time. */
const cachedTokensLimit = 10_000;
const cachedForMs = 5 * 60_000;

/**
 * Verification costs ten times the rest of a request, so verified tokens are cached by digest.
 *
 * @param mostLifeSeconds longest time from `iat` to `exp`; a token issued for longer is always rejected
 * @param cacheLimit most verified tokens kept
 * @throws Error when the issuers are not usable as configured
 */
export function createTokenVerifier({
  issuers,
  clock,
  mostLifeSeconds = usualLifeSeconds,
  cacheLimit = cachedTokensLimit,
}: {
  issuers: readonly TrustedIssuer[];
  clock: () => Temporal.Instant;
  mostLifeSeconds?: number;
  cacheLimit?: number;
}): TokenVerifier {
  const trusted = new Map<string, TrustedIssuer & { readonly keySet: JWTVerifyGetKey }>();
  for (const trust of issuers) {
    if (trusted.has(trust.issuer)) throw new Error(`token issuer ${trust.issuer} is configured twice`);
    trusted.set(trust.issuer, { ...trust, keySet: createKeySet(trust.jwksUrl, clock) });
  }
  if (trusted.size === 0) throw new Error('no token issuer is configured');
  const cache = createTokenCache(cacheLimit, cachedForMs, clock);
  const proven = createProvenTokens(cacheLimit);

  async function verifyAnew(token: string): Promise<Verified> {
    const header = decodeProtectedHeader(token);
    const foreignKey = foreignKeyHeaders.find((name) => name in header);
    if (foreignKey !== undefined) throw new InvalidToken(`key in header: ${foreignKey}`);
    // Unverified: only selects the issuer whose keys then verify the token.
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
    // jose checks `iat` only together with an age limit.
    if (Number(payload.iat) * 1000 > now + clockToleranceSeconds * 1000)
      throw new InvalidToken('issued in the future');
    if (Number(payload.exp) - Number(payload.iat) > mostLifeSeconds)
      throw new InvalidToken(`lives longer than ${mostLifeSeconds} s`);
    const actor = readActor(payload);
    if (!actor.roles.every((role) => trust.roles?.includes(role) ?? true))
      throw new InvalidToken('a role its issuer does not vouch for');
    const boundTo = readConfirmation(payload);
    if (boundTo === null && trust.senderConstrained === true)
      throw new InvalidToken('not bound to a certificate, which its issuer must do');
    const verified = { actor, boundTo };
    cache.remember(token, verified, Number(payload.exp) * 1000);
    proven.add(token, Number(payload.exp) * 1000 - now);
    return verified;
  }

  async function verifiedOf(token: string, onlyProven: boolean): Promise<Verified> {
    const known = cache.find(token);
    countLookup('tokens', known !== null);
    if (known !== null) return known;
    if (onlyProven && !proven.has(token)) throw new InvalidToken(notLookedAt);
    try {
      return await verifyAnew(token);
    } catch (error) {
      if (error instanceof KeysUnavailable || error instanceof IncompatibleRoles) throw error;
      if (error instanceof InvalidToken) throw error;
      // Any error means that the token is not verified.
      throw new InvalidToken(reasonOf(error), { cause: error });
    }
  }

  return {
    async verify(token, certificate = null, onlyProven = false) {
      if (token.length > tokenLengthLimit) throw new InvalidToken('too long');
      const { actor, boundTo } = await verifiedOf(token, onlyProven);
      // Checked for cached tokens too: a stolen one arrives over another connection.
      if (boundTo !== null && boundTo !== certificate) {
        throw new InvalidToken(certificate === null ? 'cnf: no certificate' : 'cnf: another certificate');
      }
      return actor;
    },
    holderOf: (token) => (token.length > tokenLengthLimit ? null : (cache.find(token)?.actor ?? null)),
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
