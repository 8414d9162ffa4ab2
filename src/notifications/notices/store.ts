// Reads and writes notices and their delivery attempts. A notice is written once; only its delivery changes.

import { type Insertable, type Selectable, sql } from 'kysely';
import type { Officer } from '../../platform/access/officers.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { insertLater } from '../../platform/database/insert.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Notice, NoticeDelivery } from '../../platform/database/tables.ts';
import { ask, tell } from '../../platform/database/transaction.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { Day } from '../../values/days.ts';
import type { NoticeQuery } from './schemas.ts';

export type NoticeRow = Selectable<Notice> & {
  readonly issuer: Officer;
  readonly deliveries: readonly DeliveryRow[];
};

type DeliveryRow = Pick<NoticeDelivery, 'attempt' | 'method' | 'outcome' | 'attemptedAt' | 'recordedAt'> & {
  readonly recorder: Officer;
};

/** The officer who issued a notice, and the attempts to deliver it. */
const told = [
  officerAt('issuedBy', 'issuedAt').as('issuer'),
  sql<DeliveryRow[]>`(select coalesce(json_agg(json_build_object('attempt', d.attempt, 'method', d.method,
      'outcome', d.outcome, 'attemptedAt', instant(d.attempted_at), 'recordedAt', instant(d.recorded_at),
      'recorder', officer_at(d.recorded_by, d.recorded_at)) order by d.attempt), '[]')
    from notice_delivery d where d.person_id = notice.person_id and d.notice_id = notice.notice_id)`.as(
    'deliveries',
  ),
] as const;

const inScope = scopeFilter({
  agency: 'notice.agencyCode',
  street: 'notice.streetCode',
  client: 'notice.clientId',
});

/** Sent without waiting. */
export function insertNotices(tx: Tx, rows: readonly Insertable<Notice>[]): void {
  insertLater(tx, 'notice', rows);
}

/** The number of notices of each of these cases, from all its agencies, by the case's id. */
export async function countNotices(
  tx: Tx,
  cases: readonly Pick<NoticeRow, 'personId' | 'applicationId'>[],
): Promise<Map<string, number>> {
  const rows = await ask<{ applicationId: string; count: number }>(
    tx,
    `select application_id as "applicationId", count_notices(person_id, application_id) as count
    from unnest($1::uuid[], $2::uuid[]) as given (person_id, application_id)`,
    [cases.map(({ personId }) => personId), cases.map(({ applicationId }) => applicationId)],
  );
  return new Map(rows.map(({ applicationId, count }) => [applicationId, count]));
}

/** The newest notice of a kind about a person, a case or a month, of any agency. */
export async function findEarlier(
  tx: Tx,
  kind: NoticeRow['kind'],
  about: { readonly personId: string; readonly applicationId?: string; readonly month?: string },
) {
  const { personId, applicationId = null, month = null } = about;
  const { rows } = await sql<Pick<NoticeRow, 'noticeNumber' | 'issuedAt'>>`
    select * from earlier_notice(${personId}, ${kind}, ${applicationId}, ${month})`.execute(tx);
  return rows[0];
}

export async function findNotice(tx: Tx, scope: Scope, noticeId: string): Promise<NoticeRow | undefined> {
  return await tx
    .selectFrom('notice')
    .selectAll()
    .select(told)
    .where('noticeId', '=', noticeId)
    .where(inScope(scope))
    .executeTakeFirst();
}

export async function lockNotice(tx: Tx, scope: Scope, noticeId: string): Promise<NoticeRow | undefined> {
  return await tx
    .selectFrom('notice')
    .selectAll()
    .select(told)
    .where('noticeId', '=', noticeId)
    .where(inScope(scope))
    .forUpdate()
    .executeTakeFirst();
}

/** The content of a notice that the holder of its paper may see. */
export type VerifiedNotice = Pick<NoticeRow, 'kind' | 'noticeNumber' | 'issuedAt' | 'contentDigest'> & {
  /** Name of the agency that issued it. */
  readonly name: string;
  readonly isOverruled: boolean;
};

export async function findNoticeByCode(
  tx: Tx,
  verificationCode: string,
): Promise<VerifiedNotice | undefined> {
  const { rows } = await sql<VerifiedNotice>`
    select notice.*, agency.name from notice_of_code(${verificationCode}) as notice join agency using (agency_code)`.execute(
    tx,
  );
  return rows[0];
}

export async function listNotices(...asked: Parameters<typeof selectNotices>): Promise<NoticeRow[]> {
  return await selectNotices(...asked).execute();
}

/** The query alone, so that a test can explain it. */
export function selectNotices(tx: Tx, scope: Scope, filter: NoticeQuery, today: Day, page: PageRequest) {
  let query = tx.selectFrom('notice').selectAll().select(told).where(inScope(scope));
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.applicationId !== undefined) query = query.where('applicationId', '=', filter.applicationId);
  if (filter.personId !== undefined) query = query.where('personId', '=', filter.personId);
  if (filter.streetCode !== undefined) query = query.where('streetCode', '=', filter.streetCode);
  if (filter.delivery === 'told') query = query.where('toldAt', 'is not', null);
  if (filter.delivery === 'told-with-later') query = query.where('toldWith', 'is not', null);
  if (filter.delivery === 'waiting' || filter.delivery === 'overdue' || filter.dueBefore !== undefined)
    query = query.where('toldAt', 'is', null).where('toldWith', 'is', null);
  if (filter.delivery === 'overdue') query = query.where('tellBy', '<', today);
  if (filter.dueBefore !== undefined) query = query.where('tellBy', '<', filter.dueBefore);
  if (page.afterId !== null) query = query.where('noticeId', '>', page.afterId);
  return query.orderBy('noticeId').limit(atMost(page.limit + 1));
}

/** The acceptance notice of a case, issued from an instant on and not told yet; locked. */
export async function lockUntoldAcceptance(
  tx: Tx,
  { personId, applicationId }: Pick<NoticeRow, 'personId' | 'applicationId'>,
  issuedFrom: string,
) {
  const [untold] = await ask<Pick<NoticeRow, 'personId' | 'noticeId' | 'noticeNumber'>>(
    tx,
    `select person_id as "personId", notice_id as "noticeId", notice_number as "noticeNumber" from notice
    where person_id = $1 and application_id = $2 and kind = 'acceptance' and told_at is null and told_with is null
      and issued_at >= $3
    for update`,
    [personId, applicationId, issuedFrom],
  );
  return untold;
}

/** A later notice tells this one too. Sent without waiting. */
export function setToldWith(
  tx: Tx,
  { personId, noticeId }: Pick<NoticeRow, 'personId' | 'noticeId'>,
  toldWith: string,
): void {
  const set =
    'update notice set told_with = $3, version = version + 1 where person_id = $1 and notice_id = $2';
  tell(tx, set, [personId, noticeId, toldWith]);
}

/** Undelivered notices with a deadline from `firstDay` on, issued before an instant; locked. */
export async function listNotToldBetween(tx: Tx, firstDay: Day, issuedBefore: string) {
  return await tx
    .selectFrom('notice')
    .select(['personId', 'noticeId', 'issuedAt'])
    .where('toldAt', 'is', null)
    .where('toldWith', 'is', null)
    .where('tellBy', '>=', firstDay)
    .where('issuedAt', '<', issuedBefore)
    .orderBy('noticeId')
    .forUpdate()
    .execute();
}

/** Sets the delivery deadline, as a new version. The content never changes. */
export async function setTellBy(
  tx: Tx,
  { personId, noticeId }: Pick<NoticeRow, 'personId' | 'noticeId'>,
  tellBy: Day,
): Promise<void> {
  await tx
    .updateTable('notice')
    .set({ tellBy, version: sql`version + 1` })
    .where('personId', '=', personId)
    .where('noticeId', '=', noticeId)
    .execute();
}

/** Stores a delivery attempt and updates the notice's number of attempts and delivery time. */
export async function insertDelivery(tx: Tx, delivery: Insertable<NoticeDelivery>): Promise<NoticeRow> {
  await tx.insertInto('noticeDelivery').values(delivery).execute();
  const { personId, noticeId, attempt, outcome, attemptedAt } = delivery;
  return await tx
    .updateTable('notice')
    .set({
      attempts: attempt,
      version: sql`version + 1`,
      ...(outcome === 'told' ? { toldAt: attemptedAt } : {}),
    })
    .where('personId', '=', personId)
    .where('noticeId', '=', noticeId)
    .returningAll()
    .returning(told)
    .executeTakeFirstOrThrow();
}
