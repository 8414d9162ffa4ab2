// Registers API clients that sign their requests, and rotates their keys. A secret appears only in the answer
// that creates it.

import { randomBytes } from 'node:crypto';
import { officerOf } from '../access/actor.ts';
import { isOperationId, permissions, type SigningRole, signingRolesOf } from '../access/permissions.ts';
import type { ReadContext, WriteContext } from '../context.ts';
import type { ApiClientKey, ApiClient as ApiClientRow } from '../database/tables.ts';
import type { Place } from '../encryption/encryption.ts';
import { page, pageRequest } from '../http/paging.ts';
import { type FieldError, Problem } from '../problem.ts';
import type { ApiClientQuery, CreateApiClient, RotateApiClientKey } from './schemas.ts';
import {
  findApiClient,
  insertApiClient,
  insertKey,
  listApiClients as listAppRows,
  listKeys,
  lockApiClient,
  setKeysExpiry,
} from './store.ts';

const secretBytes = 32;

/** The scopes that some operation requires of a signing role; others would allow nothing. */
function scopesOf(role: SigningRole): readonly string[] {
  const operations = Object.keys(permissions).filter(isOperationId);
  const own = operations.filter((operation) => signingRolesOf(operation).includes(role));
  return [...new Set(own.map((operation) => permissions[operation].oauthScope))];
}

/** The place (table, column, row) of a key's encrypted secret. */
export function placeOfSecret(apiClientId: string, keyNumber: number): Place {
  return { table: 'api_client_key', column: 'secret_encrypted', row: `${apiClientId} ${keyNumber}` };
}

/**
 * Registers an API client with its first key.
 *
 * @throws Problem state-conflict
 */
export async function createApiClient(
  context: WriteContext,
  { apiClientId, name, role = 'platform', scopes }: CreateApiClient,
) {
  const known = scopesOf(role);
  const detail = `只能是以下值之一：${known.join('、')}。`;
  const fieldErrors = scopes.flatMap((scope, index): FieldError[] =>
    known.includes(scope) ? [] : [{ pointer: `/body/scopes/${index}`, code: 'unknown-value', detail }],
  );
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const createdAt = context.at.toString();
  const app = {
    apiClientId,
    name,
    role,
    scopes: [...scopes],
    createdAt,
    createdBy: officerOf(context.actor),
  };
  const isNew = await insertApiClient(context.tx, app);
  if (!isNew)
    throw new Problem('state-conflict', { detail: '该接入方标识已登记，请换一个，或为它更换密钥。' });
  const { key, secret } = await createKey(context, apiClientId, 1);
  await context.audit({
    target: ['api-client', apiClientId],
    change: { role, scopes: [...scopes], keyNumber: 1 },
  });
  return { ...describe(app, [key]), keyNumber: 1, secret };
}

/**
 * Creates a new key; existing keys expire after the overlap.
 *
 * @throws Problem not-found
 */
export async function rotateApiClientKey(
  context: WriteContext,
  apiClientId: string,
  { overlapHours }: RotateApiClientKey,
) {
  const app = await lockApiClient(context.tx, apiClientId);
  if (app === undefined) throw new Problem('not-found');
  await setKeysExpiry(context.tx, apiClientId, context.at.add({ hours: overlapHours }).toString());
  const keys = await listKeys(context.tx, [apiClientId]);
  const keyNumber = (keys.at(-1)?.keyNumber ?? 0) + 1;
  const { key, secret } = await createKey(context, apiClientId, keyNumber);
  await context.audit({ target: ['api-client', apiClientId], change: { keyNumber, overlapHours } });
  return { ...describe(app, [...keys, key]), keyNumber, secret };
}

/** Lists API clients with their keys, by id, without secrets. */
export async function listApiClients(context: ReadContext, query: ApiClientQuery) {
  const request = pageRequest(query, /^[a-z][a-z0-9-]{2,39}$/);
  const rows = await listAppRows(context.tx, request);
  const { items, next } = page(rows, request, ({ apiClientId }) => apiClientId);
  const keys = await listKeys(
    context.tx,
    items.map(({ apiClientId }) => apiClientId),
  );
  const keysOf = Map.groupBy(keys, ({ apiClientId }) => apiClientId);
  return { items: items.map((app) => describe(app, keysOf.get(app.apiClientId) ?? [])), next };
}

/**
 * One API client with its keys, as the list shows it, without secrets.
 *
 * @throws Problem not-found
 */
export async function getApiClient(context: ReadContext, apiClientId: string) {
  const app = await findApiClient(context.tx, apiClientId);
  if (app === undefined) throw new Problem('not-found');
  return describe(app, await listKeys(context.tx, [apiClientId]));
}

async function createKey(context: WriteContext, apiClientId: string, keyNumber: number) {
  const secret = randomBytes(secretBytes).toString('base64url');
  const key = {
    apiClientId,
    keyNumber,
    secretEncrypted: context.encryption.encrypt(secret, placeOfSecret(apiClientId, keyNumber)),
    createdAt: context.at.toString(),
    createdBy: officerOf(context.actor),
    expiresAt: null,
  };
  await insertKey(context.tx, key);
  return { key, secret };
}

function describe(
  { apiClientId, name, role, scopes }: Pick<ApiClientRow, 'apiClientId' | 'name' | 'role' | 'scopes'>,
  keys: readonly Pick<ApiClientKey, 'keyNumber' | 'createdAt' | 'expiresAt'>[],
) {
  return {
    apiClientId,
    name,
    role,
    scopes,
    keys: keys.map(({ keyNumber, createdAt, expiresAt }) => ({ number: keyNumber, createdAt, expiresAt })),
  };
}
