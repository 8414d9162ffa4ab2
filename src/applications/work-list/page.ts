// Reads a page of the work list, and what is shown of each case: its applicant's newest name and the conditions behind its
// flags.

import { sql } from 'kysely';
import { statement } from '../../platform/database/statement.ts';
import type { Application } from '../../platform/database/tables.ts';
import { later } from '../../platform/database/transaction.ts';
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

/**
 * What is shown of the cases whose ids are in the setting `subsidy.page`. Apart from the statement that finds them, which is
 * planned anew for each filter and limit: planning both took several times as long as their execution.
 */
const describing = (forOfficers: boolean) =>
  statement<{ lateQuarters: number }, ListedCase>((given) => {
    const sharing = forOfficers
      ? sql`(select coalesce(json_agg(json_build_object('applicationId', application_id, 'what', what,
          'caseNumbers', case_numbers, 'peopleBeyond', people_beyond) order by what), '[]')
          from shared where shared.application_id = application.application_id)`
      : sql`'[]'::json`;
    return sql`
      with listed as materialized (
        select application.*, place
        from unnest(string_to_array(current_setting('subsidy.page'), ' ')::uuid[]) with ordinality as page (id, place)
        join application on application_id = page.id),
      conditions as (${peopleFlags(sql`array(select person_id from listed)`)}),
      shared as (select * from sharing_of(array(select application_id from listed)))
      select application.person_id, application_id, case_number, state, quarter, months, channel, agency_code, street_code,
        submitted_at, name_encrypted, assigned_to, records_changed_at, time_limit, time_limit_from, time_limit_days_left,
        time_limit_due_on, ${newestNameChange} as name_change, to_json(flags) as of_case, to_json(conditions) as of_person,
        ${sharing} as sharing
      from listed as application
      cross join lateral (${caseFlags(sql`${given('lateQuarters')}::int`, forOfficers)}) as flags
      left join conditions on conditions."personId" = application.person_id
      order by place`;
  });
const describeForOfficers = describing(true);
const describeForPlatforms = describing(false);

/** The cases of `selectApplications`, in its order. */
export async function listCases(
  forOfficers: boolean,
  ...asked: Parameters<typeof selectApplications>
): Promise<ListedCase[]> {
  const [tx, , , { lateQuarters }] = asked;
  later(
    tx,
    sql`select set_config('subsidy.page', coalesce(string_agg(application_id::text, ' '), ''), true)
      from ${selectApplications(...asked)} as in_order`,
  );
  return await (forOfficers ? describeForOfficers : describeForPlatforms)(tx, { lateQuarters });
}
