// Keeps the reference data in memory. The database notifies each process of a change and is asked for the version twice
// a second. When neither has succeeded for a second, each transaction asks for itself (docs/decisions/0036).

import type pg from 'pg';
import { countLookup } from '../cache-lookups.ts';
import type { Db, Tx } from '../database/connect.ts';
import { isRepeated, transact } from '../database/transaction.ts';
import { type Reference, referenceOf } from './reference.ts';
import { readReferenceRows, readReferenceVersion } from './store.ts';

const checkEveryMs = 500;
/** The oldest that an answer's reference data may be. */
const goodForMs = 1_000;
/** One to listen, one to read the data again. */
const poolSize = 2;

/**
 * Reads the reference data and keeps them current.
 *
 * @param onClose receives once the function that stops this; the caller runs it at shutdown
 * @param onError called once for each loss of the connection that listens
 * @returns the reference data for a transaction, which are at most a second older than the call
 */
export async function openReference({
  db,
  onClose,
  onError,
}: {
  db: Db;
  onClose: (stop: () => void) => void;
  onError: (error: unknown) => void;
}): Promise<(tx: Tx) => Promise<Reference>> {
  const readIn = async (tx: Tx) => referenceOf(await readReferenceRows(tx));
  const read = (from: Db) => transact(from, null, readIn, { readOnly: true });
  let known = await read(db);
  let checkedAt = Number.NEGATIVE_INFINITY;
  let listener: pg.PoolClient | null = null;
  let isLost = false;
  let isStopped = false;
  const own = db.direct({ poolSize, onIdleError: () => {} });

  async function listen(): Promise<pg.PoolClient> {
    const client = await own.pool.connect();
    client.on('notification', check);
    client.once('end', () => {
      lose(client);
      check();
    });
    listener = client;
    await client.query('listen reference');
    return client;
  }

  function lose(client: pg.PoolClient): void {
    if (listener !== client) return;
    listener = null;
    checkedAt = Number.NEGATIVE_INFINITY;
    client.release(true);
  }

  async function checkNow(): Promise<void> {
    if (isStopped) return;
    try {
      const client = listener ?? (await listen());
      const askedAt = performance.now();
      const { rows } = await client.query<{ version: number }>('select version from reference_version');
      if (rows[0]?.version !== known.version) known = await read(own);
      if (listener === client) checkedAt = askedAt;
      isLost = false;
    } catch (error) {
      if (listener !== null) lose(listener);
      if (!isLost && !isStopped) onError(error);
      isLost = true;
    }
  }

  let checks = Promise.resolve();
  let waiting = 0;
  function check(): void {
    waiting += 1;
    checks = checks.then(checkNow).finally(() => {
      waiting -= 1;
    });
  }

  check();
  const timer = setInterval(() => {
    if (waiting === 0) check();
  }, checkEveryMs);
  onClose(() => {
    isStopped = true;
    clearInterval(timer);
    if (listener !== null) lose(listener);
    own.close().catch(onError);
  });

  return async (tx) => {
    const isFresh = !isRepeated(tx) && performance.now() - checkedAt < goodForMs;
    countLookup('reference', isFresh);
    if (isFresh) return known;
    const kept = known;
    return (await readReferenceVersion(tx)) === kept.version ? kept : await readIn(tx);
  };
}
