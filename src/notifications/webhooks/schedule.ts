// When a delivery is attempted again, and when it is given up. Pure.

/**
 * Seconds from each failed attempt to the next: those of Standard Webhooks. Ten attempts in three days; after the last
 * one the delivery is a dead letter.
 */
const pausesSeconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;

export const mostAttempts = pausesSeconds.length + 1;

/** Of a pause, so that deliveries that failed together are not attempted together. */
const largestJitter = 0.1;

/** A webhook to which nothing was delivered for so long is disabled with its next dead letter. */
export const failingTooLong = { hours: 72 } as const;

/**
 * When the next attempt follows the failed one; null after the last.
 *
 * @param attempts so far, from 1
 * @param random in [0, 1)
 */
export function nextAttemptAfter(
  attempts: number,
  at: Temporal.Instant,
  random: number,
): Temporal.Instant | null {
  const pause = pausesSeconds[attempts - 1];
  if (pause === undefined) return null;
  return at.add({ milliseconds: Math.round(pause * 1_000 * (1 + largestJitter * random)) });
}
