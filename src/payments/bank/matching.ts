// Matches a result file with the lines whose results are outstanding. Pure.

import type { FieldError } from '../../platform/problem.ts';
import type { ApplyPaymentResults } from './schemas.ts';

type Line = ApplyPaymentResults['lines'][number];

/** A result line; null where a value could not be read. */
export type ToldLine = { readonly [K in 'lineId' | 'amountFen' | 'result']: Line[K] | null } & Pick<
  Line,
  'failure'
>;

/** A bank's results as far as they could be read; totals are null if a line could not be counted. */
export interface ToldResults {
  readonly batchNumber: string;
  readonly totals: ApplyPaymentResults['totals'] | null;
  readonly lines: readonly ToldLine[];
}

/**
 * Returns every reason why a result file cannot be applied to a batch: a line that is not outstanding, is repeated, has
 * another amount or is missing; totals that do not add up. Empty if it can be applied.
 *
 * @param outstanding line id → a line whose result is outstanding
 */
export function resultErrors(
  file: ToldResults,
  outstanding: ReadonlyMap<string, { readonly amountFen: number }>,
): FieldError[] {
  const fieldErrors: FieldError[] = [];
  const fieldError = (pointer: string, code: FieldError['code'], detail: string) =>
    fieldErrors.push({ pointer: `/body${pointer}`, code, detail });
  const seen = new Set<string>();
  const totals = { paidFen: 0, failedFen: 0, unknownFen: 0 };
  for (const [index, { lineId, amountFen, result, failure }] of file.lines.entries()) {
    const at = `/lines/${index}`;
    if (lineId !== null) {
      const owed = outstanding.get(lineId)?.amountFen;
      if (owed === undefined)
        fieldError(`${at}/lineId`, 'unknown-line', '本批次没有这笔发放，或其结果已登记。');
      else if (amountFen !== null && owed !== amountFen)
        fieldError(`${at}/amountFen`, 'amount-differs', '金额与发放文件不符，请与银行核对。');
      if (seen.has(lineId)) fieldError(`${at}/lineId`, 'duplicate-line', '同一笔发放出现两次。');
      seen.add(lineId);
    }
    if (result === null || amountFen === null) continue;
    if ((result === 'failed') !== (failure !== undefined)) {
      fieldError(`${at}/failure`, 'failure-mismatch', '发放失败的须写明原因，其他结果不得填写。');
    }
    totals[`${result}Fen`] += amountFen;
  }
  for (const lineId of outstanding.keys()) {
    if (!seen.has(lineId))
      fieldError('/lines', 'missing-line', `缺少明细 ${lineId} 的结果，请向银行取得完整文件。`);
  }
  if (file.totals === null) return fieldErrors;
  if (file.totals.count !== file.lines.length)
    fieldError('/totals/count', 'total-differs', '笔数与各明细合计不符，请向银行取得正确的文件。');
  for (const name of ['paidFen', 'failedFen', 'unknownFen'] as const) {
    if (file.totals[name] !== totals[name])
      fieldError(`/totals/${name}`, 'total-differs', '合计金额与各明细相加不符，请向银行取得正确的文件。');
  }
  return fieldErrors;
}
