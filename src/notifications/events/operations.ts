// Publishes events about cases to other systems: each at least once, those of one case in order.

import type { Scope } from '../../platform/access/permissions.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfService } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import { Problem } from '../../platform/problem.ts';
import { chunks } from '../../registers/people/operations.ts';
import { listSourceKeys } from '../../registers/records/operations.ts';
import type { EventQuery } from './schemas.ts';
import {
  findEvents,
  findLastPosition,
  givePositions,
  hasUnordered,
  insertEvents,
  listEvents as listRows,
} from './store.ts';
import type { CaseEvent, EventContent, EventType } from './types.ts';

const eventsPerStatement = 5_000;
/** Events positioned per read; the rest wait for the next. */
const eventsOrderedAtOnce = 10_000;

/**
 * Writes case events in the caller's transaction. Call it while the case is locked and after its state has changed: the
 * order of a case's events is the order of these calls.
 */
export async function emit(context: WriteContext, events: readonly CaseEvent[]): Promise<void> {
  for (const chunk of chunks(events, eventsPerStatement)) {
    insertEvents(
      context.tx,
      context.at.toString(),
      chunk.map((event) => ({ ...event, eventId: context.newId() })),
    );
  }
}

/** Assigns positions to newly committed events; assigned positions never change. */
export async function orderEvents(db: Db): Promise<void> {
  await transact(db, scopeOfService, (tx) => givePositions(tx, eventsOrderedAtOnce));
}

/**
 * Lists events after a cursor. `next` is always present: the next request with it returns newer events, and a repeated
 * request with the old cursor returns the same events again.
 */
export async function listEvents(context: ReadContext, query: EventQuery) {
  return await answer(context, query, await readAfter(context, query));
}

/** The same; null while committed events in scope have no position yet. */
export async function listOrderedEvents(context: ReadContext, query: EventQuery) {
  const [rows, isBehind] = await Promise.all([readAfter(context, query), hasUnordered(context.tx)]);
  if (!isBehind) return await answer(context, query, rows);
  context.shows([]);
  return null;
}

async function readAfter({ tx, scope }: ReadContext, { type, after, limit = 50 }: EventQuery) {
  return await listRows(tx, scope, {
    types: type === undefined ? [] : [type],
    after: positionOf(after),
    limit,
  });
}

async function answer(
  context: ReadContext,
  { after }: EventQuery,
  rows: Awaited<ReturnType<typeof listRows>>,
) {
  context.shows(rows.map(({ personId }) => personId));
  return {
    items: await describe(context, context.role, rows),
    next: cursorOf(rows.at(-1)?.position ?? positionOf(after)),
  };
}

/** Events as a client of this role gets them. */
async function describe(
  context: ReadContext,
  role: ReadContext['role'],
  rows: Awaited<ReturnType<typeof listRows>>,
) {
  const people = rows.map(({ personId }) => personId);
  // By which it finds the person in its own registers; no other caller knows them.
  const sourceKeys = role === 'provincial-system' ? await listSourceKeys(context, people) : null;
  return rows.map((row) => ({
    id: row.eventId,
    type: row.type,
    happenedAt: row.happenedAt,
    applicationId: row.applicationId,
    caseNumber: row.caseNumber,
    agencyCode: row.agencyCode,
    ...(sourceKeys === null ? {} : { sourceKeys: sourceKeys.get(row.personId) ?? [] }),
    content: row.content as EventContent, // only emit writes it
  }));
}

/**
 * The events since an instant and after a position that a scope may see, and up to which position they are all: for receivers to which events
 * are sent.
 */
export async function readEventsAfter(
  tx: Tx,
  scope: Scope,
  {
    types,
    since,
    after,
    limit,
  }: { types: readonly EventType[]; since: string; after: number; limit: number },
) {
  // First: an event that gets its position in between is read or left for the next time, never passed over.
  const last = await findLastPosition(tx);
  const events = await listRows(tx, scope, { types, since, after, limit });
  const end = events.at(-1)?.position ?? after;
  return { events, through: events.length === limit ? end : Math.max(last, end) };
}

/** The position of the last event that has one, in the whole city. */
export async function lastEventPosition(tx: Tx): Promise<number> {
  return await findLastPosition(tx);
}

/** Events by their ids, each as listEvents answers it to this role. */
export async function readEvents(
  context: ReadContext,
  role: ReadContext['role'],
  eventIds: readonly string[],
) {
  const events = await describe(context, role, await findEvents(context.tx, eventIds));
  return new Map(events.map((event) => [event.id, event]));
}

function cursorOf(position: number): string {
  return Buffer.from(`event ${position}`).toString('base64url');
}

function positionOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const position = /^event (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1];
  if (position !== undefined && cursorOf(Number(position)) === cursor) return Number(position);
  const detail = '请原样使用上一次返回的续读位置，或从头开始。';
  throw new Problem('invalid-fields', {
    fieldErrors: [{ pointer: '/query/after', code: 'wrong-format', detail }],
  });
}
