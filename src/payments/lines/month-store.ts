// Reads the payment state of a granted month.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { PaymentLine } from '../../platform/database/tables.ts';
import type { MonthKey } from './store.ts';

export interface MonthPayment {
  /** The set-off's id, if the month settles a debt instead of being paid. */
  readonly lineId: string;
  readonly disbursementId: string | null;
  readonly state: PaymentLine['state'] | 'set-off';
  readonly failure: PaymentLine['failure'];
}

/** The payment or set-off that occupies a month of a person, optionally of one case; null if there is none. */
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

/** Locks the month until the transaction ends: a concurrent gathering waits, and then sees its new state. */
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
