// Remembers applications, their months, materials and who took which part. Every read is limited to what its caller may
// see; a state changes in one place.

import { type ExpressionBuilder, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type {
  Application,
  CasePart,
  Database,
  Material,
  SubsidyMonth,
} from '../../platform/database/tables.ts';
import type { Day } from '../../values/days.ts';
import type { Clock } from './clock.ts';
import type { ApplicationState } from './states.ts';

export type ApplicationRow = Application;
type Written<Row> = { [K in keyof Row]: Row[K] };

export const inScope = scopeFilter({
  agency: 'application.agencyCode',
  street: 'application.streetCode',
  client: 'application.clientId',
});

export async function findApplication(tx: Tx, scope: Scope, applicationId: string) {
  return await tx
    .selectFrom('application')
    .selectAll()
    .where('applicationId', '=', applicationId)
    .where(inScope(scope))
    .executeTakeFirst();
}

/** The person's newest case that was submitted. */
export async function findLatestCase(tx: Tx, scope: Scope, personId: string) {
  return await tx
    .selectFrom('application')
    .selectAll()
    .where('personId', '=', personId)
    .where('submittedAt', 'is not', null)
    .where('state', '<>', 'withdrawn')
    .where(inScope(scope))
    .orderBy('submittedAt', 'desc')
    .orderBy('applicationId', 'desc')
    .executeTakeFirst();
}

/** Holds the case until the transaction ends. */
export async function lockApplication(tx: Tx, scope: Scope, applicationId: string) {
  return await tx
    .selectFrom('application')
    .selectAll()
    .where('applicationId', '=', applicationId)
    .where(inScope(scope))
    .forUpdate()
    .executeTakeFirst();
}

export async function nextCaseSequence(tx: Tx): Promise<number> {
  const { rows } = await sql<{ value: number }>`select nextval('case_number_sequence') as value`.execute(tx);
  const value = rows[0]?.value;
  if (value === undefined) throw new Error('the case number sequence gave nothing');
  return value;
}

export async function insertApplication(tx: Tx, row: Written<ApplicationRow>): Promise<void> {
  await tx.insertInto('application').values(row).execute();
}

/**
 * Moves a case from one state to another: the only statement that changes a state. Answers the new version.
 * Throws when the case is not in the state it was read in, which the caller's lock makes impossible.
 */
export async function setState(
  tx: Tx,
  application: Pick<ApplicationRow, 'personId' | 'applicationId'>,
  from: ApplicationState,
  to: ApplicationState,
  changes: Partial<
    Pick<
      ApplicationRow,
      'submittedAt' | 'acceptedAt' | 'closedAt' | 'agencyCode' | 'accountIndex' | 'phoneIndex'
    >
  > &
    Clock,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('application')
    // Whoever moves the case on has seen what the records say.
    .set((eb) => ({ state: to, version: eb('version', '+', 1), recordsChangedAt: null, ...changes }))
    .where('personId', '=', application.personId)
    .where('applicationId', '=', application.applicationId)
    .where('state', '=', from)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`application ${application.applicationId} was not ${from}`);
}

/** Holds a person's submitted and accepted cases until the transaction ends, in the order of their ids. */
export async function lockOpenApplications(tx: Tx, personId: string): Promise<ApplicationRow[]> {
  return await tx
    .selectFrom('application')
    .selectAll()
    .where('personId', '=', personId)
    .where('state', 'in', ['submitted', 'correction-requested', 'accepted'])
    .orderBy('applicationId')
    .forUpdate()
    .execute();
}

/** Says that the records have changed, or that this was seen. Not a new version: what officers wrote is untouched. */
export async function setRecordsChanged(
  tx: Tx,
  application: Pick<ApplicationRow, 'personId' | 'applicationId'>,
  change: Partial<Pick<ApplicationRow, 'recordsChangedAt' | 'recordsToldDigest'>>,
): Promise<void> {
  await tx
    .updateTable('application')
    .set(change)
    .where('personId', '=', application.personId)
    .where('applicationId', '=', application.applicationId)
    .execute();
}

/** One more version, for a change that is not a change of state. */
export async function touchApplication(
  tx: Tx,
  application: Pick<ApplicationRow, 'personId' | 'applicationId'>,
): Promise<void> {
  await tx
    .updateTable('application')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('personId', '=', application.personId)
    .where('applicationId', '=', application.applicationId)
    .execute();
}

/** The months of a case, each with when it was set off against a debt, if it was. */
export async function listMonths(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('subsidyMonth as m')
    .leftJoin('setOff as o', (join) =>
      join
        .onRef('o.personId', '=', 'm.personId')
        .onRef('o.applicationId', '=', 'm.applicationId')
        .onRef('o.month', '=', 'm.month')
        .on('o.reversedAt', 'is', null),
    )
    .selectAll('m')
    .select('o.madeAt as setOffAt')
    .where('m.personId', '=', personId)
    .where('m.applicationId', '=', applicationId)
    .orderBy('m.month')
    .execute();
}

/** Every month of a person, of all applications. */
export async function listPersonMonths(tx: Tx, personId: string) {
  return await tx
    .selectFrom('subsidyMonth')
    .selectAll()
    .where('personId', '=', personId)
    .orderBy('month')
    .execute();
}

/**
 * Claims months; one that the application had given up it takes again. The index one_live_claim_per_person_month refuses a month that is claimed or live elsewhere, and one that
 * was recovered and is still owed.
 */
export async function insertClaims(
  tx: Tx,
  personId: string,
  applicationId: string,
  months: readonly string[],
): Promise<void> {
  await tx
    .insertInto('subsidyMonth')
    .values(
      months.map((month) => ({
        personId,
        applicationId,
        month,
        state: 'claimed' as const,
        amountFen: null,
        // What freed the month, where it had been granted before; one_second_claim_per_person_month refuses a third claim.
        afterRecoveryId: (eb: ExpressionBuilder<Database, 'subsidyMonth'>) =>
          eb
            .selectFrom('recovery')
            .select('recoveryId')
            .where('personId', '=', personId)
            .where('month', '=', month)
            .where('state', '=', 'repaid')
            .orderBy('recoveryId', 'desc')
            .limit(1),
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['personId', 'month', 'applicationId'])
        .doUpdateSet((eb) => ({ state: 'claimed', afterRecoveryId: eb.ref('excluded.afterRecoveryId') }))
        .where('subsidyMonth.state', '=', 'released'),
    )
    .execute();
}

/**
 * Moves one month of one application on, with its amount and whether it is still owed where they change. Throws when it is
 * not in the state it was read in.
 */
export async function setMonthState(
  tx: Tx,
  key: { personId: string; applicationId: string; month: string },
  from: SubsidyMonth['state'],
  to: SubsidyMonth['state'],
  more: { readonly amountFen?: number | null; readonly stillOwed?: boolean } = {},
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('subsidyMonth')
    .set({ state: to, ...more })
    .where('personId', '=', key.personId)
    .where('applicationId', '=', key.applicationId)
    .where('month', '=', key.month)
    .where('state', '=', from)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`month ${key.month} of ${key.applicationId} was not ${from}`);
}

/** The other application that holds a month of this person, for the refusal that names it. */
export async function findOtherClaims(
  tx: Tx,
  personId: string,
  applicationId: string,
  months: readonly string[],
) {
  return await tx
    .selectFrom('subsidyMonth')
    .innerJoin('application', (join) =>
      join
        .onRef('application.personId', '=', 'subsidyMonth.personId')
        .onRef('application.applicationId', '=', 'subsidyMonth.applicationId'),
    )
    .select(['subsidyMonth.month', 'subsidyMonth.state', 'application.caseNumber'])
    .where('subsidyMonth.personId', '=', personId)
    .where('subsidyMonth.applicationId', '<>', applicationId)
    .where('subsidyMonth.month', 'in', [...months])
    .where('subsidyMonth.state', 'in', ['claimed', 'live'])
    .orderBy('subsidyMonth.month')
    .execute();
}

export async function insertMaterial(tx: Tx, row: Written<Material>): Promise<void> {
  await tx.insertInto('material').values(row).execute();
}

export async function listMaterials(tx: Tx, personId: string, applicationId: string) {
  return await tx
    .selectFrom('material')
    .select(['materialId', 'kind', 'mediaType', 'byteLength', 'digest', 'addedAt', 'supersedes'])
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('materialId')
    .execute();
}

/**
 * Signs an officer's part on cases; the same part again changes nothing. False when the officer has another part on one
 * of them, which the key one_part_per_officer_on_a_case does not let them add to.
 */
export async function insertCaseParts(tx: Tx, parts: readonly CasePart[]): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('casePart')
    .values([...parts])
    .onConflict((conflict) =>
      conflict
        .constraint('one_part_per_officer_on_a_case')
        .doUpdateSet((eb) => ({ part: eb.ref('excluded.part') }))
        .whereRef('casePart.part', '=', 'excluded.part'),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === BigInt(parts.length);
}

/** Cases whose running clock reaches into these days. */
export async function listRunningClocks(tx: Tx, from: Day, through: Day) {
  return await tx
    .selectFrom('application')
    .select(['personId', 'applicationId', 'clock', 'clockDaysLeft', 'clockFrom', 'clockDueOn'])
    .where('clockFrom', '<=', through)
    .where('clockDueOn', '>=', from)
    .orderBy('applicationId')
    .forUpdate()
    .execute();
}

/** A clock counted again is one more version: whoever read the old due day has read something else. */
export async function setClock(
  tx: Tx,
  application: Pick<ApplicationRow, 'personId' | 'applicationId'>,
  { clock, clockDaysLeft, clockFrom, clockDueOn }: Clock,
): Promise<void> {
  await tx
    .updateTable('application')
    .set((eb) => ({ version: eb('version', '+', 1), clock, clockDaysLeft, clockFrom, clockDueOn }))
    .where('personId', '=', application.personId)
    .where('applicationId', '=', application.applicationId)
    .execute();
}

/** One material with its sealed content. */
export async function findMaterial(tx: Tx, personId: string, applicationId: string, materialId: string) {
  return await tx
    .selectFrom('material')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('materialId', '=', materialId)
    .executeTakeFirst();
}

/** Changes what an applicant entered; one more version. */
export async function setEntries(
  tx: Tx,
  application: Pick<ApplicationRow, 'personId' | 'applicationId'>,
  entries: Partial<ApplicationRow>,
): Promise<void> {
  await tx
    .updateTable('application')
    .set((eb) => ({ ...entries, version: eb('version', '+', 1) }))
    .where('personId', '=', application.personId)
    .where('applicationId', '=', application.applicationId)
    .execute();
}

/** Drafts made before an instant, oldest first, held; those that somebody holds are left for another time. */
export async function lockDraftsBefore(tx: Tx, createdBefore: string, limit: number) {
  return await tx
    .selectFrom('application')
    .select(['personId', 'applicationId'])
    .where('state', '=', 'draft')
    .where('createdAt', '<', createdBefore)
    .orderBy('createdAt')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** Deletes a draft with its materials; answers how many those were. A case that was ever submitted has rows that forbid it. */
export async function deleteDraft(
  tx: Tx,
  { personId, applicationId }: Pick<ApplicationRow, 'personId' | 'applicationId'>,
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('material')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .executeTakeFirst();
  await tx
    .deleteFrom('application')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('state', '=', 'draft')
    .execute();
  return Number(numDeletedRows);
}
