// Remembers disbursements, their rosters, and what was made, sent and received for them. Lines are in line-store.ts.

import { type Insertable, type SqlBool, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Database, Disbursement } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { DisbursementState, LineState } from './states.ts';

const inScope = scopeFilter({
  agency: 'disbursement.agencyCode',
  // A street sees the disbursements that pay people of its own.
  street: (code) => sql<SqlBool>`exists (
    select from roster where roster.disbursement_id = disbursement.disbursement_id and roster.street_code = ${code})`,
});

export async function findDisbursement(tx: Tx, scope: Scope, disbursementId: string) {
  return await tx
    .selectFrom('disbursement')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .where(inScope(scope))
    .executeTakeFirst();
}

/** Holds the disbursement until the transaction ends. */
export async function lockDisbursement(tx: Tx, scope: Scope, disbursementId: string) {
  return await tx
    .selectFrom('disbursement')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .where(inScope(scope))
    .forUpdate()
    .executeTakeFirst();
}

export async function listDisbursements(
  tx: Tx,
  scope: Scope,
  state: DisbursementState | undefined,
  page: PageRequest,
) {
  let query = tx.selectFrom('disbursement').selectAll().where(inScope(scope));
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

export async function nextDisbursementSequence(tx: Tx): Promise<number> {
  const { rows } = await sql<{
    value: number;
  }>`select nextval('disbursement_number_sequence') as value`.execute(tx);
  const value = rows[0]?.value;
  if (value === undefined) throw new Error('the disbursement sequence gave nothing');
  return value;
}

export async function insertDisbursement(tx: Tx, row: Disbursement): Promise<void> {
  await tx.insertInto('disbursement').values(row).execute();
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

/** Its lines changed: whoever looked before has to look again. */
export async function touchDisbursement(tx: Tx, disbursementId: string): Promise<void> {
  await tx
    .updateTable('disbursement')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('disbursementId', '=', disbursementId)
    .execute();
}

/** The streets of a disbursement, with who has signed. */
export async function listRosters(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('roster')
    .innerJoin('street', 'street.streetCode', 'roster.streetCode')
    .select(['roster.streetCode', 'street.name', 'roster.verifiedAt'])
    .where('roster.disbursementId', '=', disbursementId)
    .orderBy('roster.streetCode')
    .execute();
}

export interface StateSum {
  readonly streetCode: string;
  readonly state: LineState;
  readonly lineCount: number;
  readonly amountFen: number;
}

/**
 * What each street's lines come to, by state, in one pass over them. A corrected payment in the same disbursement stands
 * for the one it replaces, not beside it.
 */
export async function sumStreets(tx: Tx, disbursementId: string): Promise<StateSum[]> {
  const { rows } = await sql<StateSum & { replacing: number }>`
    select street_code, state, count(*) as line_count, sum(amount_fen)::bigint as amount_fen,
      count(replaces_line_id) as replacing
    from payment_line where disbursement_id = ${disbursementId} group by street_code, state`.execute(tx);
  if (rows.every(({ replacing }) => replacing === 0)) return rows;
  const { rows: doubled } = await sql<StateSum>`
    select l.street_code, l.state, count(*) as line_count, sum(l.amount_fen)::bigint as amount_fen
    from payment_line l join payment_line replaced
      on replaced.person_id = l.person_id and replaced.line_id = l.replaces_line_id
    where l.disbursement_id = ${disbursementId} and replaced.disbursement_id = l.disbursement_id
      and l.state not in ('held', 'released')
    group by l.street_code, l.state`.execute(tx);
  return rows.map((row) => {
    const twice = doubled.find(
      ({ streetCode, state }) => streetCode === row.streetCode && state === row.state,
    );
    const { lineCount, amountFen } = row;
    return {
      ...row,
      lineCount: lineCount - (twice?.lineCount ?? 0),
      amountFen: amountFen - (twice?.amountFen ?? 0),
    };
  });
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

export async function insertFundReceipt(
  tx: Tx,
  row: Omit<Database['fundReceipt'], 'isLast'> & { isLast: boolean },
): Promise<void> {
  await tx.insertInto('fundReceipt').values(row).execute();
}

export async function listFundReceipts(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('fundReceipt')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .orderBy('receiptId')
    .execute();
}

export async function insertFundReturn(tx: Tx, row: Database['fundReturn']): Promise<void> {
  await tx.insertInto('fundReturn').values(row).execute();
}

export async function listFundReturns(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('fundReturn')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .orderBy('returnId')
    .execute();
}

export async function insertPaymentFile(tx: Tx, row: Insertable<Database['paymentFile']>): Promise<void> {
  await tx.insertInto('paymentFile').values(row).execute();
}

export async function listPaymentFiles(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('paymentFile')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .orderBy('batchNumber')
    .execute();
}

/** Holds a batch's file, so that two downloads come one after another. */
export async function lockPaymentFile(tx: Tx, batchNumber: string) {
  return await tx
    .selectFrom('paymentFile')
    .selectAll()
    .where('batchNumber', '=', batchNumber)
    .forUpdate()
    .executeTakeFirst();
}

export async function insertDownload(
  tx: Tx,
  row: Insertable<Database['paymentFileDownload']>,
): Promise<void> {
  await tx.insertInto('paymentFileDownload').values(row).execute();
}

export async function countDownloads(tx: Tx, batchNumber: string): Promise<number> {
  const { count } = await tx
    .selectFrom('paymentFileDownload')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('batchNumber', '=', batchNumber)
    .executeTakeFirstOrThrow();
  return count;
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
