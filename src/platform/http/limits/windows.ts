// What @fastify/rate-limit counts for each key, by a clock that only goes forward: with its own store, a machine whose clock
// was set back by an hour refused a client for that hour.

import type { FastifyRateLimitStore } from '@fastify/rate-limit';
import { LRUCache } from 'lru-cache';

/** Most keys kept; the least recently seen is evicted first. */
const rememberedKeys = 20_000;

export class Windows implements FastifyRateLimitStore {
  readonly #counts = new LRUCache<string, { current: number }>({ max: rememberedKeys });

  incr(
    key: string,
    answer: (error: Error | null, result: { current: number; ttl: number }) => void,
    windowMs: number,
  ): void {
    const count = this.#counts.get(key) ?? { current: 0 };
    count.current += 1;
    if (count.current === 1) this.#counts.set(key, count, { ttl: windowMs });
    answer(null, { current: count.current, ttl: Math.max(1, this.#counts.getRemainingTTL(key)) });
  }

  child(): Windows {
    return new Windows();
  }
}
