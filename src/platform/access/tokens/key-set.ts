// An issuer's public keys, fetched from its JWKS URL and kept for a while. Knows nothing of tokens' claims.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** After this age the keys are fetched again before use, so a key withdrawn by its issuer stops within it. */
const freshForMs = 10 * 60_000;
/** While the issuer does not answer, keys this old still verify: its outage is not ours. Withdrawal waits as long. */
const usableForMs = 60 * 60_000;
/** One fetch in this time at most, whatever key ids are sent: else a stranger could drive our requests at the issuer. */
const cooldownMs = 30_000;
/** Without any keys nobody can work, so the issuer is asked again sooner (it may start a moment after us). */
const firstRetryMs = 1_000;
const fetchTimeoutMs = 5_000;

/** No usable keys could be had from the issuer: says nothing about the token, and is to be answered 503. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * Resolves a token's header to the one public key it names, fetching lazily.
 * jose's createRemoteJWKSet is not used because its cooldown counts from the last success only (an issuer that is
 * down is asked for every forged key id), it drops good keys when a refresh fails, and it reads the system clock.
 *
 * @param jwksUrl a function where the address is known only once the service listens (a sandbox on a free port)
 * @throws KeysUnavailable; jose's JWKSNoMatchingKey when the issuer has no such key
 */
export function createKeySet(jwksUrl: URL | (() => URL), clock: () => Temporal.Instant): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | null = null;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | null = null;

  // A clock set back must not freeze the keys: an age below zero counts as old.
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

  /** Fetches unless one is under way or was tried a moment ago; true when a new set has arrived. */
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
  // createLocalJWKSet checks the shape of what arrived before any of it is used.
  return (await response.json()) as JSONWebKeySet;
}
