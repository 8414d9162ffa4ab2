// Reads and writes events, and assigns the positions in which they are read.

import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Database } from '../../platform/database/tables.ts';
import { ask, tell } from '../../platform/database/transaction.ts';
import type { CaseEvent, EventType } from './types.ts';

/**
 * Sends case events; the case determines who may read them. An event of a case that does not exist violates the columns'
 * NOT NULL.
 */
export function insertEvents(
  tx: Tx,
  happenedAt: string,
  events: readonly (CaseEvent & { readonly eventId: string })[],
): void {
  const column = <T>(of: (event: (typeof events)[number]) => T) => events.map(of);
  tell(tx, insertion, [
    happenedAt,
    column((event) => event.personId),
    column((event) => event.applicationId),
    column((event) => event.eventId),
    column((event) => event.type),
    column((event) => JSON.stringify(event.content)),
  ]);
}

const insertion = `insert into event (person_id, event_id, application_id, case_number, client_id, agency_code, street_code, type,
    happened_at, content)
  select e.person_id, e.event_id, a.application_id, a.case_number, a.client_id, a.agency_code, a.street_code, e.type, $1,
    e.content::jsonb
  from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[])
    with ordinality as e (person_id, application_id, event_id, type, content, place)
  left join application a on a.person_id = e.person_id and a.application_id = e.application_id
  order by e.place`;

const positionLock = 'event positions';

/**
 * Assigns positions to committed events without one, at most `limit`, in the order of writing. Returns false if another
 * transaction is doing so. One transaction at a time assigns positions and reads the committed events after taking its
 * lock, so no smaller position becomes visible after a larger one: a cursor misses nothing. By the order of writing
 * alone a reader would miss a transaction that commits late. (Rejected: the snapshot's xmin. Transaction numbers
 * restart in a restored database, and one long transaction anywhere would hold back all events.)
 *
 * Events of one case are in the order of its changes: each change locks the case, so a later event is written after the
 * earlier one is committed.
 */
export async function givePositions(tx: Tx, limit: number): Promise<boolean> {
  const lock = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${positionLock}, 0)) as free`.execute(tx);
  if (lock.rows[0]?.free !== true) return false;
  await sql`
    with last as (select coalesce(max(position), 0) as position from event),
    next as (
      select person_id, event_id, (select position from last) + row_number() over (order by written) as position
      from event where position is null order by written limit ${atMost(limit)}
    )
    update event set position = next.position from next
    where event.person_id = next.person_id and event.event_id = next.event_id`.execute(tx);
  return true;
}

/** Whether committed events that the caller may see have no position yet. */
export async function hasUnordered(tx: Tx): Promise<boolean> {
  const [row] = await ask<{ found: boolean }>(
    tx,
    'select exists (select from event where position is null) as found',
    [],
  );
  return row?.found === true;
}

/**
 * For how many seconds the oldest event without a position has waited for one. Where no webhook is enabled events wait
 * until somebody reads, which is 0.
 */
export async function findOrderLag(tx: Tx): Promise<number> {
  const [row] = await ask<{ seconds: number }>(
    tx,
    `select extract(epoch from now() - happened_at)::float8 as seconds from event
     where position is null and exists (select from webhook where disabled_at is null) order by written limit 1`,
    [],
  );
  return row?.seconds ?? 0;
}

/** A platform reads events of the cases it created. */
function audible(scope: Scope) {
  return (eb: ExpressionBuilder<Database, 'event'>): Expression<SqlBool> => {
    switch (scope.relation) {
      case 'city':
        return eb.val(true);
      case 'agency':
        return eb('event.agencyCode', '=', scope.code);
      case 'street':
        return eb('event.streetCode', '=', scope.code);
      case 'own':
        return eb('event.clientId', '=', scope.client);
    }
  };
}

const columns = [
  'personId',
  'eventId',
  'position',
  'type',
  'happenedAt',
  'applicationId',
  'caseNumber',
  'agencyCode',
  'content',
] as const;

/** @param types all when empty @param since when they happened; null: whenever */
export async function listEvents(
  tx: Tx,
  scope: Scope,
  {
    types,
    since = null,
    after,
    limit,
  }: { types: readonly EventType[]; since?: string | null; after: number; limit: number },
) {
  return await tx
    .selectFrom('event')
    .select(columns)
    .where(audible(scope))
    .where('position', '>', after)
    .$if(types.length > 0, (query) => query.where('type', 'in', types))
    .$if(since !== null, (query) => query.where('happenedAt', '>=', since))
    .orderBy('position')
    .limit(atMost(limit))
    .execute();
}

export async function findEvents(tx: Tx, eventIds: readonly string[]) {
  return await tx
    .selectFrom('event')
    .select(columns)
    .where('eventId', '=', (eb) => eb.fn.any(eb.val(eventIds)))
    .execute();
}

/** The epoch of this database, and the last position that a cursor of another epoch may have reached. */
export async function findCursorLimit(tx: Tx, epoch: number): Promise<{ epoch: number; through: number }> {
  const [limit] = await ask<{ epoch: number; through: number }>(
    tx,
    `select coalesce(max(epoch), 0) as epoch,
       least(min(last_position) filter (where epoch > $1), last_event_position()) as through from restore`,
    [epoch],
  );
  if (limit === undefined) throw new Error('an aggregate has one row');
  return limit;
}

/** The last position that was assigned in the whole city, whatever the scope; 0 when there is none. */
export async function findLastPosition(tx: Tx): Promise<number> {
  const { rows } = await sql<{ last: number }>`select last_event_position() as last`.execute(tx);
  return rows[0]?.last ?? 0;
}
