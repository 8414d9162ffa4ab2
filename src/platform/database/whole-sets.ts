// Plans for statements that read whole tables, and for those that look up many rows in large ones.

import { sql } from 'kysely';
import type { Tx } from './connect.ts';
import { later } from './transaction.ts';

/**
 * Makes the planner join whole tables. By default it expects a few rows and uses index lookups, which take twice as
 * long for a hundred thousand cases.
 */
export async function joinWholeSets(tx: Tx): Promise<void> {
  await sql`select set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true)`.execute(tx);
}

/**
 * Makes the planner look every row up by an index. Row-level security makes it expect one row where there are thousands,
 * and for one it reads a table of some thousand rows from end to end: then again for each of them.
 */
export function lookUpEach(tx: Tx): void {
  later(tx, sql`select set_config('enable_seqscan', 'off', true)`);
}
