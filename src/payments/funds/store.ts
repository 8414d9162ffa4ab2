// Remembers what finance was asked for, whole and in parts, what it gave and what was given back.

import { sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { Database } from '../../platform/database/tables.ts';

/**
 * Freezes what waits to be paid, by street and quarter, as what was asked of finance. Street by street: no statement takes
 * longer for a large disbursement.
 */
export async function insertFundRequestParts(
  tx: Tx,
  disbursementId: string,
  streetCodes: readonly string[],
): Promise<void> {
  for (const streetCode of streetCodes) {
    await sql`
      insert into fund_request_part (disbursement_id, street_code, quarter, person_count, month_count, amount_fen)
      select l.disbursement_id, l.street_code, quarter_of(m.month), count(distinct l.line_id), count(*), sum(m.amount_fen)
      from payment_line l join payment_line_month m using (person_id, line_id)
      where l.disbursement_id = ${disbursementId} and l.street_code = ${streetCode} and l.state = 'waiting' and m.live
      group by 1, 2, 3`.execute(tx);
  }
}

/** What was asked for, as far as it is in scope: a street's own parts, or all. */
export async function listFundRequestParts(tx: Tx, scope: Scope, disbursementId: string) {
  let parts = tx
    .selectFrom('fundRequestPart as part')
    .innerJoin('street', 'street.streetCode', 'part.streetCode')
    .select(['part.streetCode', 'street.name as streetName', 'part.quarter'])
    .select(['part.personCount', 'part.monthCount', 'part.amountFen'])
    .where('part.disbursementId', '=', disbursementId);
  if (scope.relation === 'street') parts = parts.where('part.streetCode', '=', scope.code);
  return await parts.orderBy('part.streetCode').orderBy('part.quarter').execute();
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
