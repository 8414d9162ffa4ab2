// A row limit as a statement parameter on which the plan depends.

import { type RawBuilder, sql } from 'kysely';

/**
 * Marks a statement to be planned on each execution: see `prepared` in connect.ts. Without the actual limit,
 * the planner assumes a tenth of the table and sorts all of it.
 */
export class RowLimit {
  readonly rows: number;
  constructor(rows: number) {
    this.rows = rows;
  }
  /** Called by pg for the value. */
  toPostgres(): number {
    return this.rows;
  }
}

/** The limit of a page or batch: `.limit(atMost(n))`, `limit ${atMost(n)}`. */
export function atMost(rows: number): RawBuilder<number> {
  return sql<number>`${new RowLimit(rows)}`;
}
