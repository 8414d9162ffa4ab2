// Verifies access tokens (RFC 9068) of the configured issuers. Speaks no HTTP to our clients and knows no operation.

import { decodeJwt, decodeProtectedHeader, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Actor, Role } from '../actor.ts';
import { BadClaim, IncompatibleRoles, readActor, readConfirmation } from './claims.ts';
import { createKeySet, KeysUnavailable } from './key-set.ts';
import { createProvenTokens, createTokenCache, type Verified } from './token-cache.ts';

/** An issuer whose tokens are believed, and where its keys are. */
export interface TrustedIssuer {
  /** `iss`, compared as a string. */
  readonly issuer: string;
  /** `aud` that stands for this service at that issuer. */
  readonly audience: string;
  readonly jwksUrl: URL | (() => URL);
  /** The roles it vouches for; a token of it that names another is refused. Undefined: every role. */
  readonly roles?: readonly Role[];
  /** Its tokens are good only with the client certificate that they name. */
  readonly senderConstrained?: boolean;
}

export interface TokenVerifier {
  /**
   * @param certificate thumbprint of the certificate with which the client came, if it came with one
   * @param onlyProven no signature is checked but of tokens that were good before
   * @throws InvalidToken, IncompatibleRoles, KeysUnavailable
   */
  verify(token: string, certificate?: string | null, onlyProven?: boolean): Promise<Actor>;
  /** Verified tokens remembered at this moment. */
  readonly cachedTokens: number;
}

/** A token that proves nothing. The reason is for the log; whoever sent it learns only that it is invalid. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
  readonly reason: string;
  /** What its sender is told beside that, where it says nothing about any key. */
  readonly detail: string | undefined;

  constructor(reason: string, { cause, detail }: { cause?: unknown; detail?: string } = {}) {
    super(reason, { cause });
    this.reason = reason;
    this.detail = detail;
  }
}

/** Why a token is refused of which nobody knows whether it is good. */
export const notLookedAt = 'not looked at';

/** Asymmetric only: with HS256 allowed, anyone could sign with the public key as the secret. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** Clocks of issuer and service are kept by NTP; this covers what is left. */
const clockToleranceSeconds = 5;
/** For as long as a token lives, nobody can take it back: an hour is what the sandbox and most issuers give. */
export const usualLifeSeconds = 3_600;
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
 * @param mostLifeSeconds from `iat` to `exp`; a token that is issued for longer is refused from its first use
 * @param cacheLimit verified tokens remembered at most
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
    if (known !== null) return known;
    if (onlyProven && !proven.has(token)) throw new InvalidToken(notLookedAt);
    try {
      return await verifyAnew(token);
    } catch (error) {
      if (error instanceof KeysUnavailable || error instanceof IncompatibleRoles) throw error;
      if (error instanceof InvalidToken) throw error;
      // Whatever went wrong on the way, a token that was not proven is not accepted.
      throw new InvalidToken(reasonOf(error), { cause: error });
    }
  }

  return {
    async verify(token, certificate = null, onlyProven = false) {
      if (token.length > tokenLengthLimit) throw new InvalidToken('too long');
      const { actor, boundTo } = await verifiedOf(token, onlyProven);
      // Each time, also for a remembered token: a stolen one comes from elsewhere.
      if (boundTo !== null && boundTo !== certificate) {
        throw new InvalidToken(certificate === null ? 'cnf: no certificate' : 'cnf: another certificate');
      }
      return actor;
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
