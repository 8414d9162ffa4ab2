// Stores fund requests with their parts, receipts and returns.

import { sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { Database } from '../../platform/database/tables.ts';

/**
 * Freezes the waiting lines by street and quarter as the request to finance. One statement per street, so that no
 * statement takes longer for a large disbursement.
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

export async function insertFundRequest(tx: Tx, row: Database['fundRequest']): Promise<void> {
  await tx.insertInto('fundRequest').values(row).execute();
}

interface FundRequest {
  readonly lineCount: number;
  readonly amountFen: number;
  readonly requestedAt: string;
  readonly parts: FundRequestPart[];
}

type FundRequestPart = Pick<
  Database['fundRequestPart'],
  'streetCode' | 'quarter' | 'personCount' | 'monthCount' | 'amountFen'
> & { readonly streetName: string };

/** The request with its parts within scope: a street's own, or all. */
export async function findFundRequest(
  tx: Tx,
  scope: Scope,
  disbursementId: string,
): Promise<FundRequest | undefined> {
  const street = scope.relation === 'street' ? scope.code : null;
  const { rows } = await sql<FundRequest>`
    select line_count, amount_fen, requested_at, coalesce((
      select json_agg(json_build_object('streetCode', street_code, 'streetName', street.name, 'quarter', quarter,
        'personCount', person_count, 'monthCount', month_count, 'amountFen', part.amount_fen)
        order by street_code, quarter)
      from fund_request_part part join street using (street_code)
      where part.disbursement_id = request.disbursement_id and (${street}::text is null or street_code = ${street})
    ), '[]') as parts
    from fund_request request where disbursement_id = ${disbursementId}`.execute(tx);
  return rows[0];
}

export async function insertFundReceipt(
  tx: Tx,
  row: Omit<Database['fundReceipt'], 'isLast'> & { isLast: boolean },
): Promise<void> {
  await tx.insertInto('fundReceipt').values(row).execute();
}

export async function insertFundReturn(tx: Tx, row: Database['fundReturn']): Promise<void> {
  await tx.insertInto('fundReturn').values(row).execute();
}

interface FundMovement {
  readonly amountFen: number;
  readonly reference: string;
  /** The day on which it arrived or was returned. */
  readonly day: string;
  /** For a receipt: whether it is the last. */
  readonly isLast: boolean;
}

/** Receipts and returns of a disbursement, in the order in which they were recorded. */
export async function listFundMovements(
  tx: Tx,
  disbursementId: string,
): Promise<{ receipts: FundMovement[]; returns: FundMovement[] }> {
  const { rows } = await sql<FundMovement & { isReceipt: boolean }>`
    select receipt_id as id, true as is_receipt, amount_fen, reference, received_on as day, is_last
    from fund_receipt where disbursement_id = ${disbursementId}
    union all
    select return_id, false, amount_fen, reference, returned_on, false
    from fund_return where disbursement_id = ${disbursementId}
    order by id`.execute(tx);
  const { receipts = [], returns = [] } = Object.groupBy(rows, ({ isReceipt }) =>
    isReceipt ? 'receipts' : 'returns',
  );
  return { receipts, returns };
}
