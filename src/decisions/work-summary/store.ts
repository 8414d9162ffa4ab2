// Counts what waits in each list, from the indexes of the lists.

import { sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Day } from '../../values/days.ts';

const ofCase = scopeFilter({
  agency: 'application.agencyCode',
  street: 'application.streetCode',
  client: 'application.clientId',
});
const ofNotice = scopeFilter({
  agency: 'notice.agencyCode',
  street: 'notice.streetCode',
  client: 'notice.clientId',
});
const ofRoster = scopeFilter({ agency: 'disbursement.agencyCode', street: 'roster.streetCode' });
const ofRecovery = scopeFilter({ agency: 'recovery.agencyCode', street: 'recovery.streetCode' });
const ofReview = scopeFilter({ agency: 'qualityReview.agencyCode' });

export interface CasesWaiting {
  readonly submitted: number;
  readonly correctionRequested: number;
  readonly accepted: number;
  readonly overdue: number;
  readonly dueByTomorrow: number;
  readonly recordsChanged: number;
  readonly assignedToMe: number;
  readonly unassigned: number;
}

/** @param officer whose own queue is counted */
export async function countCases(...asked: Parameters<typeof selectCases>): Promise<CasesWaiting> {
  return await selectCases(...asked).executeTakeFirstOrThrow();
}

/** The query alone, so that a test can explain it. */
export function selectCases(
  tx: Tx,
  scope: Scope,
  { today, tomorrow, officer }: { readonly today: Day; readonly tomorrow: Day; readonly officer: string },
) {
  const those = (condition: ReturnType<typeof sql>) => sql<number>`count(*) filter (where ${condition})::int`;
  return tx
    .selectFrom('application')
    .select([
      those(sql`state = 'submitted'`).as('submitted'),
      those(sql`state = 'correction-requested'`).as('correctionRequested'),
      those(sql`state = 'accepted'`).as('accepted'),
      those(sql`time_limit_due_on < ${today}`).as('overdue'),
      those(sql`time_limit_due_on between ${today} and ${tomorrow}`).as('dueByTomorrow'),
      those(sql`records_changed_at is not null`).as('recordsChanged'),
      those(sql`assigned_to = ${officer}`).as('assignedToMe'),
      those(sql`assigned_to is null`).as('unassigned'),
    ])
    .where('state', 'in', ['submitted', 'correction-requested', 'accepted'])
    .where(ofCase(scope));
}

export async function countNotices(tx: Tx, scope: Scope, today: Day) {
  return await selectUntold(tx, scope, today).executeTakeFirstOrThrow();
}

/** The query alone, so that a test can explain it. */
export function selectUntold(tx: Tx, scope: Scope, today: Day) {
  return tx
    .selectFrom('notice')
    .select([
      sql<number>`count(*)::int`.as('untold'),
      sql<number>`count(*) filter (where tell_by < ${today})::int`.as('overdue'),
    ])
    .where('toldAt', 'is', null)
    .where('toldWith', 'is', null)
    .where(ofNotice(scope));
}

export async function countRosters(tx: Tx, scope: Scope): Promise<number> {
  const { waiting } = await tx
    .selectFrom('roster')
    .innerJoin('disbursement', 'disbursement.disbursementId', 'roster.disbursementId')
    .select(sql<number>`count(*)::int`.as('waiting'))
    .where('roster.verifiedAt', 'is', null)
    .where('disbursement.state', '=', 'verifying')
    .where(ofRoster(scope))
    .executeTakeFirstOrThrow();
  return waiting;
}

export async function countRecoveries(tx: Tx, scope: Scope) {
  return await tx
    .selectFrom('recovery')
    .select([
      sql<number>`count(*) filter (where state = 'suspected')::int`.as('suspected'),
      sql<number>`count(*) filter (where state = 'confirmed')::int`.as('owed'),
    ])
    .where('state', 'in', ['suspected', 'confirmed'])
    .where(ofRecovery(scope))
    .executeTakeFirstOrThrow();
}

export async function countPayeeChanges(tx: Tx, scope: Scope): Promise<number> {
  const { waiting } = await tx
    .selectFrom('payeeChange')
    .innerJoin('application', (join) =>
      join
        .onRef('application.personId', '=', 'payeeChange.personId')
        .onRef('application.applicationId', '=', 'payeeChange.applicationId'),
    )
    .select(sql<number>`count(*)::int`.as('waiting'))
    .where('payeeChange.state', '=', 'proposed')
    .where(ofCase(scope))
    .executeTakeFirstOrThrow();
  return waiting;
}

export async function countQualityReviews(tx: Tx, scope: Scope): Promise<number> {
  const { waiting } = await tx
    .selectFrom('qualityReview')
    .select(sql<number>`count(*)::int`.as('waiting'))
    .where('qualityReview.state', '=', 'waiting')
    .where(ofReview(scope))
    .executeTakeFirstOrThrow();
  return waiting;
}
