// A delivery that comes in one piece, and what is answered of any delivery: each row judged alone, good rows kept, bad rows
// answered with every reason.

import { clientOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { RecordDelivery as DeliveryRow } from '../../platform/database/tables.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { listPlaces, type Places } from '../../platform/reference/store.ts';
import { fieldErrorsOfCoverage, stateCoverage } from '../records/coverage.ts';
import { mappings } from '../records/mapping.ts';
import { type Reader, type ReadRow, type RefusedRow, readRow } from '../records/reading.ts';
import type { CoverageStatement, RecordDeliveryEnvelope, RecordDeliveryQuery } from '../records/schemas.ts';
import { insertRefusals } from '../records/store.ts';
import { type Intake, takeRows } from './intake.ts';
import { addBatch, findDelivery, insertDelivery, listDeliveries } from './store.ts';

/** Refused rows shown with a delivery; all of them are in the file of `getRecordDeliveryRefusals`. */
export const refusalsShown = 100;

/** Takes one delivery of up to 10,000 rows. Totals always add up; see `takeRows` for what becomes of a row. */
export async function deliverRecords(context: WriteContext, delivery: RecordDeliveryEnvelope) {
  const places = await listPlaces(context.tx);
  refuseEnvelope(context, delivery, places);
  const { source, coverage = [] } = delivery;
  const deliveryId = context.newId();
  const { read, unreadable } = readRows(delivery.rows, 1, {
    ...context,
    places,
    mapping: mappings.get(delivery.mapping ?? ''),
  });
  const received = {
    deliveryId,
    clientId: clientOf(context.actor),
    source,
    receivedAt: context.at.toString(),
  };
  await insertDelivery(context.tx, { ...received, state: 'complete', streamKey: null, rowsDigest: null });

  const intake = await takeRows(context, { source, deliveryId }, read);
  const refused = [...unreadable, ...intake.refused].sort((a, b) => a.rowNumber - b.rowNumber);
  await keepBatch(context, deliveryId, { ...intake, received: delivery.rows.length, refused });
  await stateCoverage(context, { source, deliveryId }, coverage);
  await context.audit({
    target: ['record-delivery', deliveryId],
    change: { source, ...intake.totals, refused: refused.length },
  });
  return await describe(context, deliveryId, null);
}

/** A delivery as it stands: what was taken so far, and what was refused. `not-found` for another client's. */
export async function getRecordDelivery(context: ReadContext, deliveryId: string) {
  return await describe(context, deliveryId, context.scope.relation === 'own' ? context.scope.client : null);
}

/**
 * This client's deliveries, without their refused rows. Whoever still sends one, or was cut off, knows no id yet and finds
 * it by the key.
 */
export async function listRecordDeliveries(context: ReadContext, query: RecordDeliveryQuery) {
  const request = pageRequest(query);
  const rows = await listDeliveries(context.tx, clientOf(context.actor), query, request);
  const { items, next } = page(rows, request, (row) => row.deliveryId);
  return { items: items.map((row) => ({ ...told(row), idempotencyKey: row.streamKey })), next };
}

/** Refuses what is wrong with a delivery as a whole, every error at once; its rows are judged one by one. */
export function refuseEnvelope(
  { at }: Pick<ReadContext, 'at'>,
  { source, coverage = [] }: { readonly source: string; readonly coverage?: readonly CoverageStatement[] },
  places: Places,
): void {
  const fieldErrors = fieldErrorsOfCoverage(coverage, places, at);
  if (source === 'officer' || source.startsWith('history-')) {
    const detail = '该来源代码由本服务保留，请使用登记机关自己的来源代码。';
    fieldErrors.unshift({ pointer: '/body/source', code: 'reserved', detail });
  }
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
}

/** Reads rows in their order; those that do not read well come back with every reason. */
export function readRows(rows: readonly unknown[], firstRowNumber: number, reader: Reader) {
  const read: ReadRow[] = [];
  const unreadable: RefusedRow[] = [];
  for (const [index, row] of rows.entries()) {
    const result = readRow(row, firstRowNumber + index, reader);
    if ('fieldErrors' in result) unreadable.push(result);
    else read.push(result);
  }
  return { read, unreadable };
}

/** Adds what became of a batch's rows to its delivery. */
export async function keepBatch(
  context: WriteContext,
  deliveryId: string,
  { received, refused, totals, peopleToReassess }: Intake & { readonly received: number },
  rowsDigest: Buffer | null = null,
): Promise<void> {
  await insertRefusals(
    context.tx,
    refused.map(({ fieldErrors, ...row }) => ({ ...row, faults: fieldErrors, deliveryId })),
  );
  const counted = { received, ...totals, refused: refused.length, peopleToReassess };
  await addBatch(context.tx, deliveryId, counted, { rowsDigest, takenAt: context.at.toString() });
}

/** A delivery as it stands, for its client or for everybody. `not-found` for another's. */
export async function describe(context: ReadContext, deliveryId: string, clientId: string | null) {
  const delivery = await findDelivery(context.tx, deliveryId, clientId, refusalsShown);
  if (delivery === undefined) throw new Problem('not-found');
  return {
    ...told(delivery),
    refused: delivery.refusals.map((row) => ({
      row: row.rowNumber,
      sourceKey: row.sourceKey,
      // Written by keepPortion in this shape.
      errors: row.faults as unknown as FieldError[],
    })),
  };
}

function told(delivery: DeliveryRow) {
  return {
    id: delivery.deliveryId,
    source: delivery.source,
    state: delivery.state,
    receivedAt: delivery.receivedAt,
    takenAt: delivery.takenAt,
    totals: {
      received: delivery.rowsReceived,
      new: delivery.rowsNew,
      superseding: delivery.rowsSuperseding,
      unchanged: delivery.rowsUnchanged,
      outdated: delivery.rowsOutdated,
      refused: delivery.rowsRefused,
    },
    peopleToReassess: delivery.peopleToReassess,
  };
}
