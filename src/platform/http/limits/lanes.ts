// Lanes: how much work of one kind runs at once for one key, and how much waits. More than a key's share waits behind the
// key's own work only. Knows no request.

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

export interface Lanes {
  /**
   * A place in the lane of this key, when one is free; null when too many wait for one already. What is called once the
   * work is done gives the place to the next; calling it again does nothing.
   */
  enter(key: string): Promise<() => void> | null;
}

export function createLanes({ atOnce, waiting }: { atOnce: number; waiting: number }): Lanes {
  // Only lanes in which something is: as many as there are places taken.
  const lanes = new Map<string, Lane>();

  function leaving(key: string, lane: Lane): () => void {
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      const next = lane.waiting.shift();
      if (next !== undefined) return next(); // who leaves hands the place on
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
