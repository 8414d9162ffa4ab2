// Holds a result file against the lines it speaks of. Pure: says what is wrong, all of it, or nothing.

import type { Fault } from '../http/problem.ts';
import type { ApplyPaymentResults } from './schemas.ts';

export interface OutstandingLine {
  readonly lineId: string;
  readonly amountFen: number;
}

/**
 * Every reason why a result file cannot be applied to a batch: another batch, a line that is not outstanding, is there
 * twice or has another amount, a line of the batch that is missing, totals that do not add up. Empty when it fits.
 */
export function resultFaults(
  file: ApplyPaymentResults,
  batchNumber: string,
  outstanding: readonly OutstandingLine[],
): Fault[] {
  const faults: Fault[] = [];
  const fault = (pointer: string, code: string, detail: string) =>
    faults.push({ pointer: `/body${pointer}`, code, detail });
  if (file.batchNumber !== batchNumber) {
    fault('/batchNumber', 'other-batch', '批次号与本批次不符，请确认文件是否属于其他批次。');
  }
  const amounts = new Map(outstanding.map((line) => [line.lineId, line.amountFen]));
  const seen = new Set<string>();
  const totals = { paidFen: 0, failedFen: 0, unknownFen: 0 };
  for (const [index, line] of file.lines.entries()) {
    const at = `/lines/${index}`;
    const amountFen = amounts.get(line.lineId);
    if (amountFen === undefined) fault(`${at}/lineId`, 'unknown-line', '本批次没有这一行，或其结果已登记。');
    else if (amountFen !== line.amountFen) fault(`${at}/amountFen`, 'amount-differs', '金额与发放文件不符。');
    if (seen.has(line.lineId)) fault(`${at}/lineId`, 'duplicate-line', '同一行出现两次。');
    if ((line.result === 'failed') !== (line.failure !== undefined)) {
      fault(`${at}/failure`, 'failure-mismatch', '发放失败须写明原因（failure），其他结果不得填写。');
    }
    seen.add(line.lineId);
    totals[`${line.result}Fen`] += line.amountFen;
  }
  for (const { lineId } of outstanding) {
    if (!seen.has(lineId))
      fault('/lines', 'missing-line', `缺少第 ${lineId} 行的结果，请向银行取得完整文件。`);
  }
  if (file.totals.count !== file.lines.length)
    fault('/totals/count', 'total-differs', '笔数与各行合计不符。');
  for (const name of ['paidFen', 'failedFen', 'unknownFen'] as const) {
    if (file.totals[name] !== totals[name])
      fault(`/totals/${name}`, 'total-differs', '合计金额与各行相加不符。');
  }
  return faults;
}
