// Walks a table in the order of a key, a bounded batch at a time, so that a year costs no more memory than a day.

/**
 * Batches of rows, each asked for by the last row of the one before. The next is on its way while one is worked on: two
 * are held, never more.
 *
 * @param list at most `limit` rows after one, in the order of the key
 */
export async function* batchesOf<Row>(
  list: (after: Row | null, limit: number) => Promise<Row[]>,
  limit: number,
): AsyncGenerator<[Row, ...Row[]]> {
  let next = list(null, limit);
  for (;;) {
    const batch = await next;
    const last = batch.at(-1);
    if (last === undefined) return;
    next = batch.length < limit ? Promise.resolve([]) : list(last, limit);
    next.catch(() => {}); // Avoids an unhandled rejection; rethrown at `await`.
    yield batch as [Row, ...Row[]]; // it has a last one
  }
}

/** Keys after one and through another; from the beginning where the first is null. */
export interface KeyRange<Key> {
  readonly after: Key | null;
  readonly through: Key;
}

/**
 * Ranges of keys, for statements that work on a batch within the database. Nothing is asked ahead: the statement may change
 * what the next range is, and whoever stops has no question left open in their transaction.
 *
 * @param findEnd the last key of the batch after a key; undefined when there is none
 */
export async function* keyRangesOf<Key>(
  findEnd: (after: Key | null) => Promise<Key | undefined>,
  start: Key | null = null,
): AsyncGenerator<KeyRange<Key>> {
  let after = start;
  for (;;) {
    const through = await findEnd(after);
    if (through === undefined) return;
    yield { after, through };
    after = through;
  }
}
