// Opens encryption.ts with the database's keys, generates them on the first start, and reloads them
// regularly, so that every process knows a new key before it encrypts.

import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import { type DataKeyRow, type MasterKeys, makeMissingDataKeys } from './data-keys.ts';
import type { Suite } from './encrypted-value.ts';
import { createEncryption, type Encryption, keysReloadMs } from './encryption.ts';

/**
 * @param readMasterKeys reads the current file, so that a new master key needs no restart
 * @param suite of the first key of a new database; `npm run rotate-keys` changes it later
 * @param onClose receives once the function that stops the reloading; the caller runs it at shutdown
 */
export async function openEncryption({
  db,
  readMasterKeys,
  suite,
  clock,
  onClose,
  onError,
}: {
  db: Db;
  readMasterKeys: () => MasterKeys;
  suite: Suite;
  clock: () => Temporal.Instant;
  onClose: (stop: () => void) => void;
  onError: (error: unknown) => void;
}): Promise<Encryption> {
  await transact(db, null, async (tx) => {
    const existing = await tx.selectFrom('dataKey').select(['keyId', 'purpose']).execute();
    const missing = makeMissingDataKeys(readMasterKeys(), existing, clock(), suite);
    // Of two concurrent first starts, one inserts the keys and both read them.
    for (const { keyId, purpose, wrapped, createdAt } of missing)
      await sql`select add_first_data_key(${keyId}, ${purpose}, ${Buffer.from(wrapped)}, ${createdAt})`.execute(
        tx,
      );
  });
  const read = () => listDataKeys(db);
  const encryption = createEncryption({ masterKeys: readMasterKeys(), dataKeys: await read(), clock });
  const timer = setInterval(() => {
    read()
      .then((rows) => encryption.load(rows, readMasterKeys()))
      .catch(onError);
  }, keysReloadMs);
  onClose(() => clearInterval(timer));
  return encryption;
}

/**
 * For short programs: decrypts what the service encrypted, without reloading keys.
 *
 * @throws Error when there are no keys yet, or the master keys are not those of this database
 */
export async function readEncryption(
  db: Db,
  masterKeys: MasterKeys,
  clock: () => Temporal.Instant,
): Promise<Encryption> {
  return createEncryption({ masterKeys, dataKeys: await listDataKeys(db), clock });
}

async function listDataKeys(db: Db): Promise<DataKeyRow[]> {
  return await transact(db, null, (tx) => tx.selectFrom('dataKey').selectAll().execute(), { readOnly: true });
}
