// Reads a page of the work list with what is shown of each case: its applicant's newest name and the conditions behind
// its flags, in one statement.

import { sql } from 'kysely';
import type { Application } from '../../platform/database/tables.ts';
import { ask } from '../../platform/database/transaction.ts';
import { type NameChange, newestNameChange } from '../application/parts.ts';
import type { TimeLimit } from '../application/time-limit.ts';
import { type CaseFlags, caseFlags, type PersonFlags, peopleFlags, type Sharing } from '../flags/store.ts';
import { selectApplications } from './store.ts';

/** A case as a list shows it. */
export interface ListedCase
  extends TimeLimit,
    Pick<
      Application,
      | 'personId'
      | 'applicationId'
      | 'caseNumber'
      | 'state'
      | 'quarter'
      | 'months'
      | 'channel'
      | 'agencyCode'
      | 'streetCode'
      | 'nameEncrypted'
      | 'submittedAt'
      | 'assignedTo'
      | 'recordsChangedAt'
    > {
  readonly nameChange: NameChange | null;
  readonly ofCase: CaseFlags;
  readonly ofPerson: PersonFlags | null;
  /** For officers. */
  readonly sharing: readonly Sharing[];
}

/** The cases of `selectApplications`, in its order. */
export async function listCases(
  forOfficers: boolean,
  ...asked: Parameters<typeof selectApplications>
): Promise<ListedCase[]> {
  const [tx, , , { lateQuarters }] = asked;
  const sharing = forOfficers
    ? sql`(select coalesce(json_agg(json_build_object('applicationId', application_id, 'what', what,
        'caseNumbers', case_numbers, 'peopleBeyond', people_beyond) order by what), '[]')
        from shared where shared.application_id = application.application_id)`
    : sql`'[]'::json`;
  const compiled = sql`
    with listed as materialized (
      select *, row_number() over () as place from ${selectApplications(...asked)} as in_order),
    conditions as (${peopleFlags(sql`array(select person_id from listed)`)}),
    shared as (select * from sharing_of(array(select application_id from listed)))
    select application.person_id as "personId", application_id as "applicationId", case_number as "caseNumber", state,
      quarter, months, channel, agency_code as "agencyCode", street_code as "streetCode", submitted_at as "submittedAt",
      name_encrypted as "nameEncrypted", assigned_to as "assignedTo", records_changed_at as "recordsChangedAt",
      time_limit as "timeLimit", time_limit_from as "timeLimitFrom", time_limit_days_left as "timeLimitDaysLeft",
      time_limit_due_on as "timeLimitDueOn",
      ${newestNameChange} as "nameChange", to_json(flags) as "ofCase", to_json(conditions) as "ofPerson", ${sharing} as sharing
    from listed as application
    cross join lateral (${caseFlags(sql`${lateQuarters}::int`, forOfficers)}) as flags
    left join conditions on conditions."personId" = application.person_id
    order by place`.compile(tx);
  return await ask<ListedCase>(tx, compiled.sql, compiled.parameters);
}
