// Adds up what the bank says of a batch, and collects every reason why it cannot be applied. Pure.

import { type FieldError, mostFieldErrors } from '../../platform/problem.ts';
import type { ApplyPaymentResults } from './schemas.ts';

type Line = ApplyPaymentResults['lines'][number];

/** A result line; null where a value could not be read. */
export type ToldLine = { readonly [K in 'lineId' | 'amountFen' | 'result']: Line[K] | null } & Pick<
  Line,
  'failure'
>;

/** Some lines of a file, with what could not be read of them. */
export interface ToldPortion {
  readonly lines: readonly ToldLine[];
  readonly fieldErrors: readonly FieldError[];
}

/** A bank's results, read portion by portion; totals are null if they could not be read. */
export interface ToldResults {
  readonly batchNumber: string;
  readonly totals: ApplyPaymentResults['totals'] | null;
  readonly fieldErrors: readonly FieldError[];
  readonly portions: Iterable<ToldPortion>;
}

/** A line of the batch that is with the bank. */
export interface Owed {
  readonly amountFen: number;
  /** Whether the file had named it before. */
  readonly isRepeated: boolean;
}

/** The errors of a file. A long file can have more than an answer lists; the others are counted. */
export class Refusal {
  readonly fieldErrors: FieldError[] = [];
  uncollected = 0;

  add(...fieldErrors: readonly FieldError[]): void {
    for (const fieldError of fieldErrors) {
      if (this.fieldErrors.length < mostFieldErrors) this.fieldErrors.push(fieldError);
      else this.uncollected += 1;
    }
  }

  get isEmpty(): boolean {
    return this.fieldErrors.length === 0;
  }
}

const countedAs = { paid: 'paidFen', failed: 'failedFen', unknown: 'unknownFen' } as const;

/** Compares the lines of a file, and at its end their sums, with the batch. */
export class Matching {
  readonly refusal = new Refusal();
  readonly counts = { paid: 0, failed: 0, unknown: 0 };
  /** Whether every line could be counted. */
  #isCounted = true;
  readonly #sums = { count: 0, paidFen: 0, failedFen: 0, unknownFen: 0 };

  /** Counts a portion; returns its lines, without the results that cannot be. */
  read({ lines, fieldErrors }: ToldPortion): ToldLine[] {
    this.refusal.add(...fieldErrors);
    this.#isCounted &&= fieldErrors.length === 0;
    return lines.map((line, index) => {
      const { amountFen, result, failure } = line;
      if (result === null || amountFen === null) return withoutResult(line);
      this.counts[result] += 1;
      this.#sums[countedAs[result]] += amountFen;
      if ((result === 'failed') === (failure !== undefined)) return line;
      this.#refuse(index, 'failure', 'failure-mismatch', '发放失败的须写明原因，其他结果不得填写。');
      return withoutResult(line);
    });
  }

  /** Compares the lines of the portion read last. @param owedOf the line that is with the bank */
  match(lines: readonly ToldLine[], owedOf: (lineId: string, index: number) => Owed | undefined): void {
    for (const [index, { lineId, amountFen }] of lines.entries()) {
      if (lineId === null) continue;
      const owed = owedOf(lineId, index);
      if (owed === undefined)
        this.#refuse(index, 'lineId', 'unknown-line', '本批次没有这笔发放，或其结果已登记。');
      else if (amountFen !== null && owed.amountFen !== amountFen)
        this.#refuse(index, 'amountFen', 'amount-differs', '金额与发放文件不符，请与银行核对。');
      if (owed?.isRepeated === true) this.#refuse(index, 'lineId', 'duplicate-line', '同一笔发放出现两次。');
    }
    this.#sums.count += lines.length;
  }

  /** Compares the totals. @param missing lines of the batch that the file does not name, as far as they are listed */
  end(
    totals: ApplyPaymentResults['totals'] | null,
    missing: { readonly lineIds: readonly string[]; readonly count: number },
  ): void {
    for (const lineId of missing.lineIds) {
      const detail = `缺少明细 ${lineId} 的结果，请向银行取得完整文件。`;
      this.refusal.add({ pointer: '/body/lines', code: 'missing-line', detail });
    }
    this.refusal.uncollected += missing.count - missing.lineIds.length;
    if (totals === null || !this.#isCounted) return;
    const differs = (name: string, detail: string) =>
      this.refusal.add({ pointer: `/body/totals/${name}`, code: 'total-differs', detail });
    if (totals.count !== this.#sums.count) differs('count', '笔数与各明细合计不符，请向银行取得正确的文件。');
    for (const name of Object.values(countedAs)) {
      if (totals[name] !== this.#sums[name])
        differs(name, '合计金额与各明细相加不符，请向银行取得正确的文件。');
    }
  }

  #refuse(index: number, field: string, code: FieldError['code'], detail: string): void {
    this.refusal.add({ pointer: `/body/lines/${this.#sums.count + index}/${field}`, code, detail });
  }
}

function withoutResult({ lineId, amountFen }: ToldLine): ToldLine {
  return { lineId, amountFen, result: null };
}
