// The refused rows of a delivery as a file that a spreadsheet opens: a line for each fault, read from the database as it
// is written out.

import type { ReadContext, StreamContext } from '../../platform/context.ts';
import { batchesOf } from '../../platform/database/batches.ts';
import { csvLine, inert } from '../../platform/documents/csv.ts';
import type { FieldError } from '../../platform/problem.ts';
import { Problem } from '../../platform/problem.ts';
import { findDelivery, listRefusals } from './store.ts';

const rowsAtOnce = 2_000;

/** Refuses with `not-found` before anything is written, then answers the file in pieces. */
export async function getRecordDeliveryRefusals(
  streaming: StreamContext,
  deliveryId: string,
): Promise<AsyncIterable<string>> {
  await streaming.read((context) => seen(context, deliveryId));
  return pieces(streaming, deliveryId);
}

async function seen(context: ReadContext, deliveryId: string): Promise<void> {
  const clientId = context.scope.relation === 'own' ? context.scope.client : null;
  const delivery = await findDelivery(context.tx, deliveryId, clientId, 0);
  if (delivery === undefined) throw new Problem('not-found');
}

async function* pieces(streaming: StreamContext, deliveryId: string): AsyncGenerator<string> {
  // The mark by which spreadsheets know UTF-8.
  yield '\uFEFF行号,来源主键,位置,代码,原因\r\n';
  const list = (last: { rowNumber: number } | null, limit: number) =>
    streaming.read(({ tx }) => listRefusals(tx, deliveryId, last?.rowNumber ?? 0, limit));
  for await (const rows of batchesOf(list, rowsAtOnce)) yield rows.map(linesOf).join('');
}

function linesOf(row: { rowNumber: number; sourceKey: string | null; faults: unknown }): string {
  // Written by keepPortion in this shape.
  return (row.faults as readonly FieldError[])
    .map(({ pointer, code, detail }) =>
      // A source key is anybody's text.
      csvLine([String(row.rowNumber), inert(row.sourceKey ?? ''), pointer, code, detail]),
    )
    .join('');
}
