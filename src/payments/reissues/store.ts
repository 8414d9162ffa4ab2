// Stores corrected accounts of payments that did not arrive.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { BankAccountChange } from '../../platform/database/tables.ts';
import type { LineKey } from '../lines/store.ts';

/** Returns undefined if the line already has a proposed or confirmed one. */
export async function insertCorrection(tx: Tx, row: BankAccountChange) {
  return await tx
    .insertInto('bankAccountChange')
    .values(row)
    // Literals: of a plan made once for all parameters, PostgreSQL cannot tell which index is meant.
    .onConflict((conflict) =>
      conflict
        .column('lineId')
        .where('state', 'in', [sql.lit<'proposed'>('proposed'), sql.lit<'confirmed'>('confirmed')])
        .doNothing(),
    )
    .returningAll()
    .executeTakeFirst();
}

/** The proposal that waits for an answer, locked until the transaction ends. */
export async function lockProposal(tx: Tx, { personId, lineId }: LineKey) {
  return await tx
    .selectFrom('bankAccountChange')
    .selectAll()
    .where('personId', '=', personId)
    .where('lineId', '=', lineId)
    .where('state', '=', 'proposed')
    .forUpdate()
    .executeTakeFirst();
}

export async function setAnswered(
  tx: Tx,
  { personId, bankAccountChangeId }: { personId: string; bankAccountChangeId: string },
  state: 'confirmed' | 'rejected',
  answeredAt: string,
  answeredBy: string,
) {
  const row = await tx
    .updateTable('bankAccountChange')
    .set({ state, answeredAt, answeredBy })
    .where('personId', '=', personId)
    .where('bankAccountChangeId', '=', bankAccountChangeId)
    .where('state', '=', 'proposed')
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new Error(`correction ${bankAccountChangeId} was not proposed`);
  return row;
}

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
