// Remembers verified tokens, bounded in number and time. Holds digests, never a token: a heap dump gives no way in.

import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Actor } from '../actor.ts';

/** What a verified token says: its holder, and the certificate without which it is worth nothing, if there is one. */
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
  /** @param expiresAt the token's own end, milliseconds since the epoch */
  remember(token: string, verified: Verified, expiresAt: number): void;
  readonly size: number;
}

/**
 * Least recently used goes first when full.
 *
 * @param maxAgeMs a token is verified anew after this time even if it lives longer, so that a key its issuer has
 *   withdrawn does not go on working for as long as the longest token
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
      // A clock set back to before the verification proves nothing about the token: verify it again.
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

/** Tokens that were good once, by their digest: until they end, also beyond the time for which what they say is remembered. */
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
