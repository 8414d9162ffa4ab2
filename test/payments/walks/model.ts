// A small model of the money, independent of the service: months, their lines, and receipts. It uses no SQL, ledger or
// quarters, only sums. Contains no test.

import type { Resident } from '../../steps.ts';

export const monthFen = 50_000;

export interface Recovery {
  readonly id: string;
  version: number;
  state: 'suspected' | 'confirmed';
  wasPaid: boolean;
  repaidFen: number;
  /** The month that settled it instead of money. */
  setOff: { readonly month: Month; readonly id: string } | null;
}

/** A month granted on one case. A recovered month may be granted to the same person again. */
export interface Month {
  readonly person: Person;
  readonly applicationId: string;
  readonly month: string;
  readonly isSecondClaim: boolean;
  line: Line | null;
  recovery: Recovery | null;
  /** It settles a debt, and is not paid out. */
  isSetOff: boolean;
}

export interface Person {
  readonly resident: Resident;
  readonly caseNumbers: string[];
  readonly months: Month[];
}

export interface Line {
  readonly id: string;
  readonly run: Run;
  readonly months: readonly Month[];
  state: 'waiting' | 'held' | 'released' | 'at-the-bank' | 'paid' | 'failed' | 'returned';
  /** Another account was confirmed for it, so it never takes a month back. */
  isCorrected: boolean;
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
  /** The bank's result files, as sent. */
  readonly answers: Set<string>;
}

export function isRecovered({ recovery }: Month): boolean {
  return recovery?.state === 'confirmed';
}

export function isInDoubt({ recovery }: Month): boolean {
  return recovery?.state === 'suspected';
}

/** Recovered after it was paid, and not fully repaid. */
export function isOwed({ recovery }: Month): boolean {
  return recovery?.state === 'confirmed' && recovery.wasPaid && owedOf(recovery) > 0;
}

export function owedOf({ repaidFen, setOff }: Recovery): number {
  return monthFen - repaidFen - (setOff === null ? 0 : monthFen);
}

export class MoneyModel {
  readonly people: Person[] = [];
  readonly runs: Run[] = [];

  get months(): Month[] {
    return this.people.flatMap((person) => person.months);
  }

  get lines(): Line[] {
    return this.runs.flatMap((run) => run.lines);
  }

  grant(person: Person, caseNumber: string, applicationId: string, months: readonly string[]): void {
    const isSecondClaim = person.caseNumbers.length > 0;
    person.caseNumbers.push(caseNumber);
    for (const month of months)
      person.months.push({
        person,
        applicationId,
        month,
        isSecondClaim,
        line: null,
        recovery: null,
        isSetOff: false,
      });
  }

  /** What a gathering would take now: person → months. */
  gatherable(): Map<Person, Month[]> {
    const free = this.months.filter(
      ({ line, recovery, isSetOff }) => line === null && recovery === null && !isSetOff,
    );
    return Map.groupBy(free, ({ person }) => person);
  }

  /** The waiting lines that a batch would take: those without a doubtful month. */
  payable(run: Run): Line[] {
    return waitingOf(run).filter(({ months }) => !months.some(isInDoubt));
  }

  unspentOf(run: Run): number {
    const out = run.lines.filter(({ state }) => state === 'paid' || state === 'at-the-bank');
    return run.receivedFen - run.returnedFen - fenOf(out);
  }

  /** Unspent money that no waiting line needs. */
  freeOf(run: Run): number {
    return Math.max(0, this.unspentOf(run) - fenOf(waitingOf(run)));
  }

  /** Every figure of the service, computed independently. */
  figures() {
    const paid = fenOf(this.lines.filter(({ state }) => state === 'paid'));
    const inPayment = fenOf(this.lines.filter(({ state }) => state === 'at-the-bank'));
    const recovered = this.months.filter(isRecovered);
    const recoveredOf = (wasPaid: boolean) =>
      recovered.filter(({ recovery }) => recovery?.wasPaid === wasPaid).length * monthFen;
    const approved = this.months.length * monthFen;
    const recoveredBeforePayment = recoveredOf(false);
    const repaid = recovered.reduce((sum, { recovery }) => sum + (recovery?.repaidFen ?? 0), 0);
    const setOff = this.months.filter(({ isSetOff }) => isSetOff).length * monthFen;
    const sumOfRuns = (name: 'receivedFen' | 'returnedFen' | 'requestedFen') =>
      this.runs.reduce((sum, run) => sum + run[name], 0);
    return {
      approved,
      paid,
      inPayment,
      recovered: recovered.length * monthFen,
      recoveredBeforePayment,
      waiting: approved - paid - inPayment - setOff - recoveredBeforePayment,
      setOff,
      settledBySetOff: setOff,
      requested: sumOfRuns('requestedFen'),
      received: sumOfRuns('receivedFen'),
      returnedToFinance: sumOfRuns('returnedFen'),
      unspent: this.runs.reduce((sum, run) => sum + this.unspentOf(run), 0),
      recoverable: recoveredOf(true) - repaid - setOff,
      repaid,
      net: paid - repaid,
    };
  }

  /** Releases a line with the months that it still holds. */
  release(line: Line): void {
    line.state = 'released';
    for (const month of line.months) if (month.line === line) month.line = null;
    settle(line.run);
  }

  /** Once the recovery is reversed, the line that paid the month takes it back. */
  takeBack(month: Month): void {
    if (month.isSetOff) return;
    const [line = null, ...others] = this.lines.filter(
      ({ months, state, isCorrected }) =>
        months.includes(month) &&
        (state === 'paid' ||
          state === 'held' ||
          ((state === 'failed' || state === 'returned') && !isCorrected)),
    );
    if (others.length > 0) throw new Error('two lines stand for one month');
    month.line = line;
  }
}

/** A run ends with the bank's last result, or when money came and no line is left to pay. */
export function settle(run: Run): void {
  const isAtTheBank = run.lines.some(({ state }) => state === 'at-the-bank');
  if (run.state === 'in-payment' && !isAtTheBank) run.state = 'settled';
  if (run.state === 'funded' && waitingOf(run).length === 0) run.state = 'settled';
}

export function waitingOf(run: Run): Line[] {
  return run.lines.filter(({ state }) => state === 'waiting');
}

export function fenOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.months.length * monthFen, 0);
}
