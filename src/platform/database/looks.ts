// Inserts looks: who was shown which facts about whom. Adding them to the audit is in oversight/audit/.

import { sql } from 'kysely';
import type { Tx } from './connect.ts';
import { keptNames } from './officers.ts';
import { later } from './transaction.ts';

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

/**
 * Sends the records without waiting. In a transaction of the service, whose other statements are few: it holds up the
 * next digest of looks.
 */
export function insertLooks(tx: Tx, looks: readonly LookRow[]): void {
  if (looks.length === 0) return;
  // Shared; adding records to the audit takes it exclusively, so that no smaller id commits afterwards.
  later(tx, sql`select pg_advisory_xact_lock_shared(hashtextextended('looks', 0))`);
  // One JSON value for all: the same plan for any number of them.
  later(
    tx,
    sql`with given as (select * from jsonb_to_recordset(${JSON.stringify(looks)}) as given ("personIds" uuid[],
        at timestamptz, operation text, actor text, "officerName" text, "clientId" text, role text, "agencyCode" text,
        facts text[], purpose text, "requestId" text, "sourceAddress" text)),
      named as ${keptNames(sql`given`)}
      insert into look (person_id, at, operation, actor, client_id, role, agency_code, facts, purpose, request_id,
        source_address)
      select person_id, at, operation, actor, "clientId", role, "agencyCode", facts, purpose, "requestId",
        "sourceAddress"
      from given cross join unnest("personIds") as shown (person_id)`,
  );
}
