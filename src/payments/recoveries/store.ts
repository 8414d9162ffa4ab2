// Stores recoveries and repayments.

import { sql } from 'kysely';
import { newestNameChange } from '../../applications/application/parts.ts';
import type { Officer } from '../../platform/access/officers.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Database, Json, Recovery } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { RecoveryQuery } from './schemas.ts';
import type { RecoveryState } from './states.ts';

const inScope = scopeFilter({ agency: 'recovery.agencyCode', street: 'recovery.streetCode' });

function withCase(tx: Tx) {
  return (
    tx
      .selectFrom('recovery')
      .innerJoin('application', (join) =>
        join
          .onRef('application.personId', '=', 'recovery.personId')
          .onRef('application.applicationId', '=', 'recovery.applicationId'),
      )
      .selectAll('recovery')
      .select(['application.caseNumber', 'application.nameEncrypted', newestNameChange.as('nameChange')])
      .select(
        sql<boolean>`exists (select from appeal where appeal.person_id = recovery.person_id
        and appeal.recovery_id = recovery.recovery_id and appeal.state = 'open')`.as('isUnderAppeal'),
      )
      .select(officerAt<Officer | null>('recovery.openedBy', 'recovery.openedAt').as('opener'))
      // The change that named the heir to whom the month was paid, if it was.
      .select(
        sql<string | null>`(select c.payee_change_id from payment_line_month m
        join payment_line l on l.person_id = m.person_id and l.line_id = m.line_id and l.state = 'paid'
        join payee_change c on c.person_id = l.person_id and c.payee_change_id = l.name_change_id and c.kind = 'heir'
        where m.person_id = recovery.person_id and m.application_id = recovery.application_id
          and m.month = recovery.month
        order by l.line_id desc limit 1)`.as('heirPaid'),
      )
  );
}

export async function findRecovery(tx: Tx, scope: Scope, recoveryId: string) {
  return await withCase(tx).where('recoveryId', '=', recoveryId).where(inScope(scope)).executeTakeFirst();
}

/** Locks the recovery until the transaction ends. */
export async function lockRecovery(tx: Tx, scope: Scope, recoveryId: string) {
  return await withCase(tx)
    .where('recoveryId', '=', recoveryId)
    .where(inScope(scope))
    .forUpdate('recovery')
    .executeTakeFirst();
}

export async function listRecoveries(...asked: Parameters<typeof selectRecoveries>) {
  return await selectRecoveries(...asked).execute();
}

/** The query alone, so that a test can explain it. */
export function selectRecoveries(tx: Tx, scope: Scope, filter: RecoveryQuery, page: PageRequest) {
  let query = withCase(tx).where(inScope(scope));
  if (filter.state !== undefined) query = query.where('recovery.state', '=', filter.state);
  if (filter.personId !== undefined) query = query.where('recovery.personId', '=', filter.personId);
  if (filter.applicationId !== undefined)
    query = query.where('recovery.applicationId', '=', filter.applicationId);
  if (filter.streetCode !== undefined) query = query.where('recovery.streetCode', '=', filter.streetCode);
  if (page.afterId !== null) query = query.where('recoveryId', '>', page.afterId);
  return query.orderBy('recoveryId').limit(atMost(page.limit + 1));
}

type NewRecovery = Pick<
  Database['recovery'],
  | 'personId'
  | 'recoveryId'
  | 'applicationId'
  | 'month'
  | 'agencyCode'
  | 'streetCode'
  | 'state'
  | 'version'
  | 'cause'
  | 'grounds'
  | 'findingsDigest'
  | 'amountFen'
  | 'openedAt'
  | 'openedBy'
  | 'barId'
> & { readonly findings: Json };

/** Opens a recovery. Returns false if this or another contradiction already opened one for the month. */
export async function insertRecovery(tx: Tx, row: NewRecovery): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('recovery')
    .values({ ...row, findings: JSON.stringify(row.findings) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

type Change = Partial<
  Pick<
    Recovery,
    | 'wasPaid'
    | 'confirmedBy'
    | 'heardOn'
    | 'heardHow'
    | 'reason'
    | 'closedAt'
    | 'refundReference'
    | 'refundedOn'
  > & { refundedFen: number }
>;

/** Changes a recovery's state: the only statement that does. */
export async function setRecoveryState(
  tx: Tx,
  recoveryId: string,
  from: RecoveryState,
  to: RecoveryState,
  more: Change,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('recovery')
    .set((eb) => ({ state: to, version: eb('version', '+', 1), ...more }))
    .where('recoveryId', '=', recoveryId)
    .where('state', '=', from)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`recovery ${recoveryId} was not ${from}`);
}

/** Adds a repayment. The constraint repaid_within_debt refuses more than is owed. */
export async function addRepaid(tx: Tx, recoveryId: string, amountFen: number): Promise<void> {
  await tx
    .updateTable('recovery')
    .set((eb) => ({ repaidFen: eb('repaidFen', '+', amountFen), version: eb('version', '+', 1) }))
    .where('recoveryId', '=', recoveryId)
    .execute();
}

/** Adds what other months settled of the debt; negative when a set-off is reversed. */
export async function addSetOff(tx: Tx, recoveryId: string, amountFen: number): Promise<void> {
  await tx
    .updateTable('recovery')
    .set((eb) => ({ setOffFen: eb('setOffFen', '+', amountFen), version: eb('version', '+', 1) }))
    .where('recoveryId', '=', recoveryId)
    .execute();
}

export async function insertRepayment(tx: Tx, row: Database['repayment']): Promise<void> {
  await tx.insertInto('repayment').values(row).execute();
}

/** A person's live months, each with the case and decision day on which it was granted. */
export async function listGrantedMonths(tx: Tx, personId: string) {
  return await tx
    .selectFrom('subsidyMonth as m')
    .innerJoin('application as a', (join) =>
      join.onRef('a.personId', '=', 'm.personId').onRef('a.applicationId', '=', 'm.applicationId'),
    )
    .innerJoin('decision as d', (join) =>
      join.onRef('d.personId', '=', 'm.personId').onRef('d.applicationId', '=', 'm.applicationId'),
    )
    .select([
      'm.month',
      'm.applicationId',
      'm.amountFen',
      'a.agencyCode',
      'a.streetCode',
      'a.submittedAt',
      'd.decidedAt',
    ])
    .where('m.personId', '=', personId)
    .where('m.state', '=', 'live')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('decisionUndo as u')
            .select('u.decisionId')
            .whereRef('u.personId', '=', 'd.personId')
            .whereRef('u.decisionId', '=', 'd.decisionId'),
        ),
      ),
    )
    .orderBy('m.month')
    .execute();
}

/** Death records of a person; empty for the living. */
export async function listDeaths(tx: Tx, personId: string) {
  const { rows } = await sql<{ recordId: string; diedOn: string }>`
    select record_id, died_on::text as died_on from death where person_id = ${personId}`.execute(tx);
  return rows;
}
