// Rotates keys while the service runs: adds a new data key, re-encrypts older values under it batch by batch,
// and rewraps data keys under a new master key. Progress is in the values, each of which names its key, so an
// interrupted rotation resumes when run again.

import { insertEntryOfCommand } from '../database/audit-entries.ts';
import { batchesOf } from '../database/batches.ts';
import type { Db, Tx } from '../database/connect.ts';
import { scopeOfService } from '../database/row-scope.ts';
import { transact } from '../database/transaction.ts';
import { OperatorError } from '../operator-error.ts';
import {
  type DataKeyRow,
  type MasterKeys,
  makeEncryptionKey,
  noDataKeys,
  rewrapDataKey,
  suiteOf,
  unwrapDataKey,
} from './data-keys.ts';
import {
  countByKey,
  type EncryptedColumn,
  listEncryptedColumns,
  listStale,
  lockStale,
  placeOfRow,
  type RowKey,
  setEncrypted,
} from './encrypted-columns.ts';
import { type CipherKey, cipherKeyOf, DecryptionError, type Suite } from './encrypted-value.ts';
import { reencrypt, retireAfterMs } from './encryption.ts';

/** Small enough that a transaction waiting for one of the rows waits for milliseconds. */
const rowsAtOnce = 200;
/** A material has up to five MiB; four fit in a batch. */
const bytesAtOnce = 20 * 1024 * 1024;
/** Locked rows are left for the next pass. */
const mostPasses = 20;

export interface Standing {
  readonly column: EncryptedColumn;
  readonly byKey: ReadonlyMap<number, number>;
}

/** Number of values in each column by key. */
export async function standings(db: Db): Promise<Standing[]> {
  return await transact(
    db,
    scopeOfService,
    async (tx) => {
      const all: Standing[] = [];
      for (const column of await listEncryptedColumns(tx))
        all.push({ column, byKey: await countByKey(tx, column) });
      return all;
    },
    { readOnly: true },
  );
}

export function staleIn(all: readonly Standing[], keyId: number): number {
  const counts = all.flatMap(({ byKey }) => [...byKey].filter(([id]) => id !== keyId));
  return counts.reduce((sum, [, values]) => sum + values, 0);
}

/** The newest key that encrypts. @throws Error when there is none: the service has never been started */
export async function newestKey(db: Db): Promise<DataKeyRow> {
  const rows = await db.kysely.selectFrom('dataKey').selectAll().orderBy('keyId').execute();
  const newest = rows.findLast(({ purpose }) => suiteOf(purpose) !== null);
  if (newest === undefined) throw new OperatorError(noDataKeys);
  return newest;
}

/** Adds the key to rotate to. It encrypts only after `keyRestMs` (encryption.ts). */
export async function addEncryptionKey(
  db: Db,
  masterKeys: MasterKeys,
  suite: Suite,
  at: Temporal.Instant,
): Promise<DataKeyRow> {
  return await transact(db, scopeOfService, async (tx) => {
    const last = await tx.selectFrom('dataKey').select('keyId').orderBy('keyId', 'desc').executeTakeFirst();
    const row = makeEncryptionKey(masterKeys, (last?.keyId ?? 0) + 1, at, suite);
    await tx
      .insertInto('dataKey')
      .values({ ...row, wrapped: Buffer.from(row.wrapped) })
      .execute();
    leaveTrace(tx, at, String(row.keyId), { state: 'made', purpose: row.purpose });
    return row;
  });
}

/** Rewraps every data key under the first master key. Returns how many were wrapped by another. */
export async function rewrapAll(
  db: Db,
  masterKeys: MasterKeys,
  suite: Suite,
  at: Temporal.Instant,
): Promise<number> {
  return await transact(db, scopeOfService, async (tx) => {
    const rows = await tx.selectFrom('dataKey').selectAll().orderBy('keyId').forUpdate().execute();
    let rewrapped = 0;
    for (const row of rows) {
      const wrapped = rewrapDataKey(masterKeys, row, suite);
      if (wrapped === null) continue;
      // Before committing, check that the key unwraps again.
      unwrapDataKey([masterKeys[0]], { ...row, wrapped });
      await tx.updateTable('dataKey').set({ wrapped }).where('keyId', '=', row.keyId).execute();
      rewrapped += 1;
    }
    if (rewrapped > 0) leaveTrace(tx, at, 'master', { state: 'rewrapped', dataKeys: rewrapped });
    return rewrapped;
  });
}

export interface Reencryption {
  readonly reencrypted: number;
  /** Values that do not decrypt, as `table.column.row`; they stay unchanged. */
  readonly broken: readonly string[];
}

/**
 * Re-encrypts every value that is under another key.
 *
 * @param onProgress called after every batch with the number of values re-encrypted so far
 */
export async function reencryptAll(
  db: Db,
  masterKeys: MasterKeys,
  keyId: number,
  clock: () => Temporal.Instant,
  onProgress: (reencrypted: number) => void,
): Promise<Reencryption> {
  const rows = await db.kysely.selectFrom('dataKey').selectAll().execute();
  const keys = new Map<number, CipherKey>();
  for (const row of rows) {
    const suite = suiteOf(row.purpose);
    if (suite !== null) keys.set(row.keyId, cipherKeyOf(unwrapDataKey(masterKeys, row).key, suite));
  }
  const columns = await transact(db, scopeOfService, listEncryptedColumns, { readOnly: true });
  const broken = new Set<string>();
  let reencrypted = 0;
  for (let pass = 1; ; pass += 1) {
    let left = 0;
    for (const column of columns) {
      for await (const batch of staleKeys(db, column, keyId)) {
        const done = await transact(db, scopeOfService, (tx) =>
          reencryptBatch(tx, column, keys, keyId, batch),
        );
        for (const name of done.broken) broken.add(name);
        reencrypted += done.reencrypted;
        left += batch.length - done.reencrypted - done.broken.length;
        onProgress(reencrypted);
      }
    }
    if (left === 0) break;
    if (pass === mostPasses)
      throw new OperatorError(
        `有 ${left} 个值一直被其他事务占用，请再次运行 · ${left} values were held by others each time; run it again`,
      );
  }
  await transact(db, scopeOfService, async (tx) =>
    leaveTrace(tx, clock(), String(keyId), {
      state: 'reencrypted',
      values: reencrypted,
      broken: broken.size,
    }),
  );
  return { reencrypted, broken: [...broken] };
}

function leaveTrace(tx: Tx, at: Temporal.Instant, target: string, change: object): void {
  insertEntryOfCommand(tx, {
    at,
    operation: 'rotateKeys',
    command: 'rotate-keys',
    target: ['data-key', target],
    change,
  });
}

/** Keys of stale rows, in batches whose values fit in memory together. */
async function* staleKeys(db: Db, column: EncryptedColumn, keyId: number): AsyncGenerator<RowKey[]> {
  const list = (last: { key: RowKey } | null, limit: number) =>
    transact(db, scopeOfService, (tx) => listStale(tx, column, { keyId, after: last?.key ?? null, limit }), {
      readOnly: true,
    });
  for await (const found of batchesOf(list, rowsAtOnce)) {
    let batch: RowKey[] = [];
    let bytes = 0;
    for (const row of found) {
      if (batch.length > 0 && bytes + row.bytes > bytesAtOnce) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(row.key);
      bytes += row.bytes;
    }
    yield batch;
  }
}

async function reencryptBatch(
  tx: Tx,
  column: EncryptedColumn,
  keys: ReadonlyMap<number, CipherKey>,
  keyId: number,
  batch: readonly RowKey[],
): Promise<{ reencrypted: number; broken: string[] }> {
  const broken: string[] = [];
  const moved: { key: RowKey; encrypted: Buffer }[] = [];
  for (const { key, encrypted } of await lockStale(tx, column, keyId, batch)) {
    const where = placeOfRow(column, key);
    try {
      moved.push({ key, encrypted: reencrypt(encrypted, where, keys, keyId) });
    } catch (error) {
      if (!(error instanceof DecryptionError)) throw error;
      broken.push(`${where.table}.${where.column}.${where.row}: ${error.reason}`);
    }
  }
  await setEncrypted(tx, column, moved);
  return { reencrypted: moved.length, broken };
}

/**
 * Deletes unused keys. No process encrypts with them: the newest has been encrypting for longer than any
 * process keeps using previously loaded keys.
 *
 * @returns the ids of deleted keys; null when it is too early
 */
export async function retireKeys(db: Db, at: Temporal.Instant): Promise<readonly number[] | null> {
  const newest = await newestKey(db);
  const age = at.epochMilliseconds - Temporal.Instant.from(newest.createdAt).epochMilliseconds;
  if (age < retireAfterMs) return null;
  const used = new Set((await standings(db)).flatMap(({ byKey }) => [...byKey.keys()]));
  const rows = await db.kysely.selectFrom('dataKey').select(['keyId', 'purpose']).execute();
  const gone = rows
    .filter(({ purpose, keyId }) => suiteOf(purpose) !== null && keyId < newest.keyId && !used.has(keyId))
    .map(({ keyId }) => keyId);
  if (gone.length === 0) return gone;
  await transact(db, scopeOfService, async (tx) => {
    await tx.deleteFrom('dataKey').where('keyId', 'in', gone).execute();
    leaveTrace(tx, at, gone.join(' '), { state: 'retired' });
  });
  return gone;
}
