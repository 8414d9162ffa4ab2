// Publishes events about cases to other systems: each at least once, those of one case in order.

import type { Scope } from '../../platform/access/permissions.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Db, Tx } from '../../platform/database/connect.ts';
import { scopeOfService } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import { Problem, problems } from '../../platform/problem.ts';
import { chunks } from '../../registers/people/operations.ts';
import { listSourceKeys } from '../../registers/records/operations.ts';
import type { EventQuery } from './schemas.ts';
import {
  findCursorLimit,
  findEvents,
  findLastPosition,
  givePositions,
  hasUnordered,
  insertEvents,
  listEvents as listRows,
} from './store.ts';
import type { CaseEvent, EventContent, EventType } from './types.ts';

const eventsPerStatement = 5_000;
/** Events positioned per read, more than one page: a tenth of a second. The rest wait for the next. */
const eventsOrderedAtOnce = 2_000;

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

export { findOrderLag } from './store.ts';

/** Assigns positions to newly committed events; assigned positions never change. */
export async function orderEvents(db: Db): Promise<void> {
  await transact(db, scopeOfService, (tx) => givePositions(tx, eventsOrderedAtOnce));
}

/**
 * Lists events after a cursor. `next` is always present: the next request with it returns newer events, and a repeated
 * request with the old cursor returns the same events again.
 *
 * @throws Problem cursor-ahead
 */
export async function listEvents(context: ReadContext, query: EventQuery) {
  return await answer(context, await readAfter(context, query));
}

/** The same; null while committed events in scope have no position yet. */
export async function listOrderedEvents(context: ReadContext, query: EventQuery) {
  const [read, isBehind] = await Promise.all([readAfter(context, query), hasUnordered(context.tx)]);
  if (!isBehind) return await answer(context, read);
  context.shows([]);
  return null;
}

async function readAfter({ tx, scope }: ReadContext, { type, after, limit = 50 }: EventQuery) {
  const cursor = readCursor(after);
  const types = type === undefined ? [] : [type];
  const [epoch, rows] = await Promise.all([
    epochAfter(tx, cursor, cursorOf),
    listRows(tx, scope, { types, after: cursor.position, limit }),
  ]);
  return { rows, next: cursorOf({ epoch, position: rows.at(-1)?.position ?? cursor.position }) };
}

async function answer(context: ReadContext, { rows, next }: Awaited<ReturnType<typeof readAfter>>) {
  context.shows(rows.map(({ personId }) => personId));
  return { items: await describe(context, context.role, rows), next };
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

/** A position, and the epoch in which it was given: each restore of the database begins another. */
export interface Cursor {
  readonly epoch: number;
  readonly position: number;
}

/**
 * The epoch of the next cursor. Events that only an earlier epoch had are lost, and a cursor that has passed them would
 * pass over as many new ones.
 *
 * @param textOf the text of a cursor, to name the one from which to go on
 * @throws Problem cursor-ahead
 */
export async function epochAfter(
  tx: Tx,
  cursor: Cursor,
  textOf: (cursor: Cursor) => string,
): Promise<number> {
  const { epoch, through } = await findCursorLimit(tx, cursor.epoch);
  if (cursor.position <= through) return epoch;
  const from = textOf({ epoch, position: through });
  throw new Problem('cursor-ahead', { detail: `${problems['cursor-ahead'].detail}续读位置：${from}` });
}

function cursorOf({ epoch, position }: Cursor): string {
  return Buffer.from(`event ${epoch} ${position}`).toString('base64url');
}

function readCursor(text: string | undefined): Cursor {
  if (text === undefined) return { epoch: 0, position: 0 };
  const form = /^event (\d{1,15}) (\d{1,15})$/;
  const [, epoch, position] = form.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  const cursor = { epoch: Number(epoch), position: Number(position) };
  if (position !== undefined && cursorOf(cursor) === text) return cursor;
  const detail = '请原样使用上一次返回的续读位置，或从头开始。';
  throw new Problem('invalid-fields', {
    fieldErrors: [{ pointer: '/query/after', code: 'wrong-format', detail }],
  });
}
