// Opens the sealer on the keys of the database, makes the keys on the first start, and reads them again while the service
// runs, so that a new key is known to every process before it seals.

import type { KeyObject } from 'node:crypto';
import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import { makeMissingDataKeys } from './data-keys.ts';
import { createSealer, keysReloadMs, type Sealer } from './sealer.ts';

/** @param onClose called once with what stops the reading; the caller runs it when it ends */
export async function openSealer({
  db,
  masterKey,
  clock,
  onClose,
  onError,
}: {
  db: Db;
  masterKey: KeyObject;
  clock: () => Temporal.Instant;
  onClose: (stop: () => void) => void;
  onError: (error: unknown) => void;
}): Promise<Sealer> {
  await transact(db, null, async (tx) => {
    const existing = await tx.selectFrom('dataKey').select(['keyId', 'purpose']).execute();
    const missing = makeMissingDataKeys(masterKey, existing, clock());
    if (missing.length === 0) return;
    // Two first starts at once: the primary key lets one of them be first, and both then read what it wrote.
    const rows = missing.map((row) => ({ ...row, wrapped: Buffer.from(row.wrapped) }));
    await tx
      .insertInto('dataKey')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
  const read = () => db.kysely.selectFrom('dataKey').selectAll().execute();
  const sealer = createSealer({ masterKey, dataKeys: await read(), clock });
  const timer = setInterval(() => {
    read().then((rows) => sealer.load(rows), onError);
  }, keysReloadMs);
  onClose(() => clearInterval(timer));
  return sealer;
}
