// Reads and writes deliveries: their progress, their totals and their refused rows.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { type ColumnTypes, rowsOf } from '../../platform/database/rows.ts';
import type { RecordDelivery } from '../../platform/database/tables.ts';
import { later } from '../../platform/database/transaction.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { FieldError } from '../../platform/problem.ts';
import type { RefusedRow } from '../records/reading.ts';
import type { RecordDeliveryQuery, RowOutcome } from './schemas.ts';

/** Begins a delivery; addRows adds the results batch by batch. */
export async function insertDelivery(
  tx: Tx,
  delivery: Pick<
    RecordDelivery,
    'deliveryId' | 'clientId' | 'source' | 'receivedAt' | 'state' | 'streamKey' | 'rowsDigest' | 'fileDigest'
  >,
): Promise<RecordDelivery> {
  const none = { rowsNew: 0, rowsSuperseding: 0, rowsUnchanged: 0, rowsOutdated: 0, rowsRefused: 0 };
  return await tx
    .insertInto('recordDelivery')
    .values({ ...delivery, ...none, rowsReceived: 0, peopleToReassess: 0, takenAt: null })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** A streamed delivery by its key or its id, locked until the transaction ends. */
export async function lockStream(tx: Tx, clientId: string, by: string | { readonly deliveryId: string }) {
  return await tx
    .selectFrom('recordDelivery')
    .select(['deliveryId', 'source', 'state', 'rowsReceived', 'rowsDigest'])
    .where('clientId', '=', clientId)
    .where((eb) => (typeof by === 'string' ? eb('streamKey', '=', by) : eb('deliveryId', '=', by.deliveryId)))
    .forUpdate()
    .executeTakeFirst();
}

export async function setDeliveryComplete(tx: Tx, deliveryId: string): Promise<void> {
  await tx
    .updateTable('recordDelivery')
    .set({ state: 'complete' })
    .where('deliveryId', '=', deliveryId)
    .execute();
}

const refusalTypes: ColumnTypes<'recordDeliveryRefusal'> = {
  deliveryId: 'uuid',
  rowNumber: 'int',
  sourceKey: 'text',
  errors: 'jsonb',
};

/** Rows of all deliveries so far: taken, and refused. */
export async function sumRows(tx: Tx): Promise<{ readonly accepted: number; readonly refused: number }> {
  const { rows } = await sql<{ accepted: number; refused: number }>`
    select coalesce(sum(rows_received - rows_refused), 0)::bigint as accepted,
      coalesce(sum(rows_refused), 0)::bigint as refused from record_delivery`.execute(tx);
  return rows[0] ?? { accepted: 0, refused: 0 };
}

/** Adds the totals and refused rows of a batch to its delivery. */
export async function addRows(
  tx: Tx,
  deliveryId: string,
  counted: Readonly<Record<Exclude<RowOutcome, 'refused'> | 'received', number>>,
  refused: readonly RefusedRow[],
  taken: Pick<RecordDelivery, 'rowsDigest' | 'takenAt'>,
): Promise<RecordDelivery> {
  if (refused.length > 0) {
    const rows = refused.map(({ fieldErrors, ...row }) => ({ ...row, deliveryId, errors: fieldErrors }));
    later(tx, sql`insert into record_delivery_refusal ${rowsOf(refusalTypes, rows)}`);
  }
  return await tx
    .updateTable('recordDelivery')
    .set((eb) => ({
      ...taken,
      rowsReceived: eb('rowsReceived', '+', counted.received),
      rowsNew: eb('rowsNew', '+', counted.new),
      rowsSuperseding: eb('rowsSuperseding', '+', counted.superseding),
      rowsUnchanged: eb('rowsUnchanged', '+', counted.unchanged),
      rowsOutdated: eb('rowsOutdated', '+', counted.outdated),
      rowsRefused: eb('rowsRefused', '+', refused.length),
    }))
    .where('deliveryId', '=', deliveryId)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function addPeopleToReassess(
  tx: Tx,
  deliveryId: string,
  people: number,
): Promise<RecordDelivery> {
  return await tx
    .updateTable('recordDelivery')
    .set((eb) => ({ peopleToReassess: eb('peopleToReassess', '+', people) }))
    .where('deliveryId', '=', deliveryId)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** A delivery, of this client or of any. */
export async function findDelivery(
  tx: Tx,
  deliveryId: string,
  clientId: string | null,
): Promise<RecordDelivery | undefined> {
  let query = tx.selectFrom('recordDelivery').selectAll().where('deliveryId', '=', deliveryId);
  if (clientId !== null) query = query.where('clientId', '=', clientId);
  return await query.executeTakeFirst();
}

/** A client's deliveries, oldest first. */
export async function listDeliveries(
  tx: Tx,
  clientId: string,
  { state, idempotencyKey }: Pick<RecordDeliveryQuery, 'state' | 'idempotencyKey'>,
  { limit, afterId }: PageRequest,
): Promise<RecordDelivery[]> {
  let query = tx.selectFrom('recordDelivery').selectAll().where('clientId', '=', clientId);
  if (state !== undefined) query = query.where('state', '=', state);
  if (idempotencyKey !== undefined) query = query.where('streamKey', '=', idempotencyKey);
  if (afterId !== null) query = query.where('deliveryId', '>', afterId);
  return await query
    .orderBy('deliveryId')
    .limit(atMost(limit + 1))
    .execute();
}

/** Refused rows of a delivery after a row number, in ascending order. */
export async function listRefusals(
  tx: Tx,
  deliveryId: string,
  afterRow: number,
  limit: number,
): Promise<RefusedRow[]> {
  const rows = await tx
    .selectFrom('recordDeliveryRefusal')
    .select(['rowNumber', 'sourceKey', 'errors'])
    .where('deliveryId', '=', deliveryId)
    .where('rowNumber', '>', afterRow)
    .orderBy('rowNumber')
    .limit(atMost(limit))
    .execute();
  // as addRows wrote them
  return rows.map(({ errors, ...row }) => ({ ...row, fieldErrors: errors as unknown as FieldError[] }));
}
