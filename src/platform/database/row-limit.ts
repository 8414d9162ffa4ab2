// How many rows a statement may give, as a parameter that its plan hangs on.

import { type RawBuilder, sql } from 'kysely';

/**
 * Marks a statement as one to be planned each time: see `prepared` in connect.ts. Without the number the planner takes a
 * tenth of the table for the batch, and sorts all of it each time.
 */
export class RowLimit {
  readonly rows: number;
  constructor(rows: number) {
    this.rows = rows;
  }
  /** How pg asks for the value. */
  toPostgres(): number {
    return this.rows;
  }
}

/** The limit of a page or batch: `.limit(atMost(n))`, `limit ${atMost(n)}`. */
export function atMost(rows: number): RawBuilder<number> {
  return sql<number>`${new RowLimit(rows)}`;
}
