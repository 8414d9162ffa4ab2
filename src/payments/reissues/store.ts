// Reads what a payment that did not arrive may still pay.

import type { Tx } from '../../platform/database/connect.ts';
import type { LineKey } from '../lines/store.ts';

/** The months of a line that may still be paid: those it occupies and that were not recovered since. */
export async function listPayableMonths(tx: Tx, { personId, lineId }: LineKey) {
  return await tx
    .selectFrom('paymentLineMonth as l')
    .innerJoin('subsidyMonth as m', (join) =>
      join
        .onRef('m.personId', '=', 'l.personId')
        .onRef('m.month', '=', 'l.month')
        .onRef('m.applicationId', '=', 'l.applicationId'),
    )
    .select(['l.month', 'l.applicationId', 'l.amountFen'])
    .where('l.personId', '=', personId)
    .where('l.lineId', '=', lineId)
    .where('l.live', '=', true)
    .where('m.state', '=', 'live')
    .orderBy('l.month')
    .execute();
}
