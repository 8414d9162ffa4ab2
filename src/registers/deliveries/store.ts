// Remembers deliveries: how far each has come, what became of its rows, and which were refused.

import type { Tx } from '../../platform/database/connect.ts';
import type { RecordDelivery } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { RecordDeliveryQuery, RowOutcome } from '../records/schemas.ts';

/** Begins a delivery; what becomes of its rows is added batch by batch. */
export async function insertDelivery(
  tx: Tx,
  delivery: Pick<
    RecordDelivery,
    'deliveryId' | 'clientId' | 'source' | 'receivedAt' | 'state' | 'streamKey' | 'rowsDigest'
  >,
): Promise<void> {
  const none = { rowsNew: 0, rowsSuperseding: 0, rowsUnchanged: 0, rowsOutdated: 0, rowsRefused: 0 };
  await tx
    .insertInto('recordDelivery')
    .values({
      ...delivery,
      ...none,
      rowsReceived: 0,
      peopleToReassess: 0,
      takenAt: null,
    })
    .execute();
}

/** A streamed delivery by its key or its id, held until the transaction ends. */
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

type BatchCounts = Readonly<Record<RowOutcome | 'received' | 'peopleToReassess', number>>;

export async function addBatch(
  tx: Tx,
  deliveryId: string,
  counted: BatchCounts,
  taken: Pick<RecordDelivery, 'rowsDigest' | 'takenAt'>,
): Promise<void> {
  await tx
    .updateTable('recordDelivery')
    .set((eb) => ({
      ...taken,
      rowsReceived: eb('rowsReceived', '+', counted.received),
      rowsNew: eb('rowsNew', '+', counted.new),
      rowsSuperseding: eb('rowsSuperseding', '+', counted.superseding),
      rowsUnchanged: eb('rowsUnchanged', '+', counted.unchanged),
      rowsOutdated: eb('rowsOutdated', '+', counted.outdated),
      rowsRefused: eb('rowsRefused', '+', counted.refused),
      peopleToReassess: eb('peopleToReassess', '+', counted.peopleToReassess),
    }))
    .where('deliveryId', '=', deliveryId)
    .execute();
}

/** A delivery with the first of its refused rows. */
export async function findDelivery(
  tx: Tx,
  deliveryId: string,
  clientId: string | null,
  maximumRefusals: number,
) {
  const delivery = await tx
    .selectFrom('recordDelivery')
    .selectAll()
    .where('deliveryId', '=', deliveryId)
    .$if(clientId !== null, (query) => query.where('clientId', '=', clientId ?? ''))
    .executeTakeFirst();
  if (delivery === undefined) return undefined;
  const refusals = await listRefusals(tx, deliveryId, 0, maximumRefusals);
  return { ...delivery, refusals };
}

/** A client's deliveries, in the order in which they began. */
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
    .limit(limit + 1)
    .execute();
}

/** Refused rows of a delivery behind a row number, in their order. */
export async function listRefusals(tx: Tx, deliveryId: string, afterRow: number, limit: number) {
  return await tx
    .selectFrom('recordDeliveryRefusal')
    .selectAll()
    .where('deliveryId', '=', deliveryId)
    .where('rowNumber', '>', afterRow)
    .orderBy('rowNumber')
    .limit(limit)
    .execute();
}
