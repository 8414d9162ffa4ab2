// Reads and writes cases, their months and the officers' parts. Reads of one case are limited to the caller's scope;
// only setState changes the state of a case.

import { CompiledQuery, type Insertable, type RawBuilder, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { inSnakeCase } from '../../platform/database/insert.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import { statement } from '../../platform/database/statement.ts';
import type { Application, CasePart, Person } from '../../platform/database/tables.ts';
import type { Day } from '../../values/days.ts';
import type { ApplicationState } from './states.ts';
import type { TimeLimit } from './time-limit.ts';

export type ApplicationRow = Application;
export type CaseKey = Pick<ApplicationRow, 'personId' | 'applicationId'>;

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

/** Of the person, what the rules need to know. */
type Known = Pick<Person, 'identityEncrypted' | 'sex' | 'residencePermit'>;

const lockBoth = statement<{ applicationId: string }, ApplicationRow & Known>(
  (given) => sql`
  select application.*, person.identity_encrypted, person.sex, person.residence_permit,
    set_config('subsidy.person', application.person_id::text, true)
  from application join person using (person_id) where application_id = ${given('applicationId')} for update`,
);

/** Locks a case and then its person, who becomes the current one, until the transaction ends. */
export async function lockWithPerson(tx: Tx, applicationId: string) {
  return (await lockBoth(tx, { applicationId }))[0];
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

export async function insertApplication(tx: Tx, row: Insertable<Application>): Promise<ApplicationRow> {
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
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const columns = given.map(([name], index) => `, ${inSnakeCase(name)} = $${index + 5}`);
  // Moving the case acknowledges the changed records.
  const statement = `update application set state = $4, version = version + 1, records_changed_at = null${columns.join('')}
    where person_id = $1 and application_id = $2 and state = $3 returning *`;
  const parameters = [personId, applicationId, from, to, ...given.map(([, value]) => value)];
  const { rows } = await tx.executeQuery<ApplicationRow>(CompiledQuery.raw(statement, parameters));
  const [moved] = rows;
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
