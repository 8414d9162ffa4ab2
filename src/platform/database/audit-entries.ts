// Inserts audit entries, for operations and for the programs that rotate keys. Never reads or changes them.

import type { Tx } from './connect.ts';
import { keptName } from './officers.ts';
import { scopeOfService } from './row-scope.ts';
import type { AuditEntry } from './tables.ts';
import { tell } from './transaction.ts';

/** An entry before the database numbers it. `change` is JSON without personal data. */
export type NewAuditEntry = Omit<AuditEntry, 'entryId' | 'change'> & { readonly change: string };

const values = '$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12';
const entry = `insert into audit_entry (at, operation, actor, client_id, role, agency_code, target_kind, target_id, person_id,
  change, request_id, source_address)`;
const named = `with named as (${keptName({ account: '$3', at: '$1', name: '$13' })}) `;

/**
 * Sent without waiting.
 *
 * @param officerName as the actor's token gave it, null if it gave none; absent for systems, which are no officers
 * @param referenceVersion of the reference data that the act used: if it is not the newest, the transaction is repeated
 */
export function insertAuditEntry(
  tx: Tx,
  row: NewAuditEntry,
  {
    officerName,
    referenceVersion,
  }: { officerName?: string | null | undefined; referenceVersion?: number | undefined } = {},
): void {
  const parameters: unknown[] = [
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
  const isOfficer = officerName !== undefined;
  if (isOfficer) parameters.push(officerName);
  const isAsked = referenceVersion !== undefined;
  if (isAsked) parameters.push(referenceVersion);
  const source = isAsked
    ? `select ${values} from require_reference($${parameters.length})`
    : `values (${values})`;
  tell(tx, `${isOfficer ? named : ''}${entry} ${source}`, parameters);
}

/** The entry of a command that an operator runs. Under the service: it does not know which operator. */
export function insertEntryOfCommand(
  tx: Tx,
  {
    at,
    operation,
    command,
    target,
    change,
  }: {
    readonly at: Temporal.Instant;
    readonly operation: string;
    readonly command: string;
    readonly target: readonly [kind: string, id: string];
    readonly change: object;
  },
): void {
  const { actor } = scopeOfService;
  insertAuditEntry(tx, {
    at: at.toString(),
    operation,
    actor,
    clientId: actor,
    role: 'service',
    agencyCode: null,
    targetKind: target[0],
    targetId: target[1],
    personId: null,
    change: JSON.stringify(change),
    requestId: command,
    sourceAddress: 'local',
  });
}
