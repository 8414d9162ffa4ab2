// Stores false material, each officer's part in it, and the bar that follows.

import { type Insertable, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Bar, BarPart, Database, FalseMaterialReport } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { BarState } from './states.ts';

function withCase(tx: Tx, scope: Scope) {
  return tx
    .selectFrom('bar')
    .innerJoin('application', (join) =>
      join
        .onRef('application.personId', '=', 'bar.personId')
        .onRef('application.applicationId', '=', 'bar.applicationId'),
    )
    .selectAll('bar')
    .select('application.caseNumber')
    .$if(scope.relation === 'agency', (query) =>
      query.where('bar.agencyCode', '=', scope.relation === 'agency' ? scope.code : ''),
    );
}

export async function findBar(tx: Tx, scope: Scope, barId: string) {
  return await withCase(tx, scope).where('barId', '=', barId).executeTakeFirst();
}

/** Locks the bar until the transaction ends. */
export async function lockBar(tx: Tx, scope: Scope, barId: string) {
  return await withCase(tx, scope).where('barId', '=', barId).forUpdate('bar').executeTakeFirst();
}

/** The person's proposed or active bar. The caller holds the person lock. */
export async function findOpenBar(tx: Tx, personId: string) {
  return await tx
    .selectFrom('bar')
    .selectAll()
    .where('personId', '=', personId)
    .where('state', 'in', ['proposed', 'in-force'])
    .executeTakeFirst();
}

export async function listBars(
  tx: Tx,
  scope: Scope,
  filter: { state?: BarState; personId?: string },
  page: PageRequest,
) {
  let query = withCase(tx, scope);
  if (filter.state !== undefined) query = query.where('bar.state', '=', filter.state);
  if (filter.personId !== undefined) query = query.where('bar.personId', '=', filter.personId);
  if (page.afterId !== null) query = query.where('barId', '>', page.afterId);
  return await query
    .orderBy('barId')
    .limit(atMost(page.limit + 1))
    .execute();
}

/** What is unresolved for each bar: the suspected months, and the debt in fen. */
export async function listOpenOfBars(tx: Tx, barIds: readonly string[]) {
  const { rows } = await sql<{ barId: string; suspectedMonths: number; owedFen: number }>`
    select bar_id, suspected_months, owed_fen from open_recoveries_of_bars(${barIds}::uuid[])`.execute(tx);
  return new Map(rows.map(({ barId, ...open }) => [barId, open]));
}

export async function insertBar(tx: Tx, row: Insertable<Database['bar']>): Promise<void> {
  await tx.insertInto('bar').values(row).execute();
}

type Change = Partial<
  Pick<
    Bar,
    'heardOn' | 'heardHow' | 'confirmedAt' | 'confirmedBy' | 'closedAt' | 'closingReason' | 'liftedBy'
  >
>;

/** Changes a bar's state: the only statement that does. */
export async function setBarState(
  tx: Tx,
  barId: string,
  from: BarState,
  to: BarState,
  change: Change,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('bar')
    .set((eb) => ({ state: to, version: eb('version', '+', 1), ...change }))
    .where('barId', '=', barId)
    .where('state', '=', from)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`bar ${barId} was not ${from}`);
}

/** Stores an officer's part. An officer who already has one keeps it. */
export async function insertBarPart(tx: Tx, row: BarPart): Promise<void> {
  await tx
    .insertInto('barPart')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Stores the part of the officer who lifts the bar. The key one_part_per_officer_in_a_bar refuses an officer with
 * another part.
 */
export async function insertLifter(tx: Tx, row: Omit<BarPart, 'part'>): Promise<void> {
  await tx
    .insertInto('barPart')
    .values({ ...row, part: 'lifter' })
    .execute();
}

export async function insertReport(
  tx: Tx,
  row: FalseMaterialReport,
  materialIds: readonly string[],
): Promise<void> {
  await tx.insertInto('falseMaterialReport').values(row).execute();
  if (materialIds.length === 0) return;
  const { personId, reportId } = row;
  await tx
    .insertInto('falseMaterial')
    .values(materialIds.map((materialId) => ({ personId, reportId, materialId })))
    .execute();
}

/**
 * The person's cases that used material reported under a bar: the reported cases, and those that hold the same file.
 */
function coveredCases(personId: string, barId: string) {
  return sql`
    select r.application_id, r.grounds from false_material_report r
    where r.person_id = ${personId} and r.bar_id = ${barId}
    union
    select used.application_id, r.grounds
    from false_material_report r
    join false_material f using (person_id, report_id)
    join material reported using (person_id, material_id)
    join material used on used.person_id = reported.person_id and used.digest = reported.digest
    where r.person_id = ${personId} and r.bar_id = ${barId}`;
}

/** Case → what was reported of it, for every case in scope that used false material. */
export async function listCoveredCases(
  tx: Tx,
  personId: string,
  barId: string,
): Promise<Map<string, string>> {
  const { rows } = await sql<{ applicationId: string; grounds: string }>`
    select application_id, min(grounds) as grounds from (${coveredCases(personId, barId)}) as covered
    group by application_id`.execute(tx);
  return new Map(rows.map(({ applicationId, grounds }) => [applicationId, grounds]));
}

/** Records each officer who signed a case that used the material as having a part in the bar. */
export async function insertCaseOfficers(tx: Tx, personId: string, barId: string): Promise<void> {
  await sql`
    insert into bar_part (person_id, bar_id, officer, part)
    select distinct p.person_id, ${barId}::uuid, p.officer, 'case-officer'
    from case_part p join (${coveredCases(personId, barId)}) as covered using (application_id)
    where p.person_id = ${personId}
    on conflict do nothing`.execute(tx);
}

/** Whether a case was reported under a bar on the same grounds. */
export async function isReported(
  tx: Tx,
  {
    personId,
    barId,
    applicationId,
    grounds,
  }: Omit<FalseMaterialReport, 'reportId' | 'reportedAt' | 'reportedBy'>,
): Promise<boolean> {
  const row = await tx
    .selectFrom('falseMaterialReport')
    .select('reportId')
    .where('personId', '=', personId)
    .where('barId', '=', barId)
    .where('applicationId', '=', applicationId)
    .where('grounds', '=', grounds)
    .executeTakeFirst();
  return row !== undefined;
}

/** The reports under each bar, in order. */
export async function listGrounds(tx: Tx, barIds: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await tx
    .selectFrom('falseMaterialReport')
    .select(['barId', 'grounds'])
    .where((eb) => eb('barId', '=', eb.fn.any(eb.val(barIds))))
    .orderBy('reportId')
    .execute();
  const grouped = Map.groupBy(rows, ({ barId }) => barId);
  return new Map([...grouped].map(([barId, own]) => [barId, own.map(({ grounds }) => grounds)]));
}

/** Cases of other people that hold the same files: case numbers within scope, and the count in the whole city. */
export async function findOthersWithMaterial(tx: Tx, personId: string, digests: readonly Buffer[]) {
  if (digests.length === 0) return { caseNumbers: [], inCity: 0 };
  const { rows } = await sql<{ caseNumber: string }>`
    select distinct a.case_number from material m join application a using (person_id, application_id)
    where m.digest = any(${digests}::bytea[]) and m.person_id <> ${personId} and a.state <> 'draft'
    order by a.case_number`.execute(tx);
  const counted = await sql<{ cases: number }>`
    select count_others_with_material(${personId}, ${digests}::bytea[]) as cases`.execute(tx);
  return { caseNumbers: rows.map(({ caseNumber }) => caseNumber), inCity: counted.rows[0]?.cases ?? 0 };
}
