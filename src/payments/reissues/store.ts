// Remembers corrected accounts, what replaced a payment, and payments that came back.

import type { Tx } from '../../platform/database/connect.ts';
import type { Database, PaymentCorrection } from '../../platform/database/tables.ts';
import type { LineKey } from '../lines/store.ts';

/** False when the line has one that is proposed or confirmed. */
export async function insertCorrection(tx: Tx, row: PaymentCorrection): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('paymentCorrection')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('lineId').where('state', 'in', ['proposed', 'confirmed']).doNothing(),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** The proposal that waits for an answer, held until the transaction ends. */
export async function lockProposal(tx: Tx, { personId, lineId }: LineKey) {
  return await tx
    .selectFrom('paymentCorrection')
    .selectAll()
    .where('personId', '=', personId)
    .where('lineId', '=', lineId)
    .where('state', '=', 'proposed')
    .forUpdate()
    .executeTakeFirst();
}

export async function findNewest(tx: Tx, { personId, lineId }: LineKey) {
  return await tx
    .selectFrom('paymentCorrection')
    .selectAll()
    .where('personId', '=', personId)
    .where('lineId', '=', lineId)
    .orderBy('correctionId', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function setAnswered(
  tx: Tx,
  { personId, correctionId }: { personId: string; correctionId: string },
  state: 'confirmed' | 'rejected',
  answeredAt: string,
  answeredBy: string,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('paymentCorrection')
    .set({ state, answeredAt, answeredBy })
    .where('personId', '=', personId)
    .where('correctionId', '=', correctionId)
    .where('state', '=', 'proposed')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`correction ${correctionId} was not proposed`);
}

/** The months of a line that may still be paid: those that it occupies and that were not recovered since. */
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

/** Whether a month that the line paid was recovered, and the recovery stands. */
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

/** A new line in the place of one that did not arrive. The index one_live_replacement_per_line lets no second one in. */
export async function insertReplacement(
  tx: Tx,
  line: Pick<
    Database['paymentLine'],
    'personId' | 'lineId' | 'disbursementId' | 'streetCode' | 'applicationId' | 'amountFen'
  > & { correctionId: string; replacesLineId: string },
  months: readonly { month: string; applicationId: string; amountFen: number }[],
): Promise<void> {
  await tx
    .insertInto('paymentLine')
    .values({ ...line, state: 'waiting' })
    .execute();
  const { personId, lineId } = line;
  await tx
    .insertInto('paymentLineMonth')
    .values(months.map((month) => ({ personId, lineId, ...month })))
    .execute();
}

/** The line that stands in this one's place. */
export async function findReplacement(tx: Tx, { personId, lineId }: LineKey) {
  return await tx
    .selectFrom('paymentLine')
    .select('lineId')
    .where('personId', '=', personId)
    .where('replacesLineId', '=', lineId)
    .where('releaseCause', 'is', null)
    .executeTakeFirst();
}

export async function insertReturn(tx: Tx, row: Database['paymentReturn']): Promise<void> {
  await tx.insertInto('paymentReturn').values(row).execute();
}
