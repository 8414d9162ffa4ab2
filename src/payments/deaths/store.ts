// Reads a person's death and the payments that it stops. Writes nothing.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { isStoppedByDeath } from '../lines/heirs-store.ts';

/** The day of a person's death; null if no register reports one. */
export async function findDeath(tx: Tx, personId: string): Promise<string | null> {
  const { rows } = await sql<{ diedOn: string | null }>`
    select min(died_on)::text as died_on from death where person_id = ${personId}`.execute(tx);
  return rows[0]?.diedOn ?? null;
}

/** Waiting lines and lines in a file, of the person or for the person as an heir, that a death stops. */
export async function listStoppedLines(tx: Tx, personId: string) {
  const { rows } = await sql<{
    personId: string;
    lineId: string;
    disbursementId: string;
    batchNumber: string | null;
  }>`
    select person_id, line_id, disbursement_id, batch_number from payment_line l
    where person_id = any (array(select ${personId}::uuid
        union select c.person_id from payee_change c where c.heir_person_id = ${personId} and c.state = 'confirmed'))
      and state in ('waiting', 'in-payment') and exists (
      select from payment_line_month m
      where m.person_id = l.person_id and m.line_id = l.line_id and ${isStoppedByDeath('m')})
    order by disbursement_id, line_id`.execute(tx);
  return rows;
}
