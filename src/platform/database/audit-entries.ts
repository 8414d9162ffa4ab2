// Adds entries to the audit, for operations and for the programs that change keys. Nothing reads or changes them here.

import type { Tx } from './connect.ts';
import type { AuditEntry } from './tables.ts';

/** An entry before the database has numbered it. `change` is JSON and holds nothing personal. */
export type NewAuditEntry = Omit<AuditEntry, 'entryId' | 'change'> & { readonly change: string };

export async function insertAuditEntry(tx: Tx, entry: NewAuditEntry): Promise<void> {
  await tx.insertInto('auditEntry').values(entry).execute();
}
