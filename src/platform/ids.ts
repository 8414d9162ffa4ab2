// Identifiers: UUIDv7, rising within a process. Which things have one is each feature's business.

import { randomInt, randomUUID } from 'node:crypto';

const largestCounter = 0xfff;

/**
 * A source of UUIDv7s (RFC 9562), each greater than the one before, whatever the clock does: lists are in the order of
 * their ids. Not crypto.randomUUIDv7, half of whose ids come out of order when several are made in one millisecond.
 * The twelve bits behind the version count within the millisecond (6.2, method 1); 62 random bits follow.
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
      // From anywhere in the lower half: room to count, and two processes do not begin alike.
      counter = randomInt(largestCounter >> 1);
    } else if (counter < largestCounter) {
      counter += 1;
    } else {
      lastMs += 1;
      counter = 0;
    }
    if (lastMs !== before) time = lastMs.toString(16).padStart(12, '0');
    const count = counter.toString(16).padStart(3, '0');
    // The last two groups of a version 4 are the variant and 62 random bits here as there.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUUID().slice(19)}`;
  };
}
