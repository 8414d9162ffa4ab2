// Remembers apps, their keys, and the nonces they have used.

import { sql } from 'kysely';
import type { Db, Tx } from '../database/connect.ts';
import type { App, AppKey } from '../database/tables.ts';
import type { PageRequest } from '../http/paging.ts';

export async function findApp(tx: Tx, appId: string) {
  return await tx.selectFrom('app').selectAll().where('appId', '=', appId).executeTakeFirst();
}

/** Holds the app until the transaction ends: keys are made one after another. */
export async function lockApp(tx: Tx, appId: string) {
  return await tx.selectFrom('app').selectAll().where('appId', '=', appId).forUpdate().executeTakeFirst();
}

export async function insertApp(tx: Tx, row: App): Promise<void> {
  await tx.insertInto('app').values(row).execute();
}

export async function listApps(tx: Tx, page: PageRequest) {
  let query = tx.selectFrom('app').selectAll();
  if (page.afterId !== null) query = query.where('appId', '>', page.afterId);
  return await query
    .orderBy('appId')
    .limit(page.limit + 1)
    .execute();
}

/** Keys without their secrets, in the order they were made. */
export async function listKeys(tx: Tx, appIds: readonly string[]) {
  return await tx
    .selectFrom('appKey')
    .select(['appId', 'keyNumber', 'createdAt', 'expiresAt'])
    .where('appId', '=', (eb) => eb.fn.any(eb.val(appIds)))
    .orderBy('appId')
    .orderBy('keyNumber')
    .execute();
}

export async function insertKey(tx: Tx, row: AppKey): Promise<void> {
  await tx.insertInto('appKey').values(row).execute();
}

/** Ends every key that would last longer. */
export async function setKeysExpiry(tx: Tx, appId: string, expiresAt: string): Promise<void> {
  await tx
    .updateTable('appKey')
    .set({ expiresAt })
    .where('appId', '=', appId)
    .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', expiresAt)]))
    .execute();
}

/** The sealed secret of a key. Outside of a transaction: it is asked before any operation begins. */
export async function findSecret({ kysely }: Db, appId: string, keyNumber: number) {
  const found = await kysely
    .selectFrom('appKey')
    .select('secretSealed')
    .where('appId', '=', appId)
    .where('keyNumber', '=', keyNumber)
    .executeTakeFirst();
  return found?.secretSealed;
}

/**
 * Uses a nonce up, and says what the app is called and may do: nothing when it was used before or its key has ended. Takes some that nobody could use any more away in the same statement,
 * more than it adds, so that the table stays as long as the window is busy.
 */
export async function takeNonce(
  { kysely }: Db,
  nonce: { appId: string; keyNumber: number; nonce: string; validUntil: string },
  now: string,
): Promise<{ readonly name: string; readonly scopes: readonly string[] } | undefined> {
  const { rows } = await sql<{ name: string; scopes: readonly string[] }>`
    with live as (
      select app.name, app.scopes from app_key join app using (app_id)
      where app_id = ${nonce.appId} and key_number = ${nonce.keyNumber}
        and (expires_at is null or expires_at > ${now})
    ), gone as (
      delete from app_nonce where ctid in (
        select ctid from app_nonce where valid_until < ${now} limit 10 for update skip locked)
    ), taken as (
      insert into app_nonce (app_id, nonce, valid_until)
      select ${nonce.appId}, ${nonce.nonce}, ${nonce.validUntil}::timestamptz from live
      on conflict do nothing returning app_id
    )
    select name, scopes from live, taken`.execute(kysely);
  return rows[0];
}
