// Registers apps that sign their requests and changes their keys. A secret leaves once, in the answer that created it.

import { randomBytes } from 'node:crypto';
import { officerOf } from '../access/actor.ts';
import { permissions } from '../access/permissions.ts';
import type { ReadContext, WriteContext } from '../context.ts';
import type { AppKey, App as AppRow } from '../database/tables.ts';
import type { Place } from '../encryption/sealer.ts';
import { page, pageRequest } from '../http/paging.ts';
import { Problem } from '../problem.ts';
import type { AppQuery, CreateApp, RotateAppKey } from './schemas.ts';
import { insertApp, insertKey, listApps as listAppRows, listKeys, lockApp, setKeysExpiry } from './store.ts';

const secretBytes = 32;

/** What a platform may do at all: an app is one. */
const ofPlatforms = Object.values(permissions).filter((permission) => 'platform' in permission.roles);
const scopesOfPlatforms: readonly string[] = [...new Set(ofPlatforms.map(({ oauthScope }) => oauthScope))];
const knownScopes = `只能是以下值之一：${scopesOfPlatforms.join('、')}。`;

/** Where the encrypted secret of a key stands. */
export function placeOfSecret(appId: string, keyNumber: number): Place {
  return { table: 'app_key', column: 'secret_sealed', row: `${appId} ${keyNumber}` };
}

/**
 * Registers an app with its first key.
 *
 * @throws Problem state-conflict
 */
export async function createApp(context: WriteContext, { appId, name, scopes }: CreateApp) {
  const fieldErrors = scopes.flatMap((scope, index) =>
    scopesOfPlatforms.includes(scope)
      ? []
      : [{ pointer: `/body/scopes/${index}`, code: 'unknown-value', detail: knownScopes }],
  );
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const createdAt = context.at.toString();
  const app = { appId, name, scopes: [...scopes], createdAt, createdBy: officerOf(context.actor) };
  const isNew = await insertApp(context.tx, app);
  if (!isNew) throw new Problem('state-conflict', { detail: '该应用标识已登记，请换一个，或为它更换密钥。' });
  const { key, secret } = await createKey(context, appId, 1);
  await context.audit({ target: ['app', appId], change: { scopes: [...scopes], keyNumber: 1 } });
  return { ...describe(app, [key]), keyNumber: 1, secret };
}

/**
 * Creates a new key; the others end after the overlap.
 *
 * @throws Problem not-found
 */
export async function rotateAppKey(context: WriteContext, appId: string, { overlapHours }: RotateAppKey) {
  const app = await lockApp(context.tx, appId);
  if (app === undefined) throw new Problem('not-found');
  await setKeysExpiry(context.tx, appId, context.at.add({ hours: overlapHours }).toString());
  const keys = await listKeys(context.tx, [appId]);
  const keyNumber = (keys.at(-1)?.keyNumber ?? 0) + 1;
  const { key, secret } = await createKey(context, appId, keyNumber);
  await context.audit({ target: ['app', appId], change: { keyNumber, overlapHours } });
  return { ...describe(app, [...keys, key]), keyNumber, secret };
}

/** Lists apps with their keys, by id, without any secret. */
export async function listApps(context: ReadContext, query: AppQuery) {
  const request = pageRequest(query, /^[a-z][a-z0-9-]{2,39}$/);
  const rows = await listAppRows(context.tx, request);
  const { items, next } = page(rows, request, ({ appId }) => appId);
  const keys = await listKeys(
    context.tx,
    items.map(({ appId }) => appId),
  );
  const keysOf = Map.groupBy(keys, ({ appId }) => appId);
  return { items: items.map((app) => describe(app, keysOf.get(app.appId) ?? [])), next };
}

async function createKey(context: WriteContext, appId: string, keyNumber: number) {
  const secret = randomBytes(secretBytes).toString('base64url');
  const key = {
    appId,
    keyNumber,
    secretSealed: context.sealer.seal(secret, placeOfSecret(appId, keyNumber)),
    createdAt: context.at.toString(),
    createdBy: officerOf(context.actor),
    expiresAt: null,
  };
  await insertKey(context.tx, key);
  return { key, secret };
}

function describe(
  { appId, name, scopes }: Pick<AppRow, 'appId' | 'name' | 'scopes'>,
  keys: readonly Pick<AppKey, 'keyNumber' | 'createdAt' | 'expiresAt'>[],
) {
  return {
    appId,
    name,
    scopes,
    keys: keys.map(({ keyNumber, createdAt, expiresAt }) => ({ number: keyNumber, createdAt, expiresAt })),
  };
}
