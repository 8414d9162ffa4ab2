// How far money reaches in the order of a roster. Reads only.

import { sql } from 'kysely';
import type { Tx } from '../database/connect.ts';
import type { RosterPlace } from './line-store.ts';

/** The last waiting line that `moneyFen` pays in whole, with all before it; null when it does not pay the first. */
export async function findCoveredPlace(
  tx: Tx,
  disbursementId: string,
  moneyFen: number,
): Promise<RosterPlace | null> {
  const { rows } = await sql<RosterPlace>`
    select street_code, line_id from (
      select street_code, line_id,
        sum(amount_fen) over (order by street_code, line_id rows unbounded preceding) as through_fen
      from payment_line where disbursement_id = ${disbursementId} and state = 'waiting'
    ) as reach where through_fen <= ${moneyFen}
    order by street_code desc, line_id desc limit 1`.execute(tx);
  return rows[0] ?? null;
}

/**
 * What of `moneyFen` belongs to which quarter: month by month of the waiting lines in the roster's order, the rest to the
 * newest quarter of the disbursement. The sums are `moneyFen` to the fen.
 */
export async function allocate(
  tx: Tx,
  disbursementId: string,
  moneyFen: number,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ quarter: string; amountFen: number }>`
    with line as (
      select person_id, line_id, amount_fen,
        sum(amount_fen) over (order by street_code, line_id rows unbounded preceding) - amount_fen as before_fen
      from payment_line where disbursement_id = ${disbursementId} and state = 'waiting'
    ), month as (
      select quarter_of(m.month) as quarter, m.amount_fen, line.before_fen + line.amount_fen <= ${moneyFen} as whole,
        line.before_fen + case when line.before_fen + line.amount_fen <= ${moneyFen} then 0
          else sum(m.amount_fen) over (partition by m.line_id order by m.month) - m.amount_fen end as before_fen
      from line join payment_line_month m using (person_id, line_id)
      where line.before_fen < ${moneyFen}
    )
    select quarter, sum(case when whole then amount_fen
      else greatest(0, least(amount_fen, ${moneyFen} - before_fen)) end)::bigint as amount_fen
    from month group by quarter
    union all
    select max(quarter_of(m.month)), 0
    from payment_line l join payment_line_month m using (person_id, line_id) where l.disbursement_id = ${disbursementId}`.execute(
    tx,
  );
  const sums = new Map<string, number>();
  for (const { quarter, amountFen } of rows) sums.set(quarter, (sums.get(quarter) ?? 0) + amountFen);
  const newest = [...sums.keys()].sort().at(-1);
  if (newest === undefined) throw new Error(`disbursement ${disbursementId} has no months`);
  const rest = moneyFen - [...sums.values()].reduce((sum, amountFen) => sum + amountFen, 0);
  sums.set(newest, (sums.get(newest) ?? 0) + rest);
  return sums;
}
