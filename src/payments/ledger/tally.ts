// Sums payment lines by quarter, so that a batch is posted as one ledger entry per quarter. Pure.

import { quarterOf } from '../../values/days.ts';
import type { MovedCase, QuarterSum } from '../lines/store.ts';
import type { Movement } from './store.ts';

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

  addCases(cases: readonly MovedCase[]): void {
    const months = cases.flatMap(({ lineId, months: own }) => own.map((month) => ({ ...month, lineId })));
    const byQuarter = Map.groupBy(months, ({ month }) => quarterOf(month));
    this.add(
      [...byQuarter].map(([quarter, own]) => ({
        quarter,
        amountFen: own.reduce((sum, { amountFen }) => sum + amountFen, 0),
        lineCount: new Set(own.map(({ lineId }) => lineId)).size,
      })),
    );
  }

  get amountFen(): number {
    return [...this.#quarters.values()].reduce((sum, { amountFen }) => sum + amountFen, 0);
  }

  /** One entry per quarter, oldest first. */
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
