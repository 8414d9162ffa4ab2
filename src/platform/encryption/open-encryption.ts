// Opens encryption.ts on the keys of the database, makes the keys on the first start, and reads them again while the service
// runs, so that a new key is known to every process before it encrypts.

import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import { type DataKeyRow, type MasterKeys, makeMissingDataKeys } from './data-keys.ts';
import type { Suite } from './encrypted-value.ts';
import { createEncryption, type Encryption, keysReloadMs } from './encryption.ts';

/**
 * @param readMasterKeys reads the file anew, so that a new master key is known without a start
 * @param suite of the first key of a new database; `npm run rotate-keys` changes to another
 * @param onClose called once with what stops the reading; the caller runs it when it ends
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
    // Of two first starts at once the database lets one make the keys, and both then read what it wrote.
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
 * For a program that reads and ends: opens what the service encrypted, with the keys as they stand.
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
  return await db.kysely.selectFrom('dataKey').selectAll().execute();
}
