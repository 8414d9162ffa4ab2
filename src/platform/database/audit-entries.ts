// Inserts audit entries, for operations and for the programs that rotate keys. Never reads or changes them.

import type { Tx } from './connect.ts';
import { keptName } from './officers.ts';
import type { AuditEntry } from './tables.ts';
import { later } from './transaction.ts';

/** An entry before the database numbers it. `change` is JSON without personal data. */
export type NewAuditEntry = Omit<AuditEntry, 'entryId' | 'change'> & { readonly change: string };

/**
 * Sent without waiting.
 *
 * @param officerName as the actor's token gave it; null for systems
 */
export function insertAuditEntry(tx: Tx, entry: NewAuditEntry, officerName: string | null = null): void {
  const named = tx.with('named', () => keptName(entry.actor, entry.at, officerName));
  later(tx, named.insertInto('auditEntry').values(entry));
}
