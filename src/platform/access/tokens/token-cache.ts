// Caches verified tokens, bounded in number and time. Keeps digests, so that a heap dump reveals no token.

import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Actor } from '../actor.ts';

/** The holder of a verified token and the certificate to which it is bound, if any. */
export interface Verified {
  readonly actor: Actor;
  /** SHA-256 thumbprint, base64url. */
  readonly boundTo: string | null;
}

interface Entry {
  readonly verified: Verified;
  readonly rememberedAt: number;
  readonly forgetAt: number;
}

export interface TokenCache {
  find(token: string): Verified | null;
  /** @param expiresAt the token's expiry, milliseconds since the epoch */
  remember(token: string, verified: Verified, expiresAt: number): void;
  readonly size: number;
}

/**
 * Evicts the least recently used entry when full.
 *
 * @param maxAgeMs the token is verified again after this time even if it lives longer, so that a withdrawn
 *   key stops working sooner
 */
export function createTokenCache(
  maxEntries: number,
  maxAgeMs: number,
  clock: () => Temporal.Instant,
): TokenCache {
  const entries = new LRUCache<string, Entry>({ max: maxEntries });
  return {
    find(token) {
      const digest = digestOf(token);
      const entry = entries.get(digest);
      if (entry === undefined) return null;
      const now = clock().epochMilliseconds;
      // If the clock was set back to before the verification, verify again.
      if (now >= entry.rememberedAt && now < entry.forgetAt) return entry.verified;
      entries.delete(digest);
      return null;
    },
    remember(token, verified, expiresAt) {
      const now = clock().epochMilliseconds;
      const forgetAt = Math.min(expiresAt, now + maxAgeMs);
      entries.set(digestOf(token), { verified, rememberedAt: now, forgetAt });
    },
    get size() {
      return entries.size;
    },
  };
}

/** Digests of tokens that have verified once, kept until they expire, beyond the cache's age limit. */
export function createProvenTokens(maxEntries: number) {
  const proven = new LRUCache<string, true>({ max: maxEntries });
  return {
    has: (token: string): boolean => proven.has(digestOf(token)),
    add(token: string, lifeMs: number): void {
      proven.set(digestOf(token), true, { ttl: Math.max(1, lifeMs) });
    },
  };
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
