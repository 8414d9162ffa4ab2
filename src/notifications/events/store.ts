// Remembers events, in the order in which they may be told.

import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Database } from '../../platform/database/tables.ts';
import type { CaseEvent, EventType } from './types.ts';

/** Writes events of cases; who may hear of each is read from its case. */
export async function insertEvents(
  tx: Tx,
  happenedAt: string,
  events: readonly (CaseEvent & { readonly eventId: string })[],
): Promise<void> {
  const column = <T>(of: (event: (typeof events)[number]) => T) => events.map(of);
  const { numAffectedRows } = await sql`
    insert into event (person_id, event_id, application_id, case_number, client_id, agency_code, street_code, type,
      happened_at, content)
    select a.person_id, e.event_id, a.application_id, a.case_number, a.client_id, a.agency_code, a.street_code, e.type,
      ${happenedAt}, e.content::jsonb
    from unnest(${column((event) => event.personId)}::uuid[], ${column((event) => event.applicationId)}::uuid[],
      ${column((event) => event.eventId)}::uuid[], ${column((event) => event.type)}::text[],
      ${column((event) => JSON.stringify(event.content))}::text[])
      with ordinality as e (person_id, application_id, event_id, type, content, place)
    join application a on a.person_id = e.person_id and a.application_id = e.application_id
    order by e.place`.execute(tx);
  if (numAffectedRows !== BigInt(events.length)) throw new Error('an event of a case that does not exist');
}

const positionLock = 'event positions';

/**
 * Gives places to what is committed and has none, at most `limit` at once, in the order of writing. False when somebody
 * else is at it. A place once given is never followed by a smaller one that becomes visible later: one transaction at a
 * time gives places, and the look at what is committed comes after its lock. That is what a cursor needs; the order of
 * writing alone would let a reader pass a transaction that had not committed yet. (The snapshot's xmin would do too, but
 * transaction numbers start again in a restored database, and one long transaction anywhere would silence all events.)
 *
 * Of one case the order is that of its facts: whoever moves a case holds its row, so a later fact is written after the
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

/** A platform hears of the cases it created. */
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

export async function listEvents(
  tx: Tx,
  scope: Scope,
  { type, after, limit }: { type: EventType | undefined; after: number; limit: number },
) {
  return await tx
    .selectFrom('event')
    .select([
      'personId',
      'eventId',
      'position',
      'type',
      'happenedAt',
      'applicationId',
      'caseNumber',
      'agencyCode',
      'content',
    ])
    .where(audible(scope))
    .where('position', '>', after)
    .$if(type !== undefined, (query) => query.where('type', '=', type ?? 'application-submitted'))
    .orderBy('position')
    .limit(atMost(limit))
    .execute();
}
