// Lanes: how many tasks of one kind run at once per key, and how many wait. A key's excess tasks wait behind
// its own tasks only. Knows no requests.

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

export interface Lanes {
  /**
   * Waits for a place in this key's lane; null when too many wait already. The returned function releases the
   * place; calling it again does nothing.
   */
  enter(key: string): Promise<() => void> | null;
}

export function createLanes({ atOnce, waiting }: { atOnce: number; waiting: number }): Lanes {
  // Only lanes in use: no more than places taken.
  const lanes = new Map<string, Lane>();

  function leaving(key: string, lane: Lane): () => void {
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      const next = lane.waiting.shift();
      if (next !== undefined) return next(); // passes the place to the next
      lane.running -= 1;
      if (lane.running === 0) lanes.delete(key);
    };
  }

  return {
    enter(key) {
      const lane = lanes.get(key) ?? { running: 0, waiting: [] };
      lanes.set(key, lane);
      if (lane.running < atOnce) {
        lane.running += 1;
        return Promise.resolve(leaving(key, lane));
      }
      if (lane.waiting.length >= waiting) return null;
      return new Promise((resolve) => lane.waiting.push(() => resolve(leaving(key, lane))));
    },
  };
}
