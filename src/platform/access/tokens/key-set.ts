// An issuer's public keys, fetched from its JWKS URL and cached. Knows nothing of claims.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Older keys are fetched again before use, so a withdrawn key stops working within this time. */
const freshForMs = 10 * 60_000;
/**
 * While the issuer is down, keys up to this age still verify, so that its outage does not stop the service.
 * Withdrawals are delayed as long.
 */
const usableForMs = 60 * 60_000;
/**
 * At most one fetch in this time, whatever key ids arrive: otherwise strangers could make us flood the
 * issuer.
 */
const cooldownMs = 30_000;
/** Without any keys no token verifies, so the retry is sooner (the issuer may start just after us). */
const firstRetryMs = 1_000;
const fetchTimeoutMs = 5_000;

/** The issuer's keys are not available. Says nothing about the token; answered with 503. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * Resolves a token's header to the public key it names, fetching on demand. Not jose's createRemoteJWKSet:
 * its cooldown counts only from the last success (while an issuer is down, every forged key id is fetched),
 * it drops valid keys when a refresh fails, and it reads the system clock.
 *
 * @param jwksUrl a function where the address is known only once the service listens (a sandbox on a free
 *   port)
 * @throws KeysUnavailable; jose's JWKSNoMatchingKey when the issuer has no such key
 */
export function createKeySet(jwksUrl: URL | (() => URL), clock: () => Temporal.Instant): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | null = null;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | null = null;

  // A negative age counts as expired: a clock set back must not keep keys for ever.
  const isWithin = (since: number, limitMs: number) => {
    const ageMs = clock().epochMilliseconds - since;
    return ageMs >= 0 && ageMs < limitMs;
  };

  const areUsable = () => keys !== null && isWithin(fetchedAt, usableForMs);

  async function load(): Promise<void> {
    const loaded = createLocalJWKSet(await fetchKeySet(typeof jwksUrl === 'function' ? jwksUrl() : jwksUrl));
    keys = loaded;
    fetchedAt = clock().epochMilliseconds;
  }

  /** Fetches unless a fetch is running or was just tried; true when a new set has arrived. */
  async function refresh(): Promise<boolean> {
    if (pending === null) {
      if (isWithin(attemptedAt, areUsable() ? cooldownMs : firstRetryMs)) return false;
      attemptedAt = clock().epochMilliseconds;
      pending = load().finally(() => {
        pending = null;
      });
    }
    try {
      await pending;
      return true;
    } catch (cause) {
      if (areUsable()) return false;
      throw new KeysUnavailable('no answer with keys', { cause });
    }
  }

  return async (header, token) => {
    if (!isWithin(fetchedAt, freshForMs)) await refresh();
    if (keys === null || !areUsable()) throw new KeysUnavailable('asked a moment ago, in vain');
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey && (await refresh())) return keys(header, token);
      throw error;
    }
  };
}

async function fetchKeySet(jwksUrl: URL): Promise<JSONWebKeySet> {
  const response = await fetch(jwksUrl, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(fetchTimeoutMs),
  });
  if (response.status !== 200) throw new Error(`${jwksUrl} answered ${response.status}`);
  // createLocalJWKSet checks the shape before use.
  return (await response.json()) as JSONWebKeySet;
}
