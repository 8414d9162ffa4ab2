// Inserts looks: who was shown which facts about whom. Adding them to the audit is in oversight/audit/.

import { sql } from 'kysely';
import type { Tx } from './connect.ts';
import { keptName } from './officers.ts';

/** One disclosure of facts about people. The table has its columns, except the name. */
export interface LookRow {
  readonly personIds: readonly string[];
  readonly at: string;
  readonly operation: string;
  readonly actor: string;
  /** As the actor's token gave it; null for systems. */
  readonly officerName: string | null;
  readonly clientId: string;
  readonly role: string;
  readonly agencyCode: string | null;
  readonly facts: readonly string[];
  readonly purpose: string;
  readonly requestId: string;
  readonly sourceAddress: string;
}

/** In a transaction of the service, whose other statements are few: it holds up the next digest of looks. */
export async function insertLooks(tx: Tx, looks: readonly LookRow[]): Promise<void> {
  if (looks.length === 0) return;
  // Shared; adding records to the audit takes it exclusively, so that no smaller id commits afterwards.
  await sql`select pg_advisory_xact_lock_shared(hashtextextended('looks', 0))`.execute(tx);
  for (const look of looks) {
    await sql`
      with named as ${keptName(look.actor, look.at, look.officerName)}
      insert into look (person_id, at, operation, actor, client_id, role, agency_code, facts, purpose, request_id,
        source_address)
      select person_id, ${look.at}, ${look.operation}, ${look.actor}, ${look.clientId}, ${look.role},
        ${look.agencyCode}, ${[...look.facts]}::text[], ${look.purpose}, ${look.requestId}, ${look.sourceAddress}
      from unnest(${[...look.personIds]}::uuid[]) as shown (person_id)`.execute(tx);
  }
}
