// Computes how far money reaches in roster order, and to which quarters it belongs. Reads only, one page of the roster
// at a time.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { isInRange, monthsOf, type RosterPlace, waitingRanges } from '../lines/page-store.ts';

export interface Allocation {
  /**
   * The last waiting line that can be paid in full together with all before it; null if the money does not cover the
   * first line.
   */
  readonly covered: RosterPlace | null;
  /** Quarter → fen; the values add up to the money exactly. */
  readonly quarters: ReadonlyMap<string, number>;
}

interface QuarterFen {
  readonly quarter: string;
  readonly amountFen: number;
}

/**
 * Splits `moneyFen` by quarter: month by month over the waiting lines in roster order. The rest goes to the newest
 * quarter of these lines, or of the disbursement if no line is waiting.
 */
export async function allocate(tx: Tx, disbursementId: string, moneyFen: number): Promise<Allocation> {
  const quarters = new Map<string, number>();
  const add = ({ quarter, amountFen }: QuarterFen) =>
    quarters.set(quarter, (quarters.get(quarter) ?? 0) + amountFen);
  let covered: RosterPlace | null = null;
  let restFen = moneyFen;
  for await (const range of waitingRanges(tx, disbursementId)) {
    const page = sql`disbursement_id = ${disbursementId} and state = 'waiting' and ${isInRange(range)}`;
    const sums = await sumPage(tx, page);
    const pageFen = sums.reduce((sum, { amountFen }) => sum + amountFen, 0);
    if (pageFen > restFen) {
      for (const sum of await sumReached(tx, page, restFen)) add(sum);
      covered = (await findCovered(tx, page, restFen)) ?? covered;
      restFen = 0;
      break;
    }
    sums.forEach(add);
    restFen -= pageFen;
    covered = range.through;
  }
  const newest = [...quarters.keys()].sort().at(-1) ?? (await findNewestQuarter(tx, disbursementId));
  add({ quarter: newest, amountFen: restFen });
  return { covered, quarters };
}

async function sumPage(tx: Tx, page: RawBuilder<unknown>): Promise<QuarterFen[]> {
  const { rows } = await sql<QuarterFen>`
    with line as materialized (select person_id, line_id from payment_line where ${page})
    select quarter_of(m.month) as quarter, sum(m.amount_fen)::bigint as amount_fen
    from line join ${monthsOf('line')} on true group by 1`.execute(tx);
  return rows;
}

/** For a page that the money covers only in part: the months it reaches, the last one partially. */
async function sumReached(tx: Tx, page: RawBuilder<unknown>, moneyFen: number): Promise<QuarterFen[]> {
  const { rows } = await sql<QuarterFen>`
    with line as materialized (select street_code, person_id, line_id from payment_line where ${page}),
    month as (
      select quarter_of(m.month) as quarter, m.amount_fen,
        sum(m.amount_fen) over (order by line.street_code, m.line_id, m.month) - m.amount_fen as before_fen
      from line join ${monthsOf('line')} on true
    )
    select quarter, sum(least(amount_fen, ${moneyFen} - before_fen))::bigint as amount_fen
    from month where before_fen < ${moneyFen} group by quarter`.execute(tx);
  return rows;
}

async function findCovered(
  tx: Tx,
  page: RawBuilder<unknown>,
  moneyFen: number,
): Promise<RosterPlace | undefined> {
  const { rows } = await sql<RosterPlace>`
    select street_code, line_id from (
      select street_code, line_id,
        sum(amount_fen) over (order by street_code, line_id rows unbounded preceding) as through_fen
      from payment_line where ${page}
    ) as reach where through_fen <= ${moneyFen}
    order by street_code desc, line_id desc limit 1`.execute(tx);
  return rows[0];
}

async function findNewestQuarter(tx: Tx, disbursementId: string): Promise<string> {
  const { rows } = await sql<{ quarter: string | null }>`
    select max(quarter_of(m.month)) as quarter
    from payment_line l join payment_line_month m using (person_id, line_id)
    where l.disbursement_id = ${disbursementId}`.execute(tx);
  const quarter = rows[0]?.quarter;
  if (quarter == null) throw new Error(`disbursement ${disbursementId} has no months`);
  return quarter;
}
