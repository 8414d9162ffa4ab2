// Inserts audit entries, for operations and for the programs that rotate keys. Never reads or changes them.

import type { Tx } from './connect.ts';
import { keptName } from './officers.ts';
import type { AuditEntry } from './tables.ts';

/** An entry before the database numbers it. `change` is JSON without personal data. */
export type NewAuditEntry = Omit<AuditEntry, 'entryId' | 'change'> & { readonly change: string };

/** @param officerName as the actor's token gave it; null for systems */
export async function insertAuditEntry(
  tx: Tx,
  entry: NewAuditEntry,
  officerName: string | null = null,
): Promise<void> {
  await tx
    .with('named', () => keptName(entry.actor, entry.at, officerName))
    .insertInto('auditEntry')
    .values(entry)
    .execute();
}
