// A small model of the money, independent of the service: months, the lines that carry them, and what was received. It
// knows no SQL, no ledger and no quarter; it only adds. Holds no test.

export const monthFen = 50_000;

export interface Month {
  readonly applicationId: string;
  readonly month: string;
  line: Line | null;
  recovered: 'no' | 'before-payment' | 'after-payment';
  recoveryId: string | null;
  version: number;
  repaidFen: number;
}

export interface Line {
  readonly id: string;
  readonly run: Run;
  readonly months: readonly Month[];
  state: 'waiting' | 'held' | 'released' | 'at-the-bank' | 'paid' | 'failed' | 'returned';
  batch: number;
}

export interface Run {
  readonly id: string;
  readonly number: string;
  state: 'verifying' | 'verified' | 'funds-requested' | 'funded' | 'in-payment' | 'settled' | 'cancelled';
  readonly lines: Line[];
  requestedFen: number;
  receivedFen: number;
  returnedFen: number;
  batches: number;
}

export class MoneyModel {
  readonly cases: { readonly id: string; readonly caseNumber: string; readonly months: Month[] }[] = [];
  readonly runs: Run[] = [];

  get months(): Month[] {
    return this.cases.flatMap((one) => one.months);
  }

  get lines(): Line[] {
    return this.runs.flatMap((run) => run.lines);
  }

  unspentOf(run: Run): number {
    const out = run.lines.filter(({ state }) => state === 'paid' || state === 'at-the-bank');
    return run.receivedFen - run.returnedFen - fenOf(out);
  }

  /** Unspent money that no waiting line needs. */
  freeOf(run: Run): number {
    return Math.max(0, this.unspentOf(run) - fenOf(run.lines.filter(({ state }) => state === 'waiting')));
  }

  /** Every figure that the service answers, by another way. */
  figures() {
    const paid = fenOf(this.lines.filter(({ state }) => state === 'paid'));
    const inPayment = fenOf(this.lines.filter(({ state }) => state === 'at-the-bank'));
    const monthsWith = (recovered: Month['recovered']) =>
      this.months.filter((month) => month.recovered === recovered).length * monthFen;
    const approved = this.months.length * monthFen;
    const recoveredBeforePayment = monthsWith('before-payment');
    const repaid = this.months.reduce((sum, month) => sum + month.repaidFen, 0);
    const sumOfRuns = (name: 'receivedFen' | 'returnedFen' | 'requestedFen') =>
      this.runs.reduce((sum, run) => sum + run[name], 0);
    return {
      approved,
      paid,
      inPayment,
      recoveredBeforePayment,
      waiting: approved - paid - inPayment - recoveredBeforePayment,
      requested: sumOfRuns('requestedFen'),
      received: sumOfRuns('receivedFen'),
      returnedToFinance: sumOfRuns('returnedFen'),
      unspent: this.runs.reduce((sum, run) => sum + this.unspentOf(run), 0),
      recoverable: monthsWith('after-payment') - repaid,
      repaid,
      net: paid - repaid,
    };
  }

  /** Lets a line go, with the months that it still holds. */
  release(line: Line): void {
    line.state = 'released';
    for (const month of line.months) if (month.line === line) month.line = null;
  }
}

export function fenOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.months.length * monthFen, 0);
}
