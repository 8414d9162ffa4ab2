// Takes the registers' deliveries and reports their results: each row is validated separately, valid rows are stored
// and invalid rows are returned with every error. stream.ts takes bodies of lines.

import { clientOf } from '../../platform/access/actor.ts';
import type { ReadContext, StreamContext, WriteContext } from '../../platform/context.ts';
import { batchesOf } from '../../platform/database/batches.ts';
import type { RecordDelivery as DeliveryRow } from '../../platform/database/tables.ts';
import { csvLine, inert } from '../../platform/documents/csv.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { fieldErrorsOfCoverage, stateCoverage } from '../records/coverage.ts';
import { mappings } from '../records/mapping.ts';
import { type Reader, type ReadRow, type RefusedRow, readRow } from '../records/reading.ts';
import { takeDelivery } from './intake.ts';
import type { RecordDeliveryEnvelope, RecordDeliveryQuery } from './schemas.ts';
import { findDelivery, listDeliveries, listRefusals } from './store.ts';

export { sumRows } from './store.ts';

/** Refused rows included in a delivery; `getRecordDeliveryRefusalsFile` has all of them. */
const refusalsShown = 100;

/**
 * Takes one delivery of up to 10,000 rows. The totals add up to the rows received; see `takeRows` for the results of a
 * row.
 */
export async function deliverRecords(context: WriteContext, delivery: RecordDeliveryEnvelope) {
  const reader = readerOf(context, delivery.mapping);
  validateEnvelope(context, delivery, reader);
  const { source, coverage = [] } = delivery;
  const rows = readRows(delivery.rows, reader);
  const { row, totals, refused } = await takeDelivery(context, { source }, rows);
  const { deliveryId } = row;
  await stateCoverage(context, { source, deliveryId }, coverage);
  await context.audit({
    target: ['record-delivery', deliveryId],
    change: { source, ...totals, refused: refused.length },
  });
  return describe(row, refused.slice(0, refusalsShown));
}

/**
 * Reports what was taken and refused of a delivery so far. A register reads its own deliveries only.
 *
 * @throws Problem not-found
 */
export async function getRecordDelivery(context: ReadContext, deliveryId: string) {
  const [row, refused] = await Promise.all([
    deliveryInScope(context, deliveryId),
    listRefusals(context.tx, deliveryId, 0, refusalsShown),
  ]);
  return describe(row, refused);
}

/**
 * Lists this client's deliveries without refused rows. A client that is still streaming, or was cut off, has no id yet
 * and finds its delivery by the Idempotency-Key.
 */
export async function listRecordDeliveries(context: ReadContext, query: RecordDeliveryQuery) {
  const request = pageRequest(query);
  const rows = await listDeliveries(context.tx, clientOf(context.actor), query, request);
  const { items, next } = page(rows, request, (row) => row.deliveryId);
  return { items: items.map((row) => ({ ...summaryOf(row), idempotencyKey: row.streamKey })), next };
}

/**
 * Writes the refused rows as a CSV file, one line per error, streamed from the database.
 *
 * @throws Problem not-found, before anything is written
 */
export async function getRecordDeliveryRefusalsFile(
  streaming: StreamContext,
  deliveryId: string,
): Promise<AsyncIterable<string>> {
  await streaming.read((context) => deliveryInScope(context, deliveryId));
  return piecesOf(streaming, deliveryId);
}

const refusalsAtOnce = 2_000;

async function* piecesOf(streaming: StreamContext, deliveryId: string): AsyncGenerator<string> {
  // The byte order mark by which spreadsheets recognise UTF-8.
  yield '\uFEFF行号,来源主键,位置,代码,原因\r\n';
  const list = (last: RefusedRow | null, limit: number) =>
    streaming.read(({ tx }) => listRefusals(tx, deliveryId, last?.rowNumber ?? 0, limit));
  for await (const refused of batchesOf(list, refusalsAtOnce)) yield refused.map(linesOf).join('');
}

function linesOf({ rowNumber, sourceKey, fieldErrors }: RefusedRow): string {
  return fieldErrors
    .map(({ pointer, code, detail }) =>
      // A source key is arbitrary text and must not run as a formula.
      csvLine([String(rowNumber), inert(sourceKey ?? ''), pointer, code, detail]),
    )
    .join('');
}

/** A row reader with the mapping of this name, or with our own field names. */
export function readerOf({ today, settings, reference }: ReadContext, mapping = ''): Reader {
  return { today, settings, places: reference.places, mapping: mappings.get(mapping) };
}

/**
 * Rejects a delivery as a whole, with every error outside of its rows.
 *
 * @throws Problem invalid-fields
 */
export function validateEnvelope(
  { at }: Pick<ReadContext, 'at'>,
  { source, coverage = [] }: Pick<RecordDeliveryEnvelope, 'source' | 'coverage'>,
  { places }: Reader,
): void {
  const fieldErrors = fieldErrorsOfCoverage(coverage, places, at);
  if (source === 'officer' || source.startsWith('hand-')) {
    const detail = '该来源代码由本服务保留，请使用登记机关自己的来源代码。';
    fieldErrors.unshift({ pointer: '/body/source', code: 'reserved', detail });
  }
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
}

function readRows(rows: readonly unknown[], reader: Reader) {
  const read: ReadRow[] = [];
  const unreadable: RefusedRow[] = [];
  for (const [index, row] of rows.entries()) {
    const result = readRow(row, index + 1, reader);
    if ('fieldErrors' in result) unreadable.push(result);
    else read.push(result);
  }
  return { received: rows.length, read, unreadable };
}

async function deliveryInScope({ tx, scope }: ReadContext, deliveryId: string): Promise<DeliveryRow> {
  const row = await findDelivery(tx, deliveryId, scope.relation === 'own' ? scope.client : null);
  if (row === undefined) throw new Problem('not-found');
  return row;
}

function describe(row: DeliveryRow, refused: readonly RefusedRow[]) {
  return {
    ...summaryOf(row),
    refused: refused.map(({ rowNumber, sourceKey, fieldErrors }) => ({
      row: rowNumber,
      sourceKey,
      errors: [...fieldErrors],
    })),
  };
}

function summaryOf(row: DeliveryRow) {
  return {
    id: row.deliveryId,
    source: row.source,
    state: row.state,
    receivedAt: row.receivedAt,
    takenAt: row.takenAt,
    totals: {
      received: row.rowsReceived,
      new: row.rowsNew,
      superseding: row.rowsSuperseding,
      unchanged: row.rowsUnchanged,
      outdated: row.rowsOutdated,
      refused: row.rowsRefused,
    },
    peopleToReassess: row.peopleToReassess,
  };
}
