// Stores disbursements, and selects the people of the next one.

import { type SqlBool, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import { batchesOf } from '../../platform/database/batches.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Disbursement } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import { linesPerPage } from '../lines/page-store.ts';
import type { DisbursementState } from './states.ts';

export type DisbursementRow = NonNullable<Awaited<ReturnType<typeof findDisbursement>>>;

/** The disbursements that a caller may see. */
export const inScope = scopeFilter({
  agency: 'disbursement.agencyCode',
  // A street sees the disbursements that pay its own people.
  street: (code) => sql<SqlBool>`exists (
    select from roster where roster.disbursement_id = disbursement.disbursement_id and roster.street_code = ${code})`,
});

export async function findDisbursement(tx: Tx, scope: Scope, disbursementId: string) {
  return await tx
    .selectFrom('disbursement')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .where(inScope(scope))
    .executeTakeFirst();
}

/** Locks the disbursement until the transaction ends. */
export async function lockDisbursement(tx: Tx, scope: Scope, disbursementId: string) {
  return await tx
    .selectFrom('disbursement')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .where(inScope(scope))
    .forUpdate()
    .executeTakeFirst();
}

export async function listDisbursements(
  tx: Tx,
  scope: Scope,
  state: DisbursementState | undefined,
  page: PageRequest,
) {
  let query = tx.selectFrom('disbursement').selectAll().where(inScope(scope));
  if (state !== undefined) query = query.where('state', '=', state);
  if (page.afterId !== null) query = query.where('disbursementId', '>', page.afterId);
  return await query
    .orderBy('disbursementId')
    .limit(atMost(page.limit + 1))
    .execute();
}

/** Serialises gathering per agency; the second finds what the first has left. */
export async function lockAgency(tx: Tx, agencyCode: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`disbursement ${agencyCode}`}, 0))`.execute(tx);
}

export async function nextDisbursementSequence(tx: Tx): Promise<number> {
  const { rows } = await sql<{
    value: number;
  }>`select nextval('disbursement_number_sequence') as value`.execute(tx);
  const value = rows[0]?.value;
  if (value === undefined) throw new Error('the disbursement sequence gave nothing');
  return value;
}

export async function insertDisbursement(tx: Tx, row: Disbursement): Promise<DisbursementRow> {
  return await tx.insertInto('disbursement').values(row).returningAll().executeTakeFirstOrThrow();
}

/** Changes a disbursement's state: the only statement that does. */
export async function setDisbursementState(
  tx: Tx,
  disbursementId: string,
  from: DisbursementState,
  to: DisbursementState,
): Promise<DisbursementRow> {
  const row = await tx
    .updateTable('disbursement')
    .set((eb) => ({ state: to, version: eb('version', '+', 1) }))
    .where('disbursementId', '=', disbursementId)
    .where('state', '=', from)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new Error(`disbursement ${disbursementId} was not ${from}`);
  return row;
}

/** Increments the version because its lines changed. */
export async function touchDisbursement(tx: Tx, disbursementId: string): Promise<DisbursementRow> {
  return await tx
    .updateTable('disbursement')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('disbursementId', '=', disbursementId)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The people of the agency with an approved case, `linesPerPage` at a time. */
export function approvedPeople(tx: Tx, agencyCode: string) {
  const list = async (after: { personId: string } | null, limit: number) => {
    const last = after?.personId ?? null;
    const { rows } = await sql<{ personId: string }>`
      select distinct person_id from application
      where agency_code = ${agencyCode} and state = 'approved' and (${last}::uuid is null or person_id > ${last})
      order by person_id limit ${atMost(limit)}`.execute(tx);
    return rows;
  };
  return batchesOf(list, linesPerPage);
}

const linesTables = ['payment_line', 'payment_line_month'] as const;
// The line tables are left out: after counting an empty table the planner would assume that it stays empty while it is
// filled.
const gatheredTables = [
  'application',
  'subsidy_month',
  'recovery',
  'quality_review',
  'payee_change',
] as const;

/**
 * Updates the planner's statistics before gathering. On a new database, or after a crash that lost them, it would plan
 * for almost no rows.
 */
export async function countBeforeGathering(tx: Tx): Promise<void> {
  await countForPlanner(tx, gatheredTables);
}

/**
 * Updates the statistics of the new lines at once. Autovacuum would do it a minute later, and until then each page
 * would sort all lines of the disbursement. Makes no difference for a small one.
 */
export async function countAfterGathering(tx: Tx): Promise<void> {
  await countForPlanner(tx, linesTables);
}

async function countForPlanner(tx: Tx, tables: readonly string[]): Promise<void> {
  for (const table of tables) await sql`select count_for_planner(${table})`.execute(tx);
}
