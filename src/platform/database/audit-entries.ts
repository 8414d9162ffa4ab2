// Inserts audit entries, for operations and for the programs that rotate keys. Never reads or changes them.

import type { Tx } from './connect.ts';
import type { AuditEntry } from './tables.ts';

/** An entry before the database numbers it. `change` is JSON without personal data. */
export type NewAuditEntry = Omit<AuditEntry, 'entryId' | 'change'> & { readonly change: string };

export async function insertAuditEntry(tx: Tx, entry: NewAuditEntry): Promise<void> {
  await tx.insertInto('auditEntry').values(entry).execute();
}
