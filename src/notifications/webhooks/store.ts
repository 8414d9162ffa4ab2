// Stores webhooks and their secrets. Deliveries are in delivery-store.ts.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Webhook, WebhookSecret } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { DeliveryState, DisabledReason } from './states.ts';

const countOf = (state: DeliveryState) => sql<number>`(select count(*) from webhook_delivery d
  where d.webhook_id = webhook.webhook_id and d.state = ${state})`;
/** How many deliveries of a webhook wait, and how many were given up. */
const counts = [countOf('waiting').as('waiting'), countOf('dead').as('dead')] as const;

/** Inserts a webhook under the client's first free number; false when the client has ten. */
export async function insertWebhook(tx: Tx, row: Omit<Webhook, 'number'>): Promise<boolean> {
  const { rows } = await sql<{ number: number }>`
    select n as number from generate_series(1, 10) n
    where not exists (select from webhook where client_id = ${row.clientId} and number = n)
    order by n limit ${atMost(1)}`.execute(tx);
  const [free] = rows;
  if (free === undefined) return false;
  await tx
    .insertInto('webhook')
    .values({ ...row, number: free.number })
    .execute();
  return true;
}

export async function findWebhook(tx: Tx, clientId: string, webhookId: string) {
  return await tx
    .selectFrom('webhook')
    .selectAll()
    .select(counts)
    .where('clientId', '=', clientId)
    .where('webhookId', '=', webhookId)
    .executeTakeFirst();
}

export async function listWebhooks(tx: Tx, clientId: string, page: PageRequest) {
  let query = tx.selectFrom('webhook').selectAll().select(counts).where('clientId', '=', clientId);
  if (page.afterId !== null) query = query.where('webhookId', '>', page.afterId);
  return await query
    .orderBy('webhookId')
    .limit(atMost(page.limit + 1))
    .execute();
}

/** Locks a client's webhook until the transaction ends. */
export async function lockOwnWebhook(tx: Tx, clientId: string, webhookId: string) {
  return await tx
    .selectFrom('webhook')
    .selectAll()
    .where('clientId', '=', clientId)
    .where('webhookId', '=', webhookId)
    .forUpdate()
    .executeTakeFirst();
}

/** Locks a webhook of any client. */
export async function lockWebhook(tx: Tx, webhookId: string) {
  return await tx
    .selectFrom('webhook')
    .selectAll()
    .where('webhookId', '=', webhookId)
    .forUpdate()
    .executeTakeFirst();
}

/** Locks an enabled webhook, unless another process has it: that one does its work. */
export async function lockFreeWebhook(tx: Tx, webhookId: string) {
  return await tx
    .selectFrom('webhook')
    .selectAll()
    .where('webhookId', '=', webhookId)
    .where('disabledAt', 'is', null)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
}

/** Deletes a client's webhook with its secrets and deliveries; false when there is none. */
export async function deleteWebhook(tx: Tx, clientId: string, webhookId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('webhook')
    .where('clientId', '=', clientId)
    .where('webhookId', '=', webhookId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function isAnyEnabled(tx: Tx): Promise<boolean> {
  const found = await tx
    .selectFrom('webhook')
    .select('webhookId')
    .where('disabledAt', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** Enabled webhooks with an event to consider or a delivery that is due, by their owners' numbers. */
export async function listBusyWebhooks(tx: Tx, at: string): Promise<string[]> {
  const { rows } = await sql<{ webhookId: string }>`
    select webhook_id from webhook w
    where disabled_at is null and (
      read_through < last_event_position()
      or exists (select from webhook_delivery d
        where d.webhook_id = w.webhook_id and d.state = 'waiting' and d.next_attempt_at <= ${at}))
    order by number, webhook_id`.execute(tx);
  return rows.map(({ webhookId }) => webhookId);
}

export async function setReadThrough(tx: Tx, webhookId: string, readThrough: number): Promise<void> {
  await tx.updateTable('webhook').set({ readThrough }).where('webhookId', '=', webhookId).execute();
}

/** Since when attempts fail; null when one has just succeeded. An earlier beginning stays. */
export async function setFailing(tx: Tx, webhookId: string, since: string | null): Promise<void> {
  await tx
    .updateTable('webhook')
    .set((eb) => ({ failingSince: since === null ? null : eb.fn.coalesce('failingSince', eb.val(since)) }))
    .where('webhookId', '=', webhookId)
    .execute();
}

export async function setDisabled(
  tx: Tx,
  webhookId: string,
  disabled: { readonly at: string; readonly because: DisabledReason } | null,
): Promise<void> {
  await tx
    .updateTable('webhook')
    .set({
      disabledAt: disabled?.at ?? null,
      disabledBecause: disabled?.because ?? null,
      ...(disabled === null ? { failingSince: null } : {}),
    })
    .where('webhookId', '=', webhookId)
    .execute();
}

export async function countDisabled(tx: Tx): Promise<number> {
  const { count } = await tx
    .selectFrom('webhook')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('disabledAt', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}

export async function insertSecret(tx: Tx, row: WebhookSecret): Promise<void> {
  await tx.insertInto('webhookSecret').values(row).execute();
}

/** Secrets that sign at an instant, newest last; all of them with a null instant. */
export async function listSecrets(tx: Tx, webhookIds: readonly string[], signingAt: string | null) {
  let query = tx
    .selectFrom('webhookSecret')
    .selectAll()
    .where('webhookId', '=', (eb) => eb.fn.any(eb.val(webhookIds)));
  if (signingAt !== null)
    query = query.where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', signingAt)]));
  return await query.orderBy('webhookId').orderBy('secretNumber').execute();
}

/** Ends the newest secret at an instant. */
export async function setSecretExpiry(tx: Tx, webhookId: string, expiresAt: string): Promise<void> {
  await tx
    .updateTable('webhookSecret')
    .set({ expiresAt })
    .where('webhookId', '=', webhookId)
    .where('expiresAt', 'is', null)
    .execute();
}
