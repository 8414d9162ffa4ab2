// Remembers which payment a granted month is in.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';

/** One month of one case. */
export interface MonthKey {
  readonly personId: string;
  readonly applicationId: string;
  readonly month: string;
}

/** What lines pay for, case by case, in the order of the months. */
export async function listMonthsOf(
  tx: Tx,
  lines: readonly { readonly personId: string; readonly lineId: string }[],
): Promise<readonly (MonthKey & { readonly lineId: string; readonly amountFen: number })[]> {
  const { rows } = await sql<MonthKey & { lineId: string; amountFen: number }>`
    select m.person_id, m.line_id, m.application_id, m.month::text as month, m.amount_fen
    from unnest(${lines.map((line) => line.personId)}::uuid[], ${lines.map((line) => line.lineId)}::uuid[])
      with ordinality as line (person_id, line_id, place)
    join payment_line_month m on m.person_id = line.person_id and m.line_id = line.line_id
    order by line.place, m.month`.execute(tx);
  return rows;
}

/** The line that occupies a month, or null. */
export async function findPaymentOf(tx: Tx, { personId, applicationId, month }: MonthKey) {
  const row = await tx
    .selectFrom('paymentLineMonth as m')
    .innerJoin('paymentLine as l', (join) =>
      join.onRef('l.personId', '=', 'm.personId').onRef('l.lineId', '=', 'm.lineId'),
    )
    .select(['l.disbursementId', 'l.lineId', 'l.state'])
    .where('m.personId', '=', personId)
    .where('m.applicationId', '=', applicationId)
    .where('m.month', '=', month)
    .where('m.live', '=', true)
    .executeTakeFirst();
  return row ?? null;
}

/** The set-off that a month settles a debt by, or null: it is not paid out then. */
export async function findSetOffOf(tx: Tx, { personId, applicationId, month }: MonthKey) {
  const row = await tx
    .selectFrom('setOff')
    .select('setOffId')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('month', '=', month)
    .where('reversedAt', 'is', null)
    .executeTakeFirst();
  return row?.setOffId ?? null;
}

/** Gives a month to a set-off as if to a line: the index one_live_line_per_month refuses one that is in a payment. */
export async function occupyBySetOff(tx: Tx, month: MonthKey, setOffId: string, amountFen: number) {
  const { personId, applicationId } = month;
  await tx
    .insertInto('paymentLineMonth')
    .values({ personId, lineId: setOffId, month: month.month, applicationId, amountFen })
    .execute();
}

/** Holds the month until the transaction ends: a gathering waits, and then sees what became of it. */
export async function lockMonth(tx: Tx, { personId, applicationId, month }: MonthKey): Promise<void> {
  await tx
    .selectFrom('subsidyMonth')
    .select('state')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('month', '=', month)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/**
 * Lets the line that paid a month, or would have, occupy it again: one that was paid, that is held back, or that failed
 * and was not yet corrected; or the set-off that stands. A corrected or released one has let go of the month before; it
 * waits for a new line.
 */
export async function restoreMonth(tx: Tx, { personId, applicationId, month }: MonthKey): Promise<void> {
  await sql`
    update payment_line_month m set live = true
    where m.person_id = ${personId} and m.application_id = ${applicationId} and m.month = ${month} and not m.live
      and (exists (select from payment_line l where l.person_id = m.person_id and l.line_id = m.line_id
        and (l.state in ('paid', 'held') or (l.state in ('failed', 'returned') and not exists (
          select from payment_correction c
          where c.person_id = l.person_id and c.line_id = l.line_id and c.state = 'confirmed'))))
        or exists (select from set_off o
          where o.person_id = m.person_id and o.set_off_id = m.line_id and o.reversed_at is null))`.execute(
    tx,
  );
}
