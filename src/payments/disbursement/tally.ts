// Adds up what pages of lines pay for, so that a batch is entered in the ledger as one sum for each quarter. Pure.

import type { Movement } from '../ledger/operations.ts';
import type { QuarterSum } from '../lines/store.ts';

export class Tally {
  readonly #quarters = new Map<string, { amountFen: number; lineCount: number }>();

  add(sums: readonly QuarterSum[]): void {
    for (const { quarter, amountFen, lineCount } of sums) {
      const known = this.#quarters.get(quarter) ?? { amountFen: 0, lineCount: 0 };
      this.#quarters.set(quarter, {
        amountFen: known.amountFen + amountFen,
        lineCount: known.lineCount + lineCount,
      });
    }
  }

  get amountFen(): number {
    return [...this.#quarters.values()].reduce((sum, { amountFen }) => sum + amountFen, 0);
  }

  /** One entry for each quarter, oldest first. */
  movements(
    path: Pick<Movement, 'agencyCode' | 'disbursementId' | 'lineId' | 'personId' | 'applicationId'>,
    from: Movement['from'],
    to: Movement['to'],
  ): Movement[] {
    return [...this.#quarters]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([quarter, sum]) => ({ ...path, quarter, ...sum, from, to }));
  }
}
