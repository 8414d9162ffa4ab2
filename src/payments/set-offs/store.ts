// Stores set-offs: which granted month settled which debt, with which consent, and reversals.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import type { SetOff } from '../../platform/database/tables.ts';

type NewSetOff = Omit<SetOff, 'consentKind' | 'reversedAt' | 'reversedBy' | 'reason'>;

export async function insertSetOff(tx: Tx, row: NewSetOff): Promise<void> {
  await tx.insertInto('setOff').values(row).execute();
}

/** The set-offs of these recoveries in order of creation, with the cases whose months were used. */
export async function listSetOffs(tx: Tx, recoveryIds: readonly string[]) {
  if (recoveryIds.length === 0) return [];
  return await tx
    .selectFrom('setOff as o')
    .innerJoin('application as a', (join) =>
      join.onRef('a.personId', '=', 'o.personId').onRef('a.applicationId', '=', 'o.applicationId'),
    )
    .select(['o.recoveryId', 'o.setOffId', 'o.applicationId', 'a.caseNumber', 'o.month', 'o.amountFen'])
    .select(['o.consentId as consentMaterialId', 'o.madeAt', 'o.reversedAt', 'o.reason'])
    .select(officerAt('o.madeBy', 'o.madeAt').as('madeBy'))
    .where('o.recoveryId', 'in', [...recoveryIds])
    .orderBy('o.setOffId')
    .execute();
}

/** The set-off, locked until the transaction ends. */
export async function lockSetOff(tx: Tx, recoveryId: string, setOffId: string) {
  return await tx
    .selectFrom('setOff')
    .selectAll()
    .where('recoveryId', '=', recoveryId)
    .where('setOffId', '=', setOffId)
    .forUpdate()
    .executeTakeFirst();
}

/** Reverses a set-off: the only statement that changes one. */
export async function setReversed(
  tx: Tx,
  setOffId: string,
  reversal: { reversedAt: string; reversedBy: string; reason: string },
): Promise<void> {
  await tx
    .updateTable('setOff')
    .set(reversal)
    .where('setOffId', '=', setOffId)
    .where('reversedAt', 'is', null)
    .execute();
}

/** Why a granted month cannot be used: a suspected recovery, a pending quality review, or a death. */
export async function findDoubt(
  tx: Tx,
  { personId, applicationId, month }: Pick<SetOff, 'personId' | 'applicationId' | 'month'>,
): Promise<'in-doubt' | 'awaits-quality-review' | 'died' | null> {
  const suspected = await tx
    .selectFrom('recovery')
    .select('recoveryId')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('month', '=', month)
    .where('state', '=', 'suspected')
    .executeTakeFirst();
  if (suspected !== undefined) return 'in-doubt';
  const look = await tx
    .selectFrom('qualityReview')
    .select('decisionId')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  if (look !== undefined) return 'awaits-quality-review';
  const { rows } = await sql`select from death where person_id = ${personId}`.execute(tx);
  return rows.length > 0 ? 'died' : null;
}

/** Whether the person was barred for this debt and the bar was lifted because everything was repaid. */
export async function isOfLiftedBar(
  tx: Tx,
  { personId, barId }: { personId: string; barId: string | null },
): Promise<boolean> {
  if (barId === null) return false;
  const row = await tx
    .selectFrom('bar')
    .select('state')
    .where('personId', '=', personId)
    .where('barId', '=', barId)
    .executeTakeFirst();
  return row?.state === 'lifted';
}
