// Parses the bank's result file: encoding, columns and codes. Pure. Whether the results match the batch is checked in
// matching.ts.

import { readCsv } from '../../platform/documents/csv.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { fenOf } from '../../values/yuan.ts';
import type { BankFormat } from './formats.ts';
import type { ToldLine, ToldResults } from './matching.ts';
import type { ApplyPaymentResults } from './schemas.ts';

type Line = ApplyPaymentResults['lines'][number];

export type ResultFileReading =
  | { readonly value: ApplyPaymentResults }
  | { readonly fieldErrors: readonly FieldError[]; readonly told: ToldResults | null };

/**
 * Runs in a worker thread. Returns the results, or every format error with what could be read, so that lines are
 * matched in the same answer.
 */
export function readResultFile({
  content,
  format,
}: {
  readonly content: Uint8Array;
  readonly format: BankFormat;
}): ResultFileReading {
  const { results } = format;
  const text = decoded(content, format.encoding);
  if (text === null) {
    const detail = `文件不是 ${format.encoding.toUpperCase()} 编码，请向银行取得原始文件。`;
    return { fieldErrors: [{ pointer: '/body', code: 'wrong-encoding', detail }], told: null };
  }
  const [headTitles, headCells, titles, ...rows] = readRows(text) ?? [];
  const isForm =
    isSame(headTitles, results.head) &&
    isSame(titles, results.columns) &&
    headCells?.length === results.head.length;
  if (!isForm || headCells === undefined) {
    const detail = '文件的表头与该银行的格式不符，或文件不完整，请核对是否选错文件。';
    return { fieldErrors: [{ pointer: '/body', code: 'wrong-form', detail }], told: null };
  }
  const fieldErrors: FieldError[] = [];
  const head = new Map(results.head.map(({ value }, index) => [value, headCells[index] ?? '']));
  const amountIn = (name: 'paidTotal' | 'failedTotal' | 'unknownTotal', field: string): number => {
    const fen = fenOf(head.get(name) ?? '');
    if (fen === null)
      fieldErrors.push(wrong(`/totals/${field}`, '合计金额不是以元为单位的数字，请与银行核对。'));
    return fen ?? 0;
  };
  const count = /^\d{1,9}$/.test(head.get('count') ?? '') ? Number(head.get('count')) : null;
  if (count === null) fieldErrors.push(wrong('/totals/count', '笔数不是整数，请与银行核对。'));
  const totals = {
    count: count ?? 0,
    paidFen: amountIn('paidTotal', 'paidFen'),
    failedFen: amountIn('failedTotal', 'failedFen'),
    unknownFen: amountIn('unknownTotal', 'unknownFen'),
  };
  const lines = rows.map((row, index) => readRow(row, `/lines/${index}`, results, fieldErrors));
  const batchNumber = head.get('batchNumber') ?? '';
  if (fieldErrors.length === 0 && lines.every(isRead)) return { value: { batchNumber, totals, lines } };
  return { fieldErrors, told: { batchNumber, totals: null, lines } };
}

/** A batch has at most 300,000 lines; each cell is an id, an amount or a code. */
const bounds = { rows: 300_010, columns: 32, cellLength: 1_000 };

function readRows(text: string): string[][] | null {
  try {
    return readCsv(text, bounds);
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid-json') return null; // unterminated quote
    throw error;
  }
}

function isRead(line: ToldLine): line is Line {
  return line.lineId !== null && line.amountFen !== null && line.result !== null;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads a row as far as possible, and adds a field error for each unreadable cell. */
function readRow(
  row: readonly string[],
  at: string,
  { columns, codes }: BankFormat['results'],
  fieldErrors: FieldError[],
): ToldLine {
  if (row.length !== columns.length) {
    fieldErrors.push(wrong(at, '这一行的列数与表头不符，请向银行取得完整文件。'));
    return { lineId: null, amountFen: null, result: null };
  }
  const cell = (name: (typeof columns)[number]['value']) =>
    (row[columns.findIndex(({ value }) => value === name)] ?? '').trim();
  const lineId = uuid.test(cell('lineId')) ? cell('lineId') : null;
  const amountFen = fenOf(cell('amount'));
  const code = cell('code');
  const meaning = Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (lineId === null) fieldErrors.push(wrong(`${at}/lineId`, '行号不是本系统发出的编号，请与银行核对。'));
  if (amountFen === null)
    fieldErrors.push(wrong(`${at}/amountFen`, '金额不是以元为单位的数字，请与银行核对。'));
  if (meaning === undefined) {
    const detail = '不认识这个结果代码，请向银行核实含义，并联系运维人员补充。';
    fieldErrors.push({ pointer: `/body${at}/result`, code: 'unknown-code', detail });
    return { lineId, amountFen, result: null };
  }
  if (meaning === 'paid' || meaning === 'unknown') return { lineId, amountFen, result: meaning };
  return { lineId, amountFen, result: 'failed', failure: meaning };
}

function decoded(content: Uint8Array, encoding: BankFormat['encoding']): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    return null;
  }
}

function isSame(row: readonly string[] | undefined, cells: readonly { title: string }[]): boolean {
  return row?.length === cells.length && cells.every(({ title }, index) => row[index]?.trim() === title);
}

function wrong(pointer: string, detail: string): FieldError {
  return { pointer: `/body${pointer}`, code: 'wrong-form', detail };
}
