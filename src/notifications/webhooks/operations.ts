// Webhooks of platforms and of the provincial system. Each client sees its own. dispatch.ts sends to them.

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { clientOf, officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { Webhook, WebhookDelivery, WebhookSecret } from '../../platform/database/tables.ts';
import type { Place } from '../../platform/encryption/encryption.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { lastEventPosition } from '../events/operations.ts';
import type { EventType } from '../events/types.ts';
import { countDeliveries, listDead, listDeliveries, listKnown, setDue } from './delivery-store.ts';
import type { CreateWebhook, Redeliver, WebhookDeliveryQuery, WebhookQuery } from './schemas.ts';
import { secretOf } from './signature.ts';
import {
  countDisabled,
  deleteWebhook as deleteRow,
  findWebhook,
  insertSecret,
  insertWebhook,
  listWebhooks as listRows,
  listSecrets,
  lockOwnWebhook,
  setDisabled,
  setSecretExpiry,
} from './store.ts';

const secretBytes = 32;
/** How long the secret before the newest signs as well, unless it was to end earlier. */
const overlap = { hours: 24 } as const;
/** Secrets that sign at once: each adds a signature to every message. */
const mostSecrets = 3;
/** Dead letters that one request sends again. */
const mostDeadLetters = 10_000;

export function placeOfWebhookSecret(webhookId: string, secretNumber: number): Place {
  return { table: 'webhook_secret', column: 'secret_encrypted', row: `${webhookId} ${secretNumber}` };
}

/**
 * Sends events from now on to a URL: those that listEvents shows to the caller. The secret is shown this once.
 *
 * @throws Problem state-conflict
 */
export async function createWebhook(
  context: WriteContext,
  { url, description = '', eventTypes = [] }: CreateWebhook,
) {
  const { actor, role, tx } = context;
  const fieldErrors = fieldErrorsOfUrl(context, url);
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  if (role !== 'platform' && role !== 'provincial-system') throw new Error(`${role} hears no events`);
  const clientId = clientOf(actor);
  const normalized = new URL(url).href;
  const webhook = {
    webhookId: context.newId(),
    clientId,
    role,
    url: normalized,
    description,
    eventTypes: [...eventTypes],
    createdAt: context.at.toString(),
    createdBy: officerOf(actor),
    readThrough: await lastEventPosition(tx),
    failingSince: null,
    disabledAt: null,
    disabledBecause: null,
  };
  if (!(await insertWebhook(tx, webhook)))
    throw new Problem('state-conflict', { detail: '推送地址已达上限（10 个），请先删除不用的地址。' });
  const { row, secret } = await addSecret(context, webhook.webhookId, 1);
  await context.audit({
    target: ['webhook', webhook.webhookId],
    change: { state: 'enabled', host: new URL(url).host, eventTypes: webhook.eventTypes },
  });
  return { ...describe({ ...webhook, waiting: 0, dead: 0 }, [row]), secret };
}

/** Lists the caller's webhooks, without secrets. */
export async function listWebhooks(context: ReadContext, query: WebhookQuery) {
  const request = pageRequest(query);
  const rows = await listRows(context.tx, clientOf(context.actor), request);
  const { items, next } = page(rows, request, ({ webhookId }) => webhookId);
  const ids = items.map(({ webhookId }) => webhookId);
  const secretsOf = Map.groupBy(await listSecrets(context.tx, ids, null), ({ webhookId }) => webhookId);
  return { items: items.map((row) => describe(row, secretsOf.get(row.webhookId) ?? [])), next };
}

/**
 * One webhook of the caller, without secrets.
 *
 * @throws Problem not-found
 */
export async function getWebhook(context: ReadContext, webhookId: string) {
  return await read(context, webhookId);
}

async function read({ tx, actor }: ReadContext, webhookId: string) {
  const row = await findWebhook(tx, clientOf(actor), webhookId);
  if (row === undefined) throw new Problem('not-found');
  return describe(row, await listSecrets(tx, [webhookId], null));
}

/**
 * Deletes a webhook with its deliveries: what waited is not sent.
 *
 * @throws Problem not-found
 */
export async function deleteWebhook(context: WriteContext, webhookId: string): Promise<void> {
  if (!(await deleteRow(context.tx, clientOf(context.actor), webhookId))) throw new Problem('not-found');
  await context.audit({ target: ['webhook', webhookId], change: { state: 'deleted' } });
}

/**
 * Makes a new secret. The one before it signs as well for 24 hours: each message has both signatures.
 *
 * @throws Problem not-found, state-conflict
 */
export async function rotateWebhookSecret(context: WriteContext, webhookId: string) {
  const { tx, at } = context;
  const webhook = await lockOwnWebhook(tx, clientOf(context.actor), webhookId);
  if (webhook === undefined) throw new Problem('not-found');
  const signing = await listSecrets(tx, [webhookId], at.toString());
  if (signing.length >= mostSecrets) {
    throw new Problem('state-conflict', {
      detail: '24 小时内只能更换两次签名密钥，请等较早的密钥失效后再更换。',
    });
  }
  await setSecretExpiry(tx, webhookId, at.add(overlap).toString());
  const secretNumber = (signing.at(-1)?.secretNumber ?? 0) + 1;
  const { secret } = await addSecret(context, webhookId, secretNumber);
  await context.audit({ target: ['webhook', webhookId], change: { secretNumber } });
  return { ...(await read(context, webhookId)), secret };
}

/** Lists deliveries of the caller's webhooks, in the order in which they were put in line. */
export async function listWebhookDeliveries(
  context: ReadContext,
  { webhookId, state, ...query }: WebhookDeliveryQuery,
) {
  const request = pageRequest(query);
  const wanted = {
    ...(webhookId === undefined ? {} : { webhookId }),
    ...(state === undefined ? {} : { state }),
  };
  const rows = await listDeliveries(context.tx, clientOf(context.actor), wanted, request);
  const { items, next } = page(rows, request, ({ deliveryId }) => deliveryId);
  context.shows(items.map(({ personId }) => personId));
  return { items: items.map((row) => describeDelivery(row, context.at)), next };
}

/**
 * Sends deliveries again, or every dead letter, and enables a disabled webhook: its owner says that the receiver is there
 * again. What is being attempted right now is left alone.
 *
 * @throws Problem not-found
 */
export async function redeliver(context: WriteContext, webhookId: string, { deliveryIds }: Redeliver) {
  const { tx } = context;
  const at = context.at.toString();
  const webhook = await lockOwnWebhook(tx, clientOf(context.actor), webhookId);
  if (webhook === undefined) throw new Problem('not-found');
  if (deliveryIds !== undefined) {
    const known = new Set(await listKnown(tx, webhookId, deliveryIds));
    const fieldErrors = deliveryIds.flatMap((id, index): FieldError[] =>
      known.has(id)
        ? []
        : [
            {
              pointer: `/body/deliveryIds/${index}`,
              code: 'unknown-value',
              detail: '该推送地址没有这条推送记录，或记录已过保留期限，请核对推送编号。',
            },
          ],
    );
    if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  }
  const chosen = deliveryIds ?? (await listDead(tx, webhookId, mostDeadLetters));
  const redelivered = await setDue(tx, chosen, at);
  if (webhook.disabledAt !== null) await setDisabled(tx, webhookId, null);
  await context.audit({
    target: ['webhook', webhookId],
    change: { redelivered, ...(webhook.disabledAt === null ? {} : { state: 'enabled' }) },
  });
  return { redelivered, webhook: await read(context, webhookId) };
}

/** For operators: deliveries that wait and for how long, dead letters, and webhooks that were disabled. */
export async function countWebhooks(tx: Tx) {
  return { ...(await countDeliveries(tx)), disabled: await countDisabled(tx) };
}

async function addSecret(context: WriteContext, webhookId: string, secretNumber: number) {
  const secret = secretOf(randomBytes(secretBytes));
  const row: WebhookSecret = {
    webhookId,
    secretNumber,
    secretEncrypted: context.encryption.encrypt(secret, placeOfWebhookSecret(webhookId, secretNumber)),
    createdAt: context.at.toString(),
    expiresAt: null,
  };
  await insertSecret(context.tx, row);
  return { row, secret };
}

/** What can be said of a URL before anything is sent; names are resolved with each attempt. */
function fieldErrorsOfUrl({ settings }: WriteContext, text: string): FieldError[] {
  const { allowsHttp, mayReach } = settings.webhooks;
  const wrong = (detail: string): FieldError => ({ pointer: '/body/url', code: 'wrong-format', detail });
  const url = URL.parse(text);
  if (url === null) return [wrong('不是完整的地址，请填写如 https://主机名/路径 的地址。')];
  const errors: FieldError[] = [];
  if (url.protocol !== 'https:' && !(allowsHttp && url.protocol === 'http:'))
    errors.push(wrong('接收地址必须使用 https。'));
  if (url.username !== '' || url.password !== '')
    errors.push(wrong('地址中不得包含用户名和密码；请用 webhook-signature 验证来源。'));
  if (text.includes('#')) errors.push(wrong('地址中不得包含 # 及其后的内容。'));
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 && !mayReach(host))
    errors.push(wrong('该 IP 地址不是公网地址，不允许访问；确需推送到内网的，请联系运维人员配置。'));
  return errors;
}

type Described = Omit<Webhook, 'number' | 'clientId' | 'role' | 'createdBy' | 'readThrough'> & {
  readonly waiting: number;
  readonly dead: number;
};

function describe(row: Described, secrets: readonly WebhookSecret[]) {
  return {
    id: row.webhookId,
    url: row.url,
    description: row.description,
    eventTypes: row.eventTypes as EventType[], // validated when it was made
    state: row.disabledAt === null ? ('enabled' as const) : ('disabled' as const),
    disabledBecause: row.disabledBecause,
    disabledAt: row.disabledAt,
    failingSince: row.failingSince,
    waiting: row.waiting,
    deadLetters: row.dead,
    createdAt: row.createdAt,
    secrets: secrets.map(({ secretNumber, createdAt, expiresAt }) => ({
      number: secretNumber,
      createdAt,
      expiresAt,
    })),
  };
}

function describeDelivery(row: WebhookDelivery, at: Temporal.Instant) {
  const { attemptUntil } = row;
  const isUnderWay =
    attemptUntil !== null && Temporal.Instant.compare(Temporal.Instant.from(attemptUntil), at) > 0;
  return {
    id: row.deliveryId,
    webhookId: row.webhookId,
    eventId: row.eventId,
    eventType: row.eventType as EventType, // copied from the event
    applicationId: row.applicationId,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.createdAt,
    lastAttemptAt: row.lastAttemptAt,
    lastStatus: row.lastStatus,
    lastCause: isUnderWay ? null : row.lastCause,
    nextAttemptAt: row.nextAttemptAt,
    settledAt: row.settledAt,
  };
}
