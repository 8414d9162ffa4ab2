// Stores deliveries: what waits for its receiver, what was delivered, and what was given up.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { insertLooks, type LookRow } from '../../platform/database/looks.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { DeliveryState, FailureCause } from './states.ts';

interface NewDelivery {
  readonly deliveryId: string;
  readonly personId: string;
  readonly eventId: string;
  readonly applicationId: string;
  readonly type: string;
  readonly position: number | null;
}

/** Inserts a delivery of each event, to be attempted at once. */
export async function insertDeliveries(
  tx: Tx,
  webhookId: string,
  at: string,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  const column = <T>(of: (delivery: NewDelivery) => T) => deliveries.map(of);
  await sql`
    insert into webhook_delivery (delivery_id, webhook_id, person_id, event_id, application_id, event_type, position, state,
      attempts, next_attempt_at, created_at)
    select d.delivery_id, ${webhookId}, d.person_id, d.event_id, d.application_id, d.type, d.position, 'waiting', 0, ${at}, ${at}
    from unnest(${column((one) => one.deliveryId)}::uuid[], ${column((one) => one.personId)}::uuid[],
      ${column((one) => one.eventId)}::uuid[], ${column((one) => one.applicationId)}::uuid[],
      ${column((one) => one.type)}::text[], ${column((one) => one.position)}::bigint[])
      as d (delivery_id, person_id, event_id, application_id, type, position)`.execute(tx);
}

export async function countWaiting(tx: Tx, webhookId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('webhookDelivery')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
  return count;
}

/** Attempts of a webhook under way, in every process. */
export async function countUnderWay(tx: Tx, webhookId: string, at: string): Promise<number> {
  const { count } = await tx
    .selectFrom('webhookDelivery')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'waiting')
    .where('attemptUntil', '>', at)
    .executeTakeFirstOrThrow();
  return count;
}

/** Gives up deliveries whose last attempt was interrupted. Returns their number. */
export async function giveUpInterrupted(
  tx: Tx,
  webhookId: string,
  at: string,
  mostAttempts: number,
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('webhookDelivery')
    .set({ state: 'dead', nextAttemptAt: null, attemptUntil: null, settledAt: at })
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'waiting')
    .where('nextAttemptAt', '<=', at)
    .where('attempts', '>=', mostAttempts)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/**
 * Begins an attempt of at most `limit` due deliveries, of each case the first that waits. Until it is recorded or
 * `until` has come, nobody else begins another. The caller has locked the webhook.
 */
export async function beginAttempts(
  tx: Tx,
  webhookId: string,
  { at, until, limit }: { at: string; until: string; limit: number },
) {
  const { rows } = await sql<{ deliveryId: string; personId: string; eventId: string; attempts: number }>`
    with due as (
      select delivery_id from webhook_delivery d
      where webhook_id = ${webhookId} and state = 'waiting' and next_attempt_at <= ${at}
        and not exists (select from webhook_delivery earlier
          where earlier.webhook_id = d.webhook_id and earlier.application_id = d.application_id
            and earlier.state = 'waiting' and earlier.position < d.position)
      order by next_attempt_at, position limit ${atMost(limit)}
    )
    update webhook_delivery d set attempts = attempts + 1, next_attempt_at = ${until}, attempt_until = ${until},
      last_attempt_at = ${at}, last_status = null, last_cause = 'interrupted'
    from due where d.delivery_id = due.delivery_id
    returning d.delivery_id, d.person_id, d.event_id, d.attempts`.execute(tx);
  return rows;
}

/**
 * Records what became of an attempt; false when it is no longer the delivery's current one.
 *
 * @param next when it is attempted again; null when it is not
 */
export async function setOutcome(
  tx: Tx,
  { deliveryId, begunAt }: { readonly deliveryId: string; readonly begunAt: string },
  {
    at,
    state,
    status,
    cause,
    next,
  }: {
    at: string;
    state: DeliveryState;
    status: number | null;
    cause: FailureCause | null;
    next: string | null;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('webhookDelivery')
    .set({
      state,
      lastStatus: status,
      lastCause: cause,
      nextAttemptAt: next,
      attemptUntil: null,
      settledAt: next === null ? at : null,
    })
    .where('deliveryId', '=', deliveryId)
    .where('lastAttemptAt', '=', begunAt)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Gives up all that waits for a webhook that was disabled. */
export async function giveUpAll(tx: Tx, webhookId: string, at: string): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('webhookDelivery')
    .set({ state: 'dead', nextAttemptAt: null, attemptUntil: null, settledAt: at })
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Which of these deliveries the webhook has. */
export async function listKnown(
  tx: Tx,
  webhookId: string,
  deliveryIds: readonly string[],
): Promise<string[]> {
  const rows = await tx
    .selectFrom('webhookDelivery')
    .select('deliveryId')
    .where('webhookId', '=', webhookId)
    .where('deliveryId', '=', (eb) => eb.fn.any(eb.val(deliveryIds)))
    .execute();
  return rows.map(({ deliveryId }) => deliveryId);
}

/** Lets deliveries be attempted at once, as if for the first time, unless an attempt is under way. Returns their number. */
export async function setDue(tx: Tx, deliveryIds: readonly string[], at: string): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('webhookDelivery')
    .set({ state: 'waiting', attempts: 0, nextAttemptAt: at, attemptUntil: null, settledAt: null })
    .where('deliveryId', '=', (eb) => eb.fn.any(eb.val(deliveryIds)))
    .where((eb) => eb.or([eb('attemptUntil', 'is', null), eb('attemptUntil', '<=', at)]))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Dead letters of a webhook, the earliest events first. */
export async function listDead(tx: Tx, webhookId: string, limit: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('webhookDelivery')
    .select('deliveryId')
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'dead')
    .orderBy('position')
    .limit(atMost(limit))
    .execute();
  return rows.map(({ deliveryId }) => deliveryId);
}

/** Deliveries of a client's webhooks. */
export async function listDeliveries(
  tx: Tx,
  clientId: string,
  { webhookId, state }: { webhookId?: string; state?: DeliveryState },
  page: PageRequest,
) {
  let query = tx
    .selectFrom('webhookDelivery as d')
    .innerJoin('webhook as w', 'w.webhookId', 'd.webhookId')
    .selectAll('d')
    .where('w.clientId', '=', clientId);
  if (webhookId !== undefined) query = query.where('d.webhookId', '=', webhookId);
  if (state !== undefined) query = query.where('d.state', '=', state);
  if (page.afterId !== null) query = query.where('d.deliveryId', '>', page.afterId);
  return await query
    .orderBy('d.deliveryId')
    .limit(atMost(page.limit + 1))
    .execute();
}

/** Number of deliveries in the states of interest to operators, and the age of the oldest that waits. */
export async function countDeliveries(tx: Tx) {
  const count = (state: DeliveryState) => sql<number>`count(*) filter (where state = ${state})`;
  return await tx
    .selectFrom('webhookDelivery')
    .select([
      count('waiting').as('waiting'),
      count('dead').as('dead'),
      sql<number>`coalesce(extract(epoch from now() - min(created_at) filter (where state = 'waiting')), 0)::float8`.as(
        'lagSeconds',
      ),
    ])
    .where('state', 'in', ['waiting', 'dead'])
    .executeTakeFirstOrThrow();
}

/** Records that the facts of these people are sent to a receiver, before they are. */
export function insertSendLooks(tx: Tx, looks: readonly LookRow[]): void {
  insertLooks(tx, looks);
}
