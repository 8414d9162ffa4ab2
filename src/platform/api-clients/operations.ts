// Registers apps that sign their requests and changes their keys. A secret leaves once, in the answer that made it.

import { randomBytes } from 'node:crypto';
import { officerOf } from '../access/actor.ts';
import { permissions } from '../access/permissions.ts';
import type { ReadContext, WriteContext } from '../context.ts';
import type { Place } from '../encryption/sealer.ts';
import { page, pageRequest } from '../http/paging.ts';
import { Problem } from '../problem.ts';
import type { AppQuery, CreateApp, RotateAppKey } from './schemas.ts';
import {
  findApp,
  insertApp,
  insertKey,
  listApps as listAppRows,
  listKeys,
  lockApp,
  setKeysExpiry,
} from './store.ts';

const secretBytes = 32;

/** What a platform may do at all: an app is one. */
const ofPlatforms = Object.values(permissions).filter((permission) => 'platform' in permission.roles);
const scopesOfPlatforms: readonly string[] = [...new Set(ofPlatforms.map(({ oauthScope }) => oauthScope))];
const knownScopes = `只能是以下值之一：${scopesOfPlatforms.join('、')}。`;

function isOfPlatforms(scope: string): boolean {
  return scopesOfPlatforms.includes(scope);
}

export function placeOfSecret(appId: string, keyNumber: number): Place {
  return { table: 'app_key', column: 'secret_sealed', row: `${appId} ${keyNumber}` };
}

/** Registers an app with its first key. @throws Problem `state-conflict` when the id is taken */
export async function createApp(context: WriteContext, { appId, name, scopes }: CreateApp) {
  const fieldErrors = scopes.flatMap((scope, index) =>
    isOfPlatforms(scope)
      ? []
      : [{ pointer: `/body/scopes/${index}`, code: 'unknown-value', detail: knownScopes }],
  );
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  if ((await findApp(context.tx, appId)) !== undefined) {
    throw new Problem('state-conflict', { detail: '该应用标识已登记，请换一个，或为它更换密钥。' });
  }
  const createdBy = officerOf(context.actor);
  await insertApp(context.tx, {
    appId,
    name,
    scopes: [...scopes],
    createdAt: context.at.toString(),
    createdBy,
  });
  const made = await makeKey(context, appId, 1);
  await context.audit({ target: ['app', appId], change: { scopes: [...scopes], keyNumber: 1 } });
  return { ...(await describe(context, { appId, name, scopes })), ...made };
}

/** Makes a new key; the others end after the overlap. @throws Problem `not-found` */
export async function rotateAppKey(context: WriteContext, appId: string, { overlapHours }: RotateAppKey) {
  const app = await lockApp(context.tx, appId);
  if (app === undefined) throw new Problem('not-found');
  const keys = await listKeys(context.tx, [appId]);
  await setKeysExpiry(context.tx, appId, context.at.add({ hours: overlapHours }).toString());
  const made = await makeKey(context, appId, (keys.at(-1)?.keyNumber ?? 0) + 1);
  await context.audit({ target: ['app', appId], change: { keyNumber: made.keyNumber, overlapHours } });
  return { ...(await describe(context, app)), ...made };
}

export async function listApps(context: ReadContext, query: AppQuery) {
  const request = pageRequest(query, /^[a-z][a-z0-9-]{2,39}$/);
  const rows = await listAppRows(context.tx, request);
  const { items, next } = page(rows, request, ({ appId }) => appId);
  const described = [];
  for (const app of items) described.push(await describe(context, app));
  return { items: described, next };
}

async function makeKey(context: WriteContext, appId: string, keyNumber: number) {
  const secret = randomBytes(secretBytes).toString('base64url');
  await insertKey(context.tx, {
    appId,
    keyNumber,
    secretSealed: context.sealer.seal(secret, placeOfSecret(appId, keyNumber)),
    createdAt: context.at.toString(),
    createdBy: officerOf(context.actor),
    expiresAt: null,
  });
  return { keyNumber, secret };
}

async function describe(
  context: ReadContext,
  { appId, name, scopes }: { appId: string; name: string; scopes: readonly string[] },
) {
  const keys = await listKeys(context.tx, [appId]);
  return {
    appId,
    name,
    scopes: [...scopes],
    keys: keys.map(({ keyNumber, createdAt, expiresAt }) => ({ number: keyNumber, createdAt, expiresAt })),
  };
}
