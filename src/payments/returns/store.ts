// Stores payments that the bank returned.

import type { Tx } from '../../platform/database/connect.ts';
import type { Database } from '../../platform/database/tables.ts';
import type { LineKey } from '../lines/store.ts';

/** Whether a month that the line paid has a recovery that was not reversed. */
export async function hasRecoveredMonth(tx: Tx, { personId, lineId }: LineKey): Promise<boolean> {
  const row = await tx
    .selectFrom('paymentLineMonth as l')
    .innerJoin('recovery as r', (join) =>
      join
        .onRef('r.personId', '=', 'l.personId')
        .onRef('r.month', '=', 'l.month')
        .onRef('r.applicationId', '=', 'l.applicationId'),
    )
    .select('r.recoveryId')
    .where('l.personId', '=', personId)
    .where('l.lineId', '=', lineId)
    .where('r.state', 'in', ['confirmed', 'repaid'])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function insertReturn(tx: Tx, row: Database['paymentReturn']): Promise<void> {
  await tx.insertInto('paymentReturn').values(row).execute();
}
