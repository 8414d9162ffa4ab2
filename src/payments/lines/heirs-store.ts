// Conditions of the statements that pay lines: what may be paid after a death, and to whom.

import { type RawBuilder, sql } from 'kysely';

/**
 * Whether a death stops the payment of a month: no heir is named, or the month had not ended before it. OFFSET 0 has the
 * planner look up each person's death: it would read all deaths for each page.
 */
export function isStoppedByDeath(month: string) {
  const of = (column: string) => sql.ref(`${month}.${column}`);
  return sql`exists (select from death where death.person_id = ${of('person_id')}
    and (${of('month')} >= to_char(death.died_on, 'YYYY-MM')
      or heir_of(${of('person_id')}, ${of('application_id')}) is null) offset 0)`;
}

/** The heir to pay for a person's case, if the person died; as a subquery with the column `id`. */
export function heirToPay(person: RawBuilder<unknown>, application: RawBuilder<unknown>) {
  return sql`(select heir_of(${person}, ${application}) as id
    where exists (select from death where death.person_id = ${person} offset 0))`;
}

/** The heir, or the newest correction of the name. */
export function holderOf({
  personId,
  applicationId,
}: {
  readonly personId: string;
  readonly applicationId: string;
}) {
  return sql<string | null>`coalesce(${heirToPay(sql`${personId}::uuid`, sql`${applicationId}::uuid`)},
    (select payee_change_id from payee_change
      where person_id = ${personId} and application_id = ${applicationId} and kind = 'name' and state = 'confirmed'
      order by payee_change_id desc limit 1))`;
}
