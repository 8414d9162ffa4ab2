// How long the event loop of this process works without a turn. Holds no test.

/**
 * Watches from now on. Counts the processor time of the loop's thread, so that time in which other programs had the
 * processors is not this one's.
 *
 * @returns ends watching; the longest work between two turns in milliseconds
 */
export function watchEventLoop(): () => number {
  let longestMs = 0;
  let before = workedMs();
  const turn = () => {
    const now = workedMs();
    longestMs = Math.max(longestMs, now - before);
    before = now;
  };
  const timer = setInterval(turn, 5);
  return () => {
    turn();
    clearInterval(timer);
    return longestMs;
  };
}

/** Processor time of this thread so far. */
export function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
