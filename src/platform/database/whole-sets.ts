// Plans for statements that read whole tables.

import { sql } from 'kysely';
import type { Tx } from './connect.ts';

/**
 * Makes the planner join whole tables. By default it expects a few rows and uses index lookups, which take twice as
 * long for a hundred thousand cases.
 */
export async function joinWholeSets(tx: Tx): Promise<void> {
  await sql`select set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true)`.execute(tx);
}
