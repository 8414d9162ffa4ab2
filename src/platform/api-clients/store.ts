// Remembers apps, their keys, and the nonces they have used.

import { sql } from 'kysely';
import type { Db, Tx } from '../database/connect.ts';
import { atMost } from '../database/row-limit.ts';
import type { App, AppKey } from '../database/tables.ts';
import type { PageRequest } from '../http/paging.ts';

/** Holds the app until the transaction ends: keys are created one after another. */
export async function lockApp(tx: Tx, appId: string) {
  return await tx.selectFrom('app').selectAll().where('appId', '=', appId).forUpdate().executeTakeFirst();
}

/** Adds an app; false when its id is taken, and then nothing changes. */
export async function insertApp(tx: Tx, row: App): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('app')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function listApps(tx: Tx, page: PageRequest) {
  let query = tx.selectFrom('app').selectAll();
  if (page.afterId !== null) query = query.where('appId', '>', page.afterId);
  return await query
    .orderBy('appId')
    .limit(atMost(page.limit + 1))
    .execute();
}

/** Keys without their secrets, in the order they were created. */
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

/** The encrypted secret of a key. Outside of a transaction: it is asked before any operation begins. */
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
 * Uses a nonce up and answers the app's name and scopes; undefined when the nonce was used before or the key has ended. The
 * same statement deletes up to ten nonces that have run out, more than it adds, so that the table does not grow.
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
