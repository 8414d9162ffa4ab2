// What a case says of its applicant, as parts of other subjects' statements.

import { sql } from 'kysely';

/** A confirmed correction of the applicant's name. The name in hexadecimal. */
export interface NameChange {
  readonly payeeChangeId: string;
  readonly nameEncrypted: string;
}

/** The newest one of the `application` row of the surrounding query. */
export const newestNameChange = sql<NameChange | null>`(
  select json_build_object('payeeChangeId', c.payee_change_id, 'nameEncrypted', encode(c.name_encrypted, 'hex'))
  from payee_change c where c.person_id = application.person_id and c.application_id = application.application_id
    and c.state = 'confirmed' and c.kind = 'name' order by c.payee_change_id desc limit 1)`;
