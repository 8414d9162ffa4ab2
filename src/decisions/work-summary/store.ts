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

export const stages = [
  'acceptance',
  'correction',
  'comparison',
  'decision',
  'quality-review',
  'disbursement',
  'appeal',
] as const;

export interface StageWaiting {
  readonly stage: (typeof stages)[number];
  readonly waiting: number;
  /** Of the one that has waited longest. */
  readonly oldestSeconds: number;
}

/** What waits in each stage in the whole city, by the database's clock. A stage in which nothing waits is absent. */
export async function countStages(tx: Tx): Promise<StageWaiting[]> {
  const { rows } = await sql<StageWaiting>`
    select stage, count(*)::int as waiting, extract(epoch from now() - min(since))::float8 as oldest_seconds
    from (${waitingSince}) as one group by stage`.execute(tx);
  return rows;
}

/** The query alone, so that a test can explain it. */
export const waitingSince = sql<{ stage: string; since: string }>`
  select 'acceptance' as stage, submitted_at as since from application where state = 'submitted'
  union all
  select 'correction', c.requested_at
  from application a join correction c using (person_id, application_id)
  where a.state = 'correction-requested' and c.closed_at is null
  union all
  select case when exists (select from comparison c
      where c.person_id = a.person_id and c.application_id = a.application_id) then 'decision' else 'comparison' end,
    a.accepted_at
  from application a where a.state = 'accepted'
  union all
  select 'quality-review', d.decided_at
  from quality_review q join decision d using (person_id, decision_id) where q.state = 'waiting'
  union all
  select 'disbursement', created_at from disbursement where state not in ('settled', 'cancelled')
  union all
  select 'appeal', received_at from appeal where state = 'open'`;

/** Cases past their time limit, and notices that nobody has told the applicant of, in the whole city. */
export async function countOverdue(tx: Tx) {
  const { rows } = await sql<{
    casesOverdue: number;
    noticesWaiting: number;
    noticesOverdue: number;
    oldestNoticeSeconds: number;
  }>`
    select (select count(*)::int from application where time_limit_due_on < today) as cases_overdue, notice.*
    from (select (now() at time zone 'Asia/Shanghai')::date as today) as day, lateral (
      select count(*)::int as notices_waiting, (count(*) filter (where tell_by < today))::int as notices_overdue,
        coalesce(extract(epoch from now() - min(issued_at)), 0)::float8 as oldest_notice_seconds
      from notice where told_at is null and told_with is null
    ) as notice`.execute(tx);
  const [counted] = rows;
  if (counted === undefined) throw new Error('an aggregate has one row');
  return counted;
}
