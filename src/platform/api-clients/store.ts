// Stores API clients, their keys and used nonces.

import { sql } from 'kysely';
import type { Db, Tx } from '../database/connect.ts';
import { atMost } from '../database/row-limit.ts';
import type { ApiClient, ApiClientKey } from '../database/tables.ts';
import type { PageRequest } from '../http/paging.ts';

export async function findApiClient(tx: Tx, apiClientId: string) {
  return await tx
    .selectFrom('apiClient')
    .selectAll()
    .where('apiClientId', '=', apiClientId)
    .executeTakeFirst();
}

/** Locks the API client until the transaction ends, so that keys are numbered one after another. */
export async function lockApiClient(tx: Tx, apiClientId: string) {
  return await tx
    .selectFrom('apiClient')
    .selectAll()
    .where('apiClientId', '=', apiClientId)
    .forUpdate()
    .executeTakeFirst();
}

/** Inserts an API client; false when its id is taken. */
export async function insertApiClient(tx: Tx, row: ApiClient): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('apiClient')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function listApiClients(tx: Tx, page: PageRequest) {
  let query = tx.selectFrom('apiClient').selectAll();
  if (page.afterId !== null) query = query.where('apiClientId', '>', page.afterId);
  return await query
    .orderBy('apiClientId')
    .limit(atMost(page.limit + 1))
    .execute();
}

/** Keys without their secrets, in order of creation. */
export async function listKeys(tx: Tx, appIds: readonly string[]) {
  return await tx
    .selectFrom('apiClientKey')
    .select(['apiClientId', 'keyNumber', 'createdAt', 'expiresAt'])
    .where('apiClientId', '=', (eb) => eb.fn.any(eb.val(appIds)))
    .orderBy('apiClientId')
    .orderBy('keyNumber')
    .execute();
}

export async function insertKey(tx: Tx, row: ApiClientKey): Promise<void> {
  await tx.insertInto('apiClientKey').values(row).execute();
}

/** Shortens the validity of every key that would expire later. */
export async function setKeysExpiry(tx: Tx, apiClientId: string, expiresAt: string): Promise<void> {
  await tx
    .updateTable('apiClientKey')
    .set({ expiresAt })
    .where('apiClientId', '=', apiClientId)
    .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', expiresAt)]))
    .execute();
}

/**
 * The encrypted secret of a key. Outside any transaction: the request is verified before its operation
 * begins.
 */
export async function findSecret({ kysely }: Db, apiClientId: string, keyNumber: number) {
  const found = await kysely
    .selectFrom('apiClientKey')
    .select('secretEncrypted')
    .where('apiClientId', '=', apiClientId)
    .where('keyNumber', '=', keyNumber)
    .executeTakeFirst();
  return found?.secretEncrypted;
}

/**
 * Marks a nonce as used and returns the client's name, role and scopes; undefined when the nonce was used before or
 * the key has expired. Deletes up to ten expired nonces in the same statement, more than it adds, so that the
 * table stays small.
 */
export async function takeNonce(
  { kysely }: Db,
  nonce: { apiClientId: string; keyNumber: number; nonce: string; validUntil: string },
  now: string,
): Promise<Pick<ApiClient, 'name' | 'role' | 'scopes'> | undefined> {
  const { rows } = await sql<Pick<ApiClient, 'name' | 'role' | 'scopes'>>`
    with live as (
      select api_client.name, api_client.role, api_client.scopes from api_client_key join api_client using (api_client_id)
      where api_client_id = ${nonce.apiClientId} and key_number = ${nonce.keyNumber}
        and (expires_at is null or expires_at > ${now})
    ), gone as (
      delete from api_client_nonce where ctid in (
        select ctid from api_client_nonce where valid_until < ${now} limit 10 for update skip locked)
    ), taken as (
      insert into api_client_nonce (api_client_id, nonce, valid_until)
      select ${nonce.apiClientId}, ${nonce.nonce}, ${nonce.validUntil}::timestamptz from live
      on conflict do nothing returning api_client_id
    )
    select name, role, scopes from live, taken`.execute(kysely);
  return rows[0];
}
