// Puts events in line for their webhooks, begins attempts, and records what became of them. Each is one short
// transaction; runtime/jobs/webhooks.ts sends in between, with no connection of the database.

import { permissions, type Scope } from '../../platform/access/permissions.ts';
import type { WriteContext } from '../../platform/context.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { Webhook } from '../../platform/database/tables.ts';
import { purposeOf } from '../../platform/http/fact-groups.ts';
import { readEvents, readEventsAfter } from '../events/operations.ts';
import type { EventType } from '../events/types.ts';
import {
  beginAttempts,
  countUnderWay,
  countWaiting,
  giveUpAll,
  giveUpInterrupted,
  insertDeliveries,
  insertSendLooks,
  setOutcome,
} from './delivery-store.ts';
import { placeOfWebhookSecret } from './operations.ts';
import { failingTooLong, mostAttempts, nextAttemptAfter } from './schedule.ts';
import type { Outcome, Outgoing } from './send.ts';
import { signedHeaders } from './signature.ts';
import type { DeliveryState, DisabledReason } from './states.ts';
import {
  isAnyEnabled,
  listBusyWebhooks,
  listSecrets,
  lockFreeWebhook,
  lockWebhook,
  setDisabled,
  setFailing,
  setReadThrough,
} from './store.ts';

/** Events put in line for one webhook at once. */
const eventsAtOnce = 500;
/** Deliveries that wait for one webhook; later events stay in the log until there is room. */
const mostWaiting = 10_000;
/** Attempts under way for one webhook, in all processes: a slow receiver holds up its own events only. */
const mostUnderWay = 8;
/** While its attempts fail, one at a time shows whether the receiver is there again. */
const mostUnderWayFailing = 1;
/** An attempt without a result after so long was interrupted. Longer than any attempt takes. */
const attemptTakesAtMost = { seconds: 30 } as const;

/** An attempt that was begun. */
export interface Attempt extends Outgoing {
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly begunAt: string;
  /** Including this one. */
  readonly attempts: number;
}

/** What an attempt led to, for the log. */
export interface Recorded {
  readonly state: DeliveryState;
  readonly disabled: DisabledReason | null;
}

/** Whether any events must be ordered for sending. */
export async function areEventsSent(tx: Tx): Promise<boolean> {
  return await isAnyEnabled(tx);
}

/** Webhooks with something to do. */
export async function listWebhooksWithWork(tx: Tx, at: Temporal.Instant): Promise<string[]> {
  return await listBusyWebhooks(tx, at.toString());
}

/** Puts new events in line for a webhook and begins attempts, at most `most`. None if another process has the webhook. */
export async function takeAttempts(
  context: WriteContext,
  webhookId: string,
  most: number,
): Promise<Attempt[]> {
  const { tx } = context;
  const at = context.at.toString();
  const webhook = await lockFreeWebhook(tx, webhookId);
  if (webhook === undefined) return [];
  await putInLine(context, webhook);
  await giveUpInterrupted(tx, webhookId, at, mostAttempts);
  const room = webhook.failingSince === null ? mostUnderWay : mostUnderWayFailing;
  const limit = Math.min(most, room - (await countUnderWay(tx, webhookId, at)));
  if (limit <= 0) return [];
  const until = context.at.add(attemptTakesAtMost).toString();
  const begun = await beginAttempts(tx, webhookId, { at, until, limit });
  if (begun.length === 0) return [];
  recordLooks(context, webhook, begun);
  const secrets = (await listSecrets(tx, [webhookId], at)).map(({ secretNumber, secretEncrypted }) =>
    context.encryption.decrypt(secretEncrypted, placeOfWebhookSecret(webhookId, secretNumber)),
  );
  const events = await readEvents(
    context,
    webhook.role,
    begun.map(({ eventId }) => eventId),
  );
  return begun.map(({ deliveryId, eventId, attempts }) => {
    const body = JSON.stringify(events.get(eventId));
    return {
      deliveryId,
      webhookId,
      begunAt: at,
      attempts,
      url: webhook.url,
      body,
      headers: signedHeaders(deliveryId, context.at, body, secrets),
    };
  });
}

/**
 * Records an attempt's outcome; null when it is no longer the current one, or the webhook was deleted.
 *
 * @param random in [0, 1): jitter for the next attempt
 */
export async function recordOutcome(
  context: WriteContext,
  { deliveryId, webhookId, begunAt, attempts }: Attempt,
  { status, cause }: Outcome,
  random: number,
): Promise<Recorded | null> {
  const { tx } = context;
  const at = context.at.toString();
  const webhook = await lockWebhook(tx, webhookId);
  if (webhook === undefined) return null;
  const next = cause === null || cause === 'gone' ? null : nextAttemptAfter(attempts, context.at, random);
  const state = cause === null ? 'delivered' : next === null ? 'dead' : 'waiting';
  const outcome = { at, state, status, cause, next: next?.toString() ?? null } as const;
  if (!(await setOutcome(tx, { deliveryId, begunAt }, outcome))) return null;
  if (cause === null) {
    if (webhook.failingSince !== null) await setFailing(tx, webhookId, null);
    return { state, disabled: null };
  }
  await setFailing(tx, webhookId, at);
  const disabled =
    cause === 'gone' ? 'gone' : state === 'dead' && hasFailedTooLong(context, webhook) ? 'failing' : null;
  if (disabled !== null && webhook.disabledAt === null) await disable(context, webhookId, disabled);
  return { state, disabled };
}

function hasFailedTooLong({ at }: WriteContext, { failingSince }: Webhook): boolean {
  if (failingSince === null) return false;
  const until = Temporal.Instant.from(failingSince).add(failingTooLong);
  return Temporal.Instant.compare(until, at) <= 0;
}

/** Nothing waits for a disabled webhook: new events stay in the log, and what waited can be sent again. */
async function disable(context: WriteContext, webhookId: string, because: DisabledReason): Promise<void> {
  const at = context.at.toString();
  await setDisabled(context.tx, webhookId, { at, because });
  const givenUp = await giveUpAll(context.tx, webhookId, at);
  await context.audit({ target: ['webhook', webhookId], change: { state: 'disabled', because, givenUp } });
}

async function putInLine(context: WriteContext, webhook: Webhook): Promise<void> {
  const { tx } = context;
  const { webhookId, readThrough, createdAt } = webhook;
  if ((await countWaiting(tx, webhookId)) >= mostWaiting) return;
  const types = webhook.eventTypes as EventType[]; // validated when it was made
  const { events, through } = await readEventsAfter(tx, scopeOf(webhook), {
    types,
    since: createdAt, // events of before may get their position later
    after: readThrough,
    limit: eventsAtOnce,
  });
  const deliveries = events.map((event) => ({ ...event, deliveryId: context.newId() }));
  if (deliveries.length > 0) await insertDeliveries(tx, webhookId, context.at.toString(), deliveries);
  if (through > readThrough) await setReadThrough(tx, webhookId, through);
}

/** Whose events the owner hears: those that listEvents shows to its role. */
function scopeOf({ role, clientId }: Webhook): Scope {
  const relation = permissions.listEvents.roles[role];
  return relation === 'own' ? { relation, client: clientId } : { relation };
}

/** With the first attempt of each delivery, its people's facts are shown to the owner. */
function recordLooks(
  context: WriteContext,
  { clientId, createdBy, role, url }: Webhook,
  begun: Awaited<ReturnType<typeof beginAttempts>>,
): void {
  const first = begun.filter(({ attempts }) => attempts === 1);
  insertSendLooks(
    context.tx,
    first.map(({ personId }) => ({
      personIds: [personId],
      at: context.at.toString(),
      operation: context.operation,
      actor: createdBy,
      officerName: null,
      clientId,
      role,
      agencyCode: null,
      facts: ['case'],
      purpose: purposeOf[role],
      requestId: context.newId(),
      sourceAddress: new URL(url).host,
    })),
  );
}
