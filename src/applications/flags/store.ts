// Queries the conditions behind flags. Read only.

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { statement } from '../../platform/database/statement.ts';
import type { Application } from '../../platform/database/tables.ts';
import type { Month } from '../../values/days.ts';
import type { FlagCode } from './kinds.ts';

/** Whether a client gave this name in error and it was corrected since. */
function isCorrected(name: string): RawBuilder<SqlBool> {
  const of = (column: string) => sql.ref(`${name}.${column}`);
  return sql`(${of('source')} like 'client:%' and exists (select from payee_change c
    where c.person_id = ${of('person_id')} and c.former_name_hash = ${of('name_hash')} and c.state = 'confirmed'))`;
}

/** Whether the `application` row of the surrounding query has a flag. */
export const isFlagged: Readonly<
  Record<FlagCode, (lateQuarters: RawBuilder<number>) => RawBuilder<SqlBool>>
> = {
  'late-claim': (quarters) => sql`quarters_late(months[1], submitted_at) > ${quarters}`,
  // A scalar subquery: PostgreSQL would plan an `exists` as a join over all names of the city.
  'names-differ': () => sql`(select true from person_name n join person_name o on o.person_id = n.person_id
    where n.person_id = application.person_id and o.name_hash <> n.name_hash
      and not ${isCorrected('n')} and not ${isCorrected('o')} limit 1)`,
  barred: () => sql`application.person_id in (select person_id from people_barred())`,
  'under-appeal':
    () => sql`exists (select from appeal where appeal.application_id = application.application_id
    and appeal.state = 'open')`,
  died: () => sql`application.person_id in (select person_id from people_who_died())`,
  'open-debt': () => sql`application.person_id in (select person_id from people_in_debt())`,
  'household-unconfirmed': () => sql`application.household_standing = 'unconfirmed'`,
  'household-elsewhere': () => sql`application.household_standing = 'elsewhere'`,
  'shared-account': () =>
    sql`application.application_id in (select application_id from cases_sharing('account'))`,
  'shared-phone': () =>
    sql`application.application_id in (select application_id from cases_sharing('phone'))`,
};

/** Which flags a case has that depend on the case itself. */
export interface CaseFlags {
  readonly isLate: boolean;
  readonly namesDiffer: boolean;
  readonly isUnconfirmed: boolean;
  readonly isElsewhere: boolean;
  readonly isUnderAppeal: boolean;
}

/** Columns of CaseFlags for the `application` row of the surrounding query; names are looked up for officers only. */
export function caseFlags(lateQuarters: RawBuilder<number>, forOfficers: boolean): RawBuilder<CaseFlags> {
  return sql<CaseFlags>`
    select coalesce(${isFlagged['late-claim'](lateQuarters)}, false) as "isLate",
      ${forOfficers ? sql`coalesce(${isFlagged['names-differ'](lateQuarters)}, false)` : sql`false`} as "namesDiffer",
      coalesce(${isFlagged['household-unconfirmed'](lateQuarters)}, false) as "isUnconfirmed",
      coalesce(${isFlagged['household-elsewhere'](lateQuarters)}, false) as "isElsewhere",
      ${isFlagged['under-appeal'](lateQuarters)} as "isUnderAppeal"`;
}

/** The flags of these cases that depend on the case itself. */
export async function listCaseFlags(
  tx: Tx,
  cases: readonly Pick<Application, 'personId' | 'applicationId'>[],
  { lateQuarters, forOfficers }: { readonly lateQuarters: number; readonly forOfficers: boolean },
) {
  if (cases.length === 0) return [];
  const { rows } = await sql<CaseFlags & { id: string }>`
    select application_id as id, flags.* from application, 
      lateral (${caseFlags(sql`${lateQuarters}::int`, forOfficers)}) as flags
    where person_id = any(${cases.map(({ personId }) => personId)}::uuid[])
      and application_id = any(${cases.map(({ applicationId }) => applicationId)}::uuid[])`.execute(tx);
  return rows;
}

/** The conditions of a person, independent of cases. */
export interface PersonFlags {
  readonly personId: string;
  /** When the bar for false material began. */
  readonly barredSince: string | null;
  /** The day of death by the registers. */
  readonly diedOn: string | null;
  /** The debt in fen, and the agencies it is owed to. */
  readonly owedFen: number | null;
  readonly agencies: string[] | null;
}

/** The conditions of people whom the caller may see; people without any are absent. Takes their ids as SQL. */
export function peopleFlags(people: RawBuilder<unknown>): RawBuilder<PersonFlags> {
  return sql<PersonFlags>`
    select person_id as "personId", barred_since as "barredSince", died_on as "diedOn", owed_fen as "owedFen", agencies
    from conditions_of_anybody(${people})
    full join (select person_id, min(died_on)::text as died_on from death
      where person_id = any(${people}) group by person_id) as died using (person_id)`;
}

export async function listPeopleFlags(tx: Tx, personIds: readonly string[]): Promise<PersonFlags[]> {
  if (personIds.length === 0) return [];
  const visible = sql`array(select person_id from person where person_id = any(${personIds}::uuid[]))`;
  return (await peopleFlags(visible).execute(tx)).rows;
}

/** The conditions behind the flags of one case. */
export interface CaseConditions {
  readonly ofCase: CaseFlags;
  readonly ofPerson: PersonFlags | null;
  /** For officers. */
  readonly sharing: readonly Sharing[];
}

/** Columns of CaseConditions for the `application` row of the surrounding query. */
export function conditions(lateQuarters: RawBuilder<number>, forOfficers: boolean): RawBuilder<unknown> {
  const shared = sql`(select coalesce(json_agg(json_build_object('applicationId', application_id, 'what', what,
    'caseNumbers', case_numbers, 'peopleBeyond', people_beyond) order by what), '[]')
    from sharing_of(array[application.application_id]))`;
  return sql`
    (select to_json(f) from (${caseFlags(sql`${lateQuarters}::int`, forOfficers)}) as f) as of_case,
    (select to_json(f) from (${peopleFlags(sql`array[application.person_id]`)}) as f) as of_person,
    ${forOfficers ? shared : sql`'[]'::json`} as sharing`;
}

const findConditions = (forOfficers: boolean) =>
  statement<{ applicationId: string; lateQuarters: number }, CaseConditions>(
    (given) => sql`select ${conditions(given('lateQuarters'), forOfficers)}
      from application where application_id = ${given('applicationId')}`,
  );

/** The conditions of a case; no row if the caller may not see it. */
export const findConditionsForOfficers = findConditions(true);
export const findConditionsForPlatforms = findConditions(false);

export interface AfterDeath {
  readonly applicationId: string;
  readonly diedOn: string;
  /** Claimed or granted, ended before the death, and neither paid nor with the bank. */
  readonly months: readonly Month[];
  /** Of the granted ones, in fen. */
  readonly amountFen: number;
  /** The heir who is paid. References payee_change. */
  readonly heirId: string | null;
  readonly isClosed: boolean;
}

/** What a death left unpaid of each of these cases; cases of the living are absent. */
export async function listAfterDeath(
  tx: Tx,
  cases: readonly Pick<Application, 'personId' | 'applicationId'>[],
): Promise<AfterDeath[]> {
  if (cases.length === 0) return [];
  const { rows } = await sql<AfterDeath>`
    select a.application_id, death.died_on::text, heir.id as heir_id, left_unpaid.months, left_unpaid.amount_fen,
      heir.id is null and exists (select from payee_change c where c.person_id = a.person_id
        and c.application_id = a.application_id and c.kind = 'nobody' and c.state = 'confirmed') as is_closed
    from application a
    cross join lateral (select min(died_on) as died_on from death where death.person_id = a.person_id) as death
    cross join lateral (select heir_of(a.person_id, a.application_id) as id) as heir
    cross join lateral (
      select coalesce(array_agg(m.month::text order by m.month), '{}') as months,
        coalesce(sum(m.amount_fen), 0)::bigint as amount_fen
      from subsidy_month m
      where m.person_id = a.person_id and m.application_id = a.application_id and m.state in ('claimed', 'live')
        and m.month < to_char(death.died_on, 'YYYY-MM')
        and not exists (select from payment_line_month p left join payment_line l using (person_id, line_id)
          where p.person_id = m.person_id and p.application_id = m.application_id and p.month = m.month and p.live
            and (p.set_off_id is not null or l.state in ('in-payment', 'unknown', 'paid')))) as left_unpaid
    where a.person_id = any(${cases.map(({ personId }) => personId)}::uuid[])
      and a.application_id = any(${cases.map(({ applicationId }) => applicationId)}::uuid[])
      and death.died_on is not null`.execute(tx);
  return rows;
}

/** Other people's case numbers that the caller may see, one per person, and the number of people beyond those. */
export interface Sharing {
  readonly applicationId: string;
  readonly what: 'account' | 'phone';
  readonly caseNumbers: readonly string[];
  readonly peopleBeyond: number;
}

/** The people with whom each case shares its account or phone number; cases without sharing are absent. */
export async function listSharing(tx: Tx, applicationIds: readonly string[]): Promise<Sharing[]> {
  if (applicationIds.length === 0) return [];
  const { rows } = await sql<Sharing>`
    select application_id, what, case_numbers, people_beyond from sharing_of(${applicationIds}::uuid[])
    order by what`.execute(tx);
  return rows;
}
