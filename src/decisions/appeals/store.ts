// Stores appeals.

import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Appeal } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { Day } from '../../values/days.ts';
import type { AppealQuery } from './schemas.ts';

const inScope = scopeFilter({
  agency: 'appeal.agencyCode',
  street: 'appeal.streetCode',
  client: 'application.clientId',
});

function withCase(tx: Tx) {
  return tx
    .selectFrom('appeal')
    .innerJoin('application', (join) =>
      join
        .onRef('application.personId', '=', 'appeal.personId')
        .onRef('application.applicationId', '=', 'appeal.applicationId'),
    )
    .selectAll('appeal')
    .select('application.caseNumber');
}

export type AppealRow = NonNullable<Awaited<ReturnType<typeof findAppeal>>>;

export async function findAppeal(tx: Tx, scope: Scope, appealId: string) {
  return await withCase(tx).where('appealId', '=', appealId).where(inScope(scope)).executeTakeFirst();
}

/** Locks the appeal until the transaction ends. */
export async function lockAppeal(tx: Tx, scope: Scope, appealId: string) {
  return await withCase(tx)
    .where('appealId', '=', appealId)
    .where(inScope(scope))
    .forUpdate('appeal')
    .executeTakeFirst();
}

export async function listAppeals(
  tx: Tx,
  scope: Scope,
  { state, kind, applicationId, overdue }: AppealQuery,
  today: Day,
  page: PageRequest,
) {
  let query = withCase(tx).where(inScope(scope));
  if (state !== undefined) query = query.where('appeal.state', '=', state);
  if (kind !== undefined) query = query.where('appeal.kind', '=', kind);
  if (applicationId !== undefined) query = query.where('appeal.applicationId', '=', applicationId);
  if (overdue === true) query = query.where('appeal.state', '=', 'open').where('appeal.dueOn', '<', today);
  if (overdue === false)
    query = query.where((eb) => eb.or([eb('appeal.state', '<>', 'open'), eb('appeal.dueOn', '>=', today)]));
  if (page.afterId !== null) query = query.where('appealId', '>', page.afterId);
  return await query
    .orderBy('appealId')
    .limit(atMost(page.limit + 1))
    .execute();
}

/** All appeals of a case, oldest first. */
export async function listAppealsOf(tx: Tx, personId: string, applicationId: string) {
  return await withCase(tx)
    .where('appeal.personId', '=', personId)
    .where('appeal.applicationId', '=', applicationId)
    .orderBy('appealId')
    .execute();
}

type New = Pick<
  Appeal,
  | 'personId'
  | 'appealId'
  | 'applicationId'
  | 'kind'
  | 'decisionId'
  | 'recoveryId'
  | 'contestedBy'
  | 'agencyCode'
  | 'streetCode'
  | 'grounds'
  | 'receivedOn'
  | 'dueOn'
  | 'receivedAt'
  | 'receivedBy'
>;

/** Returns false if one of the same kind is open against the same act. */
export async function insertAppeal(tx: Tx, row: New): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('appeal')
    .values({ ...row, state: 'open', version: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Those open whose last day lies between, locked until the transaction ends. */
export async function lockOpenDueBetween(tx: Tx, from: Day, through: Day) {
  return await tx
    .selectFrom('appeal')
    .select(['personId', 'appealId', 'version', 'kind', 'receivedOn', 'dueOn'])
    .where('state', '=', 'open')
    .where('dueOn', '>=', from)
    .where('dueOn', '<=', through)
    .orderBy('appealId')
    .forUpdate()
    .execute();
}

export async function setDueDay(
  tx: Tx,
  { personId, appealId, version }: Pick<Appeal, 'personId' | 'appealId' | 'version'>,
  dueOn: Day,
): Promise<void> {
  await tx
    .updateTable('appeal')
    .set({ dueOn, version: version + 1 })
    .where('personId', '=', personId)
    .where('appealId', '=', appealId)
    .execute();
}

type Closed = Pick<Appeal, 'reason' | 'closedAt' | 'closedBy'> &
  Partial<Pick<Appeal, 'outcome' | 'paperId' | 'newApplicationId'>>;

/** Closes an open appeal. Throws if it is not open. */
export async function closeAppeal(
  tx: Tx,
  { personId, appealId, version }: Pick<Appeal, 'personId' | 'appealId' | 'version'>,
  state: 'decided' | 'withdrawn',
  closed: Closed,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('appeal')
    .set({ ...closed, state, version: version + 1 })
    .where('personId', '=', personId)
    .where('appealId', '=', appealId)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`appeal ${appealId} was not open`);
}
