// Reads and writes cases, their months and the officers' parts. Reads of one case are limited to the caller's scope;
// only setState changes the state of a case.

import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { Application, CasePart, SubsidyMonth } from '../../platform/database/tables.ts';
import { ask } from '../../platform/database/transaction.ts';
import type { Day } from '../../values/days.ts';
import type { ApplicationState } from './states.ts';
import type { TimeLimit } from './time-limit.ts';

export type ApplicationRow = Application;
export type MonthRow = Selectable<SubsidyMonth>;
export type CaseKey = Pick<ApplicationRow, 'personId' | 'applicationId'>;
export type ClaimedMonth = Pick<MonthRow, 'month' | 'state' | 'amountFen'>;

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

/** The person's newest submitted case. */
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

/** A submitted case of a person by its number, whoever submitted it. The person is the current one. */
export async function findCaseOf(tx: Tx, personId: string, caseNumber: string) {
  return await tx
    .selectFrom('application')
    .selectAll()
    .where('personId', '=', personId)
    .where('caseNumber', '=', caseNumber)
    .where('submittedAt', 'is not', null)
    .executeTakeFirst();
}

/** The person's open cases, whoever submitted them, and the drafts in scope. The person is the current one. */
export async function listUnfinished(tx: Tx, scope: Scope, personId: string) {
  return await tx
    .selectFrom('application')
    .select(['caseNumber', 'state'])
    .where('personId', '=', personId)
    .where((eb) =>
      eb.or([
        eb('state', 'in', ['submitted', 'correction-requested', 'accepted']),
        eb.and([eb('state', '=', 'draft'), inScope(scope)]),
      ]),
    )
    .orderBy('applicationId')
    .execute();
}

/** Locks the case until the transaction ends. */
export async function lockApplication(tx: Tx, scope: Scope, applicationId: string) {
  return await tx
    .selectFrom('application')
    .selectAll()
    .where('applicationId', '=', applicationId)
    .where(inScope(scope))
    .forUpdate()
    .executeTakeFirst();
}

/** Cases with the person's masked identity number, locked until the transaction ends, in the order of their ids. */
export async function lockCasesWithNumbers(tx: Tx, applicationIds: readonly string[]) {
  return await tx
    .selectFrom('application')
    .innerJoin('person', 'person.personId', 'application.personId')
    .selectAll('application')
    .select('person.identityMasked')
    .where((eb) => eb('application.applicationId', '=', eb.fn.any(eb.val(applicationIds))))
    .orderBy('application.applicationId')
    .forUpdate('application')
    .execute();
}

export async function nextCaseSequence(tx: Tx): Promise<number> {
  const { rows } = await sql<{ value: number }>`select nextval('case_number_sequence') as value`.execute(tx);
  const value = rows[0]?.value;
  if (value === undefined) throw new Error('the case number sequence gave nothing');
  return value;
}

export async function insertApplication(tx: Tx, row: ApplicationRow): Promise<ApplicationRow> {
  return await tx.insertInto('application').values(row).returningAll().executeTakeFirstOrThrow();
}

/**
 * Moves a case from one state to another: the only statement that changes a state. Returns the changed row. Throws if
 * the case is not in the expected state, which the caller's lock rules out.
 */
export async function setState(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  from: ApplicationState,
  to: ApplicationState,
  changes: Partial<
    Pick<
      ApplicationRow,
      | 'submittedAt'
      | 'acceptedAt'
      | 'acceptanceReason'
      | 'assignedTo'
      | 'closedAt'
      | 'agencyCode'
      | 'accountIndex'
      | 'phoneIndex'
    >
  > &
    TimeLimit,
): Promise<ApplicationRow> {
  const moved = await tx
    .updateTable('application')
    // Moving the case acknowledges the changed records.
    .set((eb) => ({ state: to, version: eb('version', '+', 1), recordsChangedAt: null, ...changes }))
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('state', '=', from)
    .returningAll()
    .executeTakeFirst();
  if (moved === undefined) throw new Error(`application ${applicationId} was not ${from}`);
  return moved;
}

/** Changes fields other than the state, or only the version. Returns the changed row. */
export async function setFields(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  changes: Partial<Omit<ApplicationRow, 'state' | 'version'>> = {},
): Promise<ApplicationRow> {
  return await tx
    .updateTable('application')
    .set((eb) => ({ ...changes, version: eb('version', '+', 1) }))
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Locks a person's submitted and accepted cases until the transaction ends, in the order of their ids. */
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

/** Puts a case into an officer's queue, or into nobody's. Not a new version: what somebody is editing stays valid. */
export async function setAssignee(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  assignedTo: string | null,
): Promise<void> {
  await tx
    .updateTable('application')
    .set({ assignedTo })
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .execute();
}

/** Marks the records as changed, or as seen. Not a new version: what an officer is editing stays valid. */
export async function setRecordsChanged(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  change: Partial<Pick<ApplicationRow, 'recordsChangedAt' | 'recordsToldDigest'>>,
): Promise<void> {
  await tx
    .updateTable('application')
    .set(change)
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .execute();
}

/** Months as one text: a statement with an array is planned anew each time. */
const joined = (months: readonly string[]): string => months.join(' ');

/**
 * Claims months, including those the case had released. Returns their rows. The index one_live_claim_per_person_month
 * refuses a month that is claimed or live elsewhere, or that was recovered and is still owed; a month that a recovery freed
 * keeps it, and one_second_claim_per_person_month refuses a third claim.
 */
export async function insertClaims(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  months: readonly string[],
): Promise<ClaimedMonth[]> {
  return await ask<ClaimedMonth>(
    tx,
    `insert into subsidy_month as own (person_id, application_id, month, state, after_recovery_id)
    select $1, $2, given.month, 'claimed', (select r.recovery_id from recovery r
      where r.person_id = $1 and r.month = given.month and r.state = 'repaid' order by r.recovery_id desc limit 1)
    from unnest(string_to_array($3, ' ')) as given (month)
    on conflict (person_id, month, application_id) do update set state = 'claimed', after_recovery_id = excluded.after_recovery_id
      where own.state = 'released'
    returning month, state, amount_fen as "amountFen"`,
    [personId, applicationId, joined(months)],
  );
}

/** Releases the given months of the case, or all its claimed months. Returns their rows. */
export async function releaseClaims(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  months?: readonly string[],
): Promise<MonthRow[]> {
  let query = tx
    .updateTable('subsidyMonth')
    .set({ state: 'released' })
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('state', '=', 'claimed');
  if (months !== undefined) query = query.where('month', 'in', [...months]);
  return await query.returningAll().execute();
}

export type MonthKey = Pick<MonthRow, 'personId' | 'applicationId' | 'month'>;

/**
 * Changes the state of one month of one case, and its amount and `stillOwed` where given. Throws if it is not in the
 * expected state.
 */
export async function setMonthState(
  tx: Tx,
  key: MonthKey,
  from: MonthRow['state'],
  to: MonthRow['state'],
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

/** A month that another case of the person claims or has been granted, or of which money is still owed. */
export interface TakenMonth {
  readonly month: string;
  readonly by: 'claimed' | 'live' | 'owed';
  /** Of the other case; empty for money that is owed. */
  readonly caseNumber: string;
  readonly owedFen: number;
}

/** The taken ones of a case's months, or of others. The person is the current one. */
export async function listTakenMonths(
  tx: Tx,
  applicationId: string,
  months: readonly string[] | null,
): Promise<TakenMonth[]> {
  return await ask<TakenMonth>(
    tx,
    `with own as (select a.person_id, a.application_id,
        coalesce(string_to_array($2, ' '), a.months::text[]) as months
      from application a where a.application_id = $1)
    select m.month, m.state as by, o.case_number as "caseNumber", 0::bigint as "owedFen"
    from own join subsidy_month m on m.person_id = own.person_id and m.application_id <> own.application_id
      and m.month = any (own.months) and m.state in ('claimed', 'live')
      join application o on o.person_id = m.person_id and o.application_id = m.application_id
    union all
    select r.month, 'owed', '', sum(r.owed_fen)::bigint
    from own join recovery r on r.person_id = own.person_id and r.month = any (own.months) and r.owes group by r.month
    order by month`,
    [applicationId, months === null ? null : joined(months)],
  );
}

/** Gives claimed months of a case their states and amounts. Throws if one is not claimed. */
export async function settleMonths(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  months: readonly ClaimedMonth[],
): Promise<void> {
  const settled = await ask(
    tx,
    `update subsidy_month m set state = given.state, amount_fen = given."amountFen"
    from jsonb_to_recordset($3) as given (month text, state text, "amountFen" bigint)
    where m.person_id = $1 and m.application_id = $2 and m.month = given.month and m.state = 'claimed' returning m.month`,
    [personId, applicationId, JSON.stringify(months)],
  );
  if (settled.length !== months.length) throw new Error(`a month of ${applicationId} was not claimed`);
}

/** An officer's part. */
export type Signature = Pick<CasePart, 'officer' | 'part' | 'agencyCode' | 'actedAt'>;

/**
 * Signs an officer's part on a case; repeating the same part changes nothing. Returns false if the officer has another
 * part on it, which the key one_part_per_officer_on_a_case refuses.
 */
export async function insertCasePart(tx: Tx, { personId, applicationId }: CaseKey, signature: Signature) {
  const ofCase = sql`(values (${personId}::uuid, ${applicationId}::uuid)) as one (person_id, application_id)`;
  const { numAffectedRows } = await signing(ofCase, signature).execute(tx);
  return numAffectedRows === 1n;
}

/**
 * The statement that signs cases, each once. It writes no row where the officer has another part.
 *
 * @param cases a table with the columns `person_id` and `application_id`
 */
export function signing(cases: RawBuilder<unknown>, { officer, part, agencyCode, actedAt }: Signature) {
  return sql`
    insert into case_part (person_id, application_id, officer, part, agency_code, acted_at)
    select distinct person_id, application_id, ${officer}, ${part}, ${agencyCode}, ${actedAt}::timestamptz from ${cases}
    on conflict on constraint one_part_per_officer_on_a_case do update set part = excluded.part
      where case_part.part = excluded.part`;
}

/** Each officer's part on a case. */
export async function listParts(tx: Tx, { personId, applicationId }: CaseKey) {
  return await tx
    .selectFrom('casePart')
    .select(['part', 'agencyCode', 'actedAt'])
    .select(officerAt('officer', 'actedAt').as('officer'))
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .orderBy('actedAt')
    .orderBy('part')
    .execute();
}

/** Cases whose running time limit includes one of these days. */
export async function listRunningTimeLimits(tx: Tx, from: Day, through: Day) {
  return await tx
    .selectFrom('application')
    .select([
      'personId',
      'applicationId',
      'timeLimit',
      'timeLimitDaysLeft',
      'timeLimitFrom',
      'timeLimitDueOn',
    ])
    .where('timeLimitFrom', '<=', through)
    .where('timeLimitDueOn', '>=', from)
    .orderBy('applicationId')
    .forUpdate()
    .execute();
}

/** Drafts created before an instant, oldest first, locked; those locked by others are skipped. */
export async function lockDraftsBefore(tx: Tx, createdBefore: string, limit: number) {
  return await tx
    .selectFrom('application')
    .select(['personId', 'applicationId'])
    .where('state', '=', 'draft')
    .where('createdAt', '<', createdBefore)
    .orderBy('createdAt')
    .limit(atMost(limit))
    .forUpdate()
    .skipLocked()
    .execute();
}

/** Deletes a draft without materials. Rows of a submitted case prevent it. */
export async function deleteDraft(tx: Tx, { personId, applicationId }: CaseKey): Promise<void> {
  await tx
    .deleteFrom('application')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('state', '=', 'draft')
    .execute();
}
