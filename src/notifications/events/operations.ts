// Publishes events about cases to other systems: each at least once, those of one case in order.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Db } from '../../platform/database/connect.ts';
import { scopeOfService } from '../../platform/database/row-scope.ts';
import { transact } from '../../platform/database/transaction.ts';
import { Problem } from '../../platform/problem.ts';
import { chunks } from '../../registers/people/operations.ts';
import { listSourceKeys } from '../../registers/records/operations.ts';
import type { EventQuery } from './schemas.ts';
import { givePositions, insertEvents, listEvents as listRows } from './store.ts';
import type { CaseEvent, EventContent } from './types.ts';

const eventsPerStatement = 5_000;
/** Events positioned per read; the rest wait for the next. */
const eventsOrderedAtOnce = 10_000;

/**
 * Writes case events in the caller's transaction. Call it while the case is locked and after its state has changed: the
 * order of a case's events is the order of these calls.
 */
export async function emit(context: WriteContext, events: readonly CaseEvent[]): Promise<void> {
  for (const chunk of chunks(events, eventsPerStatement)) {
    await insertEvents(
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
  const limit = query.limit ?? 50;
  const after = query.after === undefined ? 0 : positionOf(query.after);
  const rows = await listRows(context.tx, context.scope, { type: query.type, after, limit });
  const people = rows.map(({ personId }) => personId);
  context.shows(people);
  // By which it finds the person in its own registers; no other caller knows them.
  const sourceKeys = context.role === 'provincial-system' ? await listSourceKeys(context, people) : null;
  return {
    items: rows.map((row) => ({
      id: row.eventId,
      type: row.type,
      happenedAt: row.happenedAt,
      applicationId: row.applicationId,
      caseNumber: row.caseNumber,
      agencyCode: row.agencyCode,
      ...(sourceKeys === null ? {} : { sourceKeys: sourceKeys.get(row.personId) ?? [] }),
      content: row.content as EventContent, // only emit writes it
    })),
    next: cursorOf(rows.at(-1)?.position ?? after),
  };
}

function cursorOf(position: number): string {
  return Buffer.from(`event ${position}`).toString('base64url');
}

function positionOf(cursor: string): number {
  const position = /^event (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1];
  if (position !== undefined && cursorOf(Number(position)) === cursor) return Number(position);
  const detail = '请原样使用上一次返回的续读位置，或从头开始。';
  throw new Problem('invalid-fields', {
    fieldErrors: [{ pointer: '/query/after', code: 'wrong-format', detail }],
  });
}
