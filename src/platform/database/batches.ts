// Reads a table in key order in bounded batches, so that memory does not grow with the number of rows.

/**
 * Batches of rows, each starting after the last row of the one before. The next batch is fetched while one is
 * processed, so at most two are in memory.
 *
 * @param list at most `limit` rows after a given row, in key order
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
    yield batch as [Row, ...Row[]]; // never empty
  }
}

/** Keys after `after` and up to `through`; from the beginning when `after` is null. */
export interface KeyRange<Key> {
  readonly after: Key | null;
  readonly through: Key;
}

/**
 * Key ranges for statements that process a batch within the database. Nothing is fetched ahead: the statement
 * may change the next range, and a caller that stops early leaves no pending query in its transaction.
 *
 * @param findEnd the last key of the batch after a key; undefined at the end
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
