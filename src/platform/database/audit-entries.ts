// Inserts audit entries, for operations and for the programs that rotate keys. Never reads or changes them.

import type { Tx } from './connect.ts';
import { keptName } from './officers.ts';
import type { AuditEntry } from './tables.ts';
import { tell } from './transaction.ts';

/** An entry before the database numbers it. `change` is JSON without personal data. */
export type NewAuditEntry = Omit<AuditEntry, 'entryId' | 'change'> & { readonly change: string };

const entry = `insert into audit_entry (at, operation, actor, client_id, role, agency_code, target_kind, target_id, person_id,
  change, request_id, source_address) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;
const entryOfOfficer = `with named as (${keptName({ account: '$3', at: '$1', name: '$13' })}) ${entry}`;

/**
 * Sent without waiting.
 *
 * @param officerName as the actor's token gave it, null if it gave none; absent for systems, which are no officers
 */
export function insertAuditEntry(tx: Tx, row: NewAuditEntry, officerName?: string | null): void {
  const values = [
    row.at,
    row.operation,
    row.actor,
    row.clientId,
    row.role,
    row.agencyCode,
    row.targetKind,
    row.targetId,
    row.personId,
    row.change,
    row.requestId,
    row.sourceAddress,
  ];
  if (officerName === undefined) tell(tx, entry, values);
  else tell(tx, entryOfOfficer, [...values, officerName]);
}
