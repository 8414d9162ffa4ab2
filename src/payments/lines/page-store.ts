// Pages of a disbursement's lines in roster order: street, then line. Reads only.

import { sql } from 'kysely';
import { type KeyRange, keyRangesOf } from '../../platform/database/batches.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { LineState } from './states.ts';

/** Lines per statement; about 0.4 s on a small machine, of the 3 s that a statement may take. */
export const linesPerPage = 2_000;

/** A position in roster order. */
export interface RosterPlace {
  readonly streetCode: string;
  readonly lineId: string;
}

/** The waiting lines of a disbursement as consecutive ranges in roster order. */
export function waitingRanges(tx: Tx, disbursementId: string, start: RosterPlace | null = null) {
  return keyRangesOf(async (after) => {
    const { rows } = await sql<RosterPlace>`
      select street_code, line_id from (
        select street_code, line_id from payment_line
        where disbursement_id = ${disbursementId} and state = 'waiting' and ${isAfter(after)}
        order by street_code, line_id limit ${atMost(linesPerPage)}
      ) as page order by street_code desc, line_id desc limit 1`.execute(tx);
    return rows[0];
  }, start);
}

/** Count and sum of the lines in the given states. */
export async function sumLines(
  tx: Tx,
  disbursementId: string,
  states: readonly LineState[],
): Promise<{ lineCount: number; amountFen: number }> {
  const { rows } = await sql<{ lineCount: number; amountFen: number }>`
    select count(*) as line_count, coalesce(sum(amount_fen), 0)::bigint as amount_fen
    from payment_line where disbursement_id = ${disbursementId} and state = any(${states})`.execute(tx);
  return rows[0] ?? { lineCount: 0, amountFen: 0 };
}

/**
 * Looks up the months of each line of a page separately. OFFSET 0 prevents the planner from reading all months of all
 * disbursements for each page; a large disbursement has a hundred and fifty pages.
 */
export function monthsOf(lines: string) {
  const of = (column: string) => sql.ref(`${lines}.${column}`);
  return sql`lateral (select * from payment_line_month
    where person_id = ${of('person_id')} and line_id = ${of('line_id')} offset 0) as m`;
}

export function isAfter(place: RosterPlace | null) {
  return place === null
    ? sql<boolean>`true`
    : sql<boolean>`(street_code, line_id) > (${place.streetCode}, ${place.lineId}::uuid)`;
}

/** @param of name of the lines table, to qualify otherwise ambiguous columns */
export function isInRange({ after, through }: KeyRange<RosterPlace>, of = 'payment_line') {
  const place = sql`(${sql.ref(`${of}.street_code`)}, ${sql.ref(`${of}.line_id`)})`;
  const isThrough = sql`${place} <= (${through.streetCode}, ${through.lineId}::uuid)`;
  return after === null
    ? isThrough
    : sql`${place} > (${after.streetCode}, ${after.lineId}::uuid) and ${isThrough}`;
}
