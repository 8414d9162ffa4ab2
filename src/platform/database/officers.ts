// Officers' names at the time of their acts.

import { type RawBuilder, sql } from 'kysely';
import type { Officer } from '../access/officers.ts';

/**
 * Keeps the name that an officer's token gave, if it is not the one in force: a part of the statement that keeps the act.
 * Takes the parameters of that statement.
 */
export function keptName({ account, at, name }: { account: string; at: string; name: string }): string {
  return `insert into officer_name (account, since, name)
    select ${account}::text, ${at}::timestamptz, ${name}::text
    where officer_at(${account}, ${at}) ->> 'name' is distinct from ${name}::text on conflict do nothing`;
}

/** The same of many acts: rows of actor, at and "officerName". */
export function keptNames(acts: RawBuilder<unknown>): RawBuilder<object> {
  return sql<object>`(insert into officer_name (account, since, name)
    select distinct on (actor, "officerName") actor, at, "officerName" from ${acts}
    where officer_at(actor, at) ->> 'name' is distinct from "officerName"
    order by actor, "officerName", at on conflict do nothing)`;
}

/** The officer in one column at the moment in another, with the name at that time. */
export function officerAt<O extends Officer | null = Officer>(account: string, at: string): RawBuilder<O> {
  return sql<O>`officer_at(${sql.ref(account)}, ${sql.ref(at)})`;
}
