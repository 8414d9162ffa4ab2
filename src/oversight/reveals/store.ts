// Reads audit entries and looks about one person. Writes nothing.

import { sql } from 'kysely';
import type { Officer } from '../../platform/access/officers.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Json } from '../../platform/database/tables.ts';

/** An audit entry about a person, or a look at their data in an answer. */
export interface Trace {
  readonly kind: 'entry' | 'look';
  readonly id: number;
  /** Microseconds since 1970; with kind and id the sort key of the report. */
  readonly microseconds: string;
  readonly at: string;
  readonly operation: string;
  readonly officer: Officer;
  readonly clientId: string;
  readonly role: string;
  readonly agencyCode: string | null;
  readonly targetKind: string;
  readonly targetId: string;
  readonly change: Json;
  /** Null if it is not about a disbursement. */
  readonly isPaidThere: boolean | null;
  readonly facts: readonly string[];
  readonly purpose: string | null;
  readonly requestId: string;
  readonly sourceAddress: string;
}

/**
 * All actions on the person and on each disbursement that holds a line of theirs, or for them as an heir (payment files
 * name people without an entry for each), and all looks at their data. A request with both appears once, as the action with what it showed.
 * Oldest first.
 */
export async function listTraces(
  tx: Tx,
  personId: string,
  after: { microseconds: string; kind: string; id: string },
  limit: number,
): Promise<Trace[]> {
  const { rows } = await sql<Trace>`
    with found as (
      select entry_id, null::boolean as is_paid_there from audit_entry where person_id = ${personId}
      union all
      select e.entry_id, bool_or(l.state <> 'held')
      from payment_line l
      join audit_entry e on e.target_kind = 'disbursement' and e.target_id = l.disbursement_id::text
      where e.person_id is null and l.person_id = any (array(select ${personId}::uuid
          union select person_id from payee_change where heir_person_id = ${personId}))
        and (l.person_id = ${personId} or l.name_change_id in (
          select payee_change_id from payee_change where heir_person_id = ${personId}))
      group by e.entry_id
    ),
    looked as (select * from look where person_id = ${personId}),
    acted as (select e.*, found.is_paid_there from found join audit_entry e using (entry_id)),
    trace as (
      select 'entry' as kind, e.entry_id as id, e.at, e.operation, e.actor, e.client_id, e.role, e.agency_code, e.target_kind,
        e.target_id, e.change, e.is_paid_there, coalesce(l.facts, '{}') as facts, l.purpose, e.request_id, e.source_address
      from acted e left join looked l using (request_id)
      union all
      select 'look', look_id, at, operation, actor, client_id, role, agency_code, 'person', person_id::text, null, null,
        facts, purpose, request_id, source_address
      from looked where request_id not in (select request_id from acted)
    )
    select *, officer_at(actor, at) as officer from (select *, (extract(epoch from at) * 1000000)::bigint::text as microseconds from trace) timed
    where (microseconds::bigint, kind, id) > (${after.microseconds}::bigint, ${after.kind}, ${after.id}::bigint)
    order by microseconds::bigint, kind, id limit ${atMost(limit)}`.execute(tx);
  return rows;
}
