// Remembers disbursements, their rosters and lines, the money asked for and received, and the bank's results.

import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Sight } from '../access/permissions.ts';
import type { Tx } from '../database/connect.ts';
import type { Database, Disbursement, PaymentLine } from '../database/tables.ts';
import type { PageRequest } from '../http/paging.ts';
import type { DisbursementState, PaymentFailure } from './states.ts';

/** A street sees the disbursements that pay people of its own. */
function visible(sight: Sight) {
  return (eb: ExpressionBuilder<Database, 'disbursement'>): Expression<SqlBool> => {
    switch (sight.relation) {
      case 'city':
        return eb.val(true);
      case 'agency':
        return eb('disbursement.agencyCode', '=', sight.code);
      case 'street':
        return eb.exists(
          eb
            .selectFrom('roster')
            .select('roster.streetCode')
            .whereRef('roster.disbursementId', '=', 'disbursement.disbursementId')
            .where('roster.streetCode', '=', sight.code),
        );
      case 'own':
        return eb.val(false);
    }
  };
}

export async function findDisbursement(tx: Tx, sight: Sight, disbursementId: string) {
  return await tx
    .selectFrom('disbursement')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .where(visible(sight))
    .executeTakeFirst();
}

/** Holds the disbursement until the transaction ends. */
export async function lockDisbursement(tx: Tx, sight: Sight, disbursementId: string) {
  return await tx
    .selectFrom('disbursement')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .where(visible(sight))
    .forUpdate()
    .executeTakeFirst();
}

export async function listDisbursements(
  tx: Tx,
  sight: Sight,
  state: DisbursementState | undefined,
  page: PageRequest,
) {
  let query = tx.selectFrom('disbursement').selectAll().where(visible(sight));
  if (state !== undefined) query = query.where('state', '=', state);
  if (page.afterId !== null) query = query.where('disbursementId', '>', page.afterId);
  return await query
    .orderBy('disbursementId')
    .limit(page.limit + 1)
    .execute();
}

/** One gathering at a time for an agency; the second then finds what the first has left. */
export async function lockAgency(tx: Tx, agencyCode: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`disbursement ${agencyCode}`}, 0))`.execute(tx);
}

/**
 * Every month of the agency that is live, in no payment, and not in doubt: a month with an open recovery waits until it
 * is dismissed. In the order of the rosters: street, then case.
 */
export async function listPayableMonths(tx: Tx, agencyCode: string) {
  return await tx
    .selectFrom('subsidyMonth as m')
    .innerJoin('application as a', (join) =>
      join.onRef('a.personId', '=', 'm.personId').onRef('a.applicationId', '=', 'm.applicationId'),
    )
    .select(['m.personId', 'm.month', 'm.applicationId', 'm.amountFen', 'a.streetCode'])
    .where('a.agencyCode', '=', agencyCode)
    .where('m.state', '=', 'live')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('paymentLineMonth as l')
            .select('l.lineId')
            .whereRef('l.personId', '=', 'm.personId')
            .whereRef('l.month', '=', 'm.month')
            .where('l.live', '=', true),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('recovery as r')
            .select('r.recoveryId')
            .whereRef('r.personId', '=', 'm.personId')
            .whereRef('r.month', '=', 'm.month')
            .where('r.state', '=', 'suspected'),
        ),
      ),
    )
    // An approval that was drawn for a second look waits for it.
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('secondLook as s')
            .select('s.decisionId')
            .whereRef('s.personId', '=', 'm.personId')
            .whereRef('s.applicationId', '=', 'm.applicationId')
            .where('s.state', '=', 'waiting'),
        ),
      ),
    )
    .orderBy('a.streetCode')
    .orderBy('m.applicationId')
    .orderBy('m.month')
    .execute();
}

export async function nextDisbursementSequence(tx: Tx): Promise<number> {
  const { rows } = await sql<{
    value: number;
  }>`select nextval('disbursement_number_sequence') as value`.execute(tx);
  const value = rows[0]?.value;
  if (value === undefined) throw new Error('the disbursement sequence gave nothing');
  return value;
}

export async function insertDisbursement(
  tx: Tx,
  row: Disbursement,
  streetCodes: readonly string[],
): Promise<void> {
  await tx.insertInto('disbursement').values(row).execute();
  await tx
    .insertInto('roster')
    .values(
      streetCodes.map((streetCode) => ({
        disbursementId: row.disbursementId,
        streetCode,
        verifiedAt: null,
        verifiedBy: null,
      })),
    )
    .execute();
}

export async function insertLines(
  tx: Tx,
  lines: readonly {
    personId: string;
    lineId: string;
    disbursementId: string;
    streetCode: string;
    applicationId: string;
    amountFen: number;
  }[],
): Promise<void> {
  await tx
    .insertInto('paymentLine')
    .values(
      lines.map(
        (line) =>
          ({ ...line, state: 'waiting', failure: null, holdReason: null, replacesLineId: null }) as const,
      ),
    )
    .execute();
}

export async function insertLineMonths(
  tx: Tx,
  months: readonly {
    personId: string;
    lineId: string;
    month: string;
    applicationId: string;
    amountFen: number;
  }[],
): Promise<void> {
  await tx
    .insertInto('paymentLineMonth')
    .values([...months])
    .execute();
}

/** Moves a disbursement on: the only statement that changes its state. */
export async function setDisbursementState(
  tx: Tx,
  disbursementId: string,
  from: DisbursementState,
  to: DisbursementState,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('disbursement')
    .set((eb) => ({ state: to, version: eb('version', '+', 1) }))
    .where('disbursementId', '=', disbursementId)
    .where('state', '=', from)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`disbursement ${disbursementId} was not ${from}`);
}

export async function listRosters(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('roster')
    .innerJoin('street', 'street.streetCode', 'roster.streetCode')
    .leftJoin('paymentLine as l', (join) =>
      join
        .onRef('l.disbursementId', '=', 'roster.disbursementId')
        .onRef('l.streetCode', '=', 'roster.streetCode')
        .on('l.state', '<>', 'held'),
    )
    .select(['roster.streetCode', 'street.name', 'roster.verifiedAt'])
    .select((eb) => [
      eb.fn.count('l.lineId').as('lineCount'),
      sql<number>`coalesce(sum(l.amount_fen), 0)::bigint`.as('amountFen'),
    ])
    .where('roster.disbursementId', '=', disbursementId)
    .groupBy(['roster.streetCode', 'street.name', 'roster.verifiedAt'])
    .orderBy('roster.streetCode')
    .execute();
}

/** Signs a street's roster. False when it was signed before. */
export async function setRosterVerified(
  tx: Tx,
  roster: { disbursementId: string; streetCode: string },
  verifiedAt: string,
  verifiedBy: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('roster')
    .set({ verifiedAt, verifiedBy })
    .where('disbursementId', '=', roster.disbursementId)
    .where('streetCode', '=', roster.streetCode)
    .where('verifiedAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Lines in the order of the rosters, with what they pay for and to whom. */
export async function listLines(tx: Tx, disbursementId: string, streetCode: string | null) {
  return await tx
    .selectFrom('paymentLine as l')
    .innerJoin('application as a', (join) =>
      join.onRef('a.personId', '=', 'l.personId').onRef('a.applicationId', '=', 'l.applicationId'),
    )
    .innerJoin('person as p', 'p.personId', 'l.personId')
    .select([
      'l.personId',
      'l.lineId',
      'l.streetCode',
      'l.applicationId',
      'l.state',
      'l.amountFen',
      'l.failure',
      'l.holdReason',
    ])
    .select([
      'a.caseNumber',
      'a.nameSealed',
      'a.bank',
      'a.accountSealed',
      'a.accountMasked',
      'p.identityMasked',
    ])
    .where('l.disbursementId', '=', disbursementId)
    .$if(streetCode !== null, (query) => query.where('l.streetCode', '=', streetCode ?? ''))
    .orderBy('l.streetCode')
    .orderBy('l.lineId')
    .execute();
}

export async function listLineMonths(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('paymentLineMonth as m')
    .innerJoin('paymentLine as l', (join) =>
      join.onRef('l.personId', '=', 'm.personId').onRef('l.lineId', '=', 'm.lineId'),
    )
    .select(['m.personId', 'm.lineId', 'm.month', 'm.applicationId', 'm.amountFen', 'm.live', 'l.state'])
    .where('l.disbursementId', '=', disbursementId)
    .orderBy('m.lineId')
    .orderBy('m.month')
    .execute();
}

/** Moves lines from one state to another; throws when any of them was not in it. */
export async function setLineStates(
  tx: Tx,
  lines: readonly { personId: string; lineId: string }[],
  from: readonly PaymentLine['state'][],
  to: PaymentLine['state'],
  why: { failure?: PaymentFailure; holdReason?: string } = {},
): Promise<void> {
  if (lines.length === 0) return;
  const { numUpdatedRows } = await tx
    .updateTable('paymentLine')
    .set({ state: to, failure: why.failure ?? null, holdReason: why.holdReason ?? null })
    .where('personId', '=', (eb) => eb.fn.any(eb.val(lines.map((line) => line.personId))))
    .where('lineId', '=', (eb) => eb.fn.any(eb.val(lines.map((line) => line.lineId))))
    .where('state', 'in', [...from])
    .executeTakeFirst();
  if (numUpdatedRows !== BigInt(lines.length)) throw new Error(`not every line was ${from.join(' or ')}`);
}

/** Frees the months of a line for another disbursement. */
export async function setLineMonthsDead(tx: Tx, lineId: string): Promise<void> {
  await tx.updateTable('paymentLineMonth').set({ live: false }).where('lineId', '=', lineId).execute();
}

export async function insertFundRequest(tx: Tx, row: Database['fundRequest']): Promise<void> {
  await tx.insertInto('fundRequest').values(row).execute();
}

export async function findFundRequest(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('fundRequest')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .executeTakeFirst();
}

export async function insertFundReceipt(tx: Tx, row: Database['fundReceipt']): Promise<void> {
  await tx.insertInto('fundReceipt').values(row).execute();
}

export async function insertPaymentFile(tx: Tx, row: Database['paymentFile']): Promise<void> {
  await tx.insertInto('paymentFile').values(row).execute();
}

export async function findPaymentFile(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('paymentFile')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .executeTakeFirst();
}

export async function insertResultFile(tx: Tx, row: Database['resultFile']): Promise<void> {
  await tx.insertInto('resultFile').values(row).execute();
}

export async function hasResultFile(tx: Tx, disbursementId: string, contentDigest: Buffer): Promise<boolean> {
  const row = await tx
    .selectFrom('resultFile')
    .select('disbursementId')
    .where('disbursementId', '=', disbursementId)
    .where('contentDigest', '=', contentDigest)
    .executeTakeFirst();
  return row !== undefined;
}
