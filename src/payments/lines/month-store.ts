// Reads where a granted month is on its way to the account.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { PaymentLine } from '../../platform/database/tables.ts';
import type { MonthKey } from './store.ts';

export interface MonthPayment {
  /** The set-off, where the month settles a debt instead of being paid. */
  readonly lineId: string;
  readonly disbursementId: string | null;
  readonly state: PaymentLine['state'] | 'set-off';
  readonly failure: PaymentLine['failure'];
}

/** The payment or the set-off that occupies a month of a person, or null; of one case where it is named. */
export async function findPayment(
  tx: Tx,
  { personId, applicationId, month }: Pick<MonthKey, 'personId' | 'month'> & Partial<MonthKey>,
): Promise<MonthPayment | null> {
  const { rows } = await sql<MonthPayment>`
    select m.line_id, l.disbursement_id, coalesce(l.state, 'set-off') as state, l.failure
    from payment_line_month m left join payment_line l using (person_id, line_id)
    where m.person_id = ${personId} and m.month = ${month} and m.live
      and (${applicationId ?? null}::uuid is null or m.application_id = ${applicationId ?? null})`.execute(
    tx,
  );
  return rows[0] ?? null;
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
