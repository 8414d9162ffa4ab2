// What an import needs of the records: taking rows in under versions that we assign, and saying beforehand what would
// become of them.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { findPersonByIdentity } from '../people/operations.ts';
import type { ReadRow, RefusedRow } from '../records/reading.ts';
import { keepBatch } from './delivery.ts';
import { type Intake, planUpserts } from './intake.ts';
import { insertDelivery } from './store.ts';

export { type Intake, takeRows } from './intake.ts';

/** Stands for people whom nobody has heard of yet: no record is about it. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** What would become of rows if they were taken in now under assigned versions. Makes nobody and stores nothing. */
export async function forecastRows(
  context: ReadContext,
  source: string,
  rows: readonly ReadRow[],
): Promise<Intake> {
  const personIds = new Map<string, string>();
  for (const { identity } of rows)
    personIds.set(identity.text, (await findPersonByIdentity(context, identity)) ?? nobody);
  const delivery = { source, deliveryId: nobody, assignsVersions: true };
  const { plan, refused, totals } = await planUpserts(
    { ...context, newId: () => nobody },
    delivery,
    rows,
    personIds,
  );
  plan(rows);
  return { refused, totals, peopleToReassess: 0 };
}

/** Keeps an import as a delivery, with what became of its rows. */
export async function keepImport(
  context: WriteContext,
  delivery: { readonly deliveryId: string; readonly source: string; readonly clientId: string },
  received: number,
  unreadable: readonly RefusedRow[],
  take: () => Promise<Intake>,
): Promise<Intake> {
  const receivedAt = context.at.toString();
  await insertDelivery(context.tx, {
    ...delivery,
    receivedAt,
    state: 'complete',
    streamKey: null,
    rowsDigest: null,
  });
  const intake = await take();
  const refused = [...unreadable, ...intake.refused];
  await keepBatch(context, delivery.deliveryId, { ...intake, received, refused });
  return intake;
}
