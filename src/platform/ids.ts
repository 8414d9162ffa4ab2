// Generates UUIDv7 identifiers, increasing within a process.

import { randomInt, randomUUID } from 'node:crypto';

const largestCounter = 0xfff;

/**
 * A generator of UUIDv7s (RFC 9562), each greater than the one before even if the clock is set back, since
 * lists are ordered by id. Not crypto.randomUUIDv7: within one millisecond, half of its ids are out of order.
 * The twelve bits after the version are a counter within the millisecond (6.2, method 1); 62 random bits
 * follow.
 *
 * @param now milliseconds since the epoch
 */
export function createIds(now: () => number): () => string {
  let lastMs = 0;
  let counter = 0;
  let time = '';
  return () => {
    const nowMs = now();
    const before = lastMs;
    if (nowMs > lastMs) {
      lastMs = nowMs;
      // A random start in the lower half leaves room to count, and keeps processes apart.
      counter = randomInt(largestCounter >> 1);
    } else if (counter < largestCounter) {
      counter += 1;
    } else {
      lastMs += 1;
      counter = 0;
    }
    if (lastMs !== before) time = lastMs.toString(16).padStart(12, '0');
    const count = counter.toString(16).padStart(3, '0');
    // The last two groups of a version 4 UUID: the variant and 62 random bits.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUUID().slice(19)}`;
  };
}
