// Remembers the payer's part on every case of a batch. Its own statements, because a batch may hold 300,000 cases.

import { sql } from 'kysely';
import type { KeyRange } from '../../platform/database/batches.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { isInRange, monthsOf, type RosterPlace } from '../lines/store.ts';

/**
 * Signs as payer on every case of a stretch of a batch. Who has signed as its payer before signs no second time; who has
 * another part on one of them is refused by the key one_part_per_officer_on_a_case.
 */
export async function signBatch(
  tx: Tx,
  { officer, actedAt }: { readonly officer: string; readonly actedAt: string },
  batchNumber: string,
  { disbursementId, ...range }: { disbursementId: string } & KeyRange<RosterPlace>,
): Promise<void> {
  await sql`
    insert into case_part (person_id, application_id, officer, part, agency_code, acted_at)
    select distinct l.person_id, m.application_id, ${officer}, 'payer', d.agency_code, ${actedAt}::timestamptz
    from payment_line l
    join disbursement d using (disbursement_id)
    join ${monthsOf('l')} on true
    where l.disbursement_id = ${disbursementId} and l.batch_number = ${batchNumber}
      and ${isInRange(range, 'l')}
      and not exists (select from case_part p where p.person_id = l.person_id
        and p.application_id = m.application_id and p.officer = ${officer} and p.part = 'payer')`.execute(tx);
}

/** Whether an officer handled or reviewed a case of the batch. */
export async function hasOtherPart(tx: Tx, batchNumber: string, officer: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select from case_part p
      join payment_line_month m using (person_id, application_id)
      join payment_line l on l.person_id = m.person_id and l.line_id = m.line_id
      where p.officer = ${officer} and p.part <> 'payer' and l.batch_number = ${batchNumber}) as found`.execute(
    tx,
  );
  return rows[0]?.found === true;
}
