// Remembers notices and how they reached the applicant. A notice is written once; what is learnt later is its delivery.

import { sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Notice, NoticeDelivery } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { Day } from '../../values/days.ts';
import type { NoticeKind } from './content.ts';

type Written<Row> = { [K in keyof Row]: Row[K] };
export type NoticeRow = Written<Omit<Notice, 'attempts' | 'version'>> & { attempts: number; version: number };

const inScope = scopeFilter({
  agency: 'notice.agencyCode',
  street: 'notice.streetCode',
  client: 'notice.clientId',
});

export async function insertNotice(tx: Tx, row: Omit<NoticeRow, 'attempts' | 'version'>): Promise<void> {
  await tx.insertInto('notice').values(row).execute();
}

export async function countNotices(tx: Tx, personId: string, applicationId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count_notices(${personId}, ${applicationId}) as count`.execute(tx);
  if (rows[0] === undefined) throw new Error('nothing was counted');
  return rows[0].count;
}

export async function findNotice(tx: Tx, scope: Scope, noticeId: string): Promise<NoticeRow | undefined> {
  return await tx
    .selectFrom('notice')
    .selectAll()
    .where('noticeId', '=', noticeId)
    .where(inScope(scope))
    .executeTakeFirst();
}

export async function lockNotice(tx: Tx, scope: Scope, noticeId: string): Promise<NoticeRow | undefined> {
  return await tx
    .selectFrom('notice')
    .selectAll()
    .where('noticeId', '=', noticeId)
    .where(inScope(scope))
    .forUpdate()
    .executeTakeFirst();
}

interface Named {
  readonly name: string;
}

/** What its paper says of a notice, for whoever holds the paper and may see nothing else. */
export async function findNoticeByCode(tx: Tx, verificationCode: string) {
  const { rows } = await sql<
    Pick<NoticeRow, 'kind' | 'noticeNumber' | 'issuedAt' | 'contentDigest'> & Named & { isOverruled: boolean }
  >`
    select notice.*, agency.name from notice_of_code(${verificationCode}) as notice join agency using (agency_code)`.execute(
    tx,
  );
  return rows[0];
}

export type DeliveryState = 'waiting' | 'overdue' | 'told';

export async function listNotices(...asked: Parameters<typeof selectNotices>): Promise<NoticeRow[]> {
  return await selectNotices(...asked).execute();
}

/** The question itself, apart from its answer, so that a test can ask how it would be answered. */
export function selectNotices(
  tx: Tx,
  scope: Scope,
  filter: { kind?: NoticeKind; delivery?: DeliveryState; applicationId?: string; streetCode?: string },
  today: Day,
  page: PageRequest,
) {
  let query = tx.selectFrom('notice').selectAll().where(inScope(scope));
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.applicationId !== undefined) query = query.where('applicationId', '=', filter.applicationId);
  if (filter.streetCode !== undefined) query = query.where('streetCode', '=', filter.streetCode);
  if (filter.delivery === 'told') query = query.where('toldAt', 'is not', null);
  if (filter.delivery === 'waiting') query = query.where('toldAt', 'is', null);
  if (filter.delivery === 'overdue') query = query.where('toldAt', 'is', null).where('tellBy', '<', today);
  if (page.afterId !== null) query = query.where('noticeId', '>', page.afterId);
  return query.orderBy('noticeId').limit(page.limit + 1);
}

/** Notices not told yet whose last day lies in a year or later, and that were issued before its end; held. */
export async function listNotToldBetween(tx: Tx, firstDay: Day, issuedBefore: string) {
  return await tx
    .selectFrom('notice')
    .select(['personId', 'noticeId', 'issuedAt'])
    .where('toldAt', 'is', null)
    .where('tellBy', '>=', firstDay)
    .where('issuedAt', '<', issuedBefore)
    .orderBy('noticeId')
    .forUpdate()
    .execute();
}

/** Counted again, it is one more version. What the notice says never changes. */
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

export async function listDeliveries(tx: Tx, notices: readonly NoticeRow[]): Promise<NoticeDelivery[]> {
  if (notices.length === 0) return [];
  return await tx
    .selectFrom('noticeDelivery')
    .selectAll()
    .where((eb) => eb('noticeId', '=', eb.fn.any(eb.val(notices.map(({ noticeId }) => noticeId)))))
    .where((eb) => eb('personId', '=', eb.fn.any(eb.val(notices.map(({ personId }) => personId)))))
    .orderBy('noticeId')
    .orderBy('attempt')
    .execute();
}

/** Keeps an attempt and counts it on the notice, which says from now on whether the applicant was told. */
export async function insertDelivery(tx: Tx, delivery: Written<NoticeDelivery>): Promise<void> {
  await tx.insertInto('noticeDelivery').values(delivery).execute();
  const { personId, noticeId, attempt, outcome, attemptedAt } = delivery;
  await tx
    .updateTable('notice')
    .set({
      attempts: attempt,
      version: sql`version + 1`,
      ...(outcome === 'told' ? { toldAt: attemptedAt } : {}),
    })
    .where('personId', '=', personId)
    .where('noticeId', '=', noticeId)
    .execute();
}
