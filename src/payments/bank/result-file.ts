// Reads the bank's result file portion by portion: encoding, columns and codes. Pure. Whether the results match the
// batch is checked in matching.ts.

import { readCsv } from '../../platform/documents/csv.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { fenOf } from '../../values/yuan.ts';
import type { BankFormat } from './formats.ts';
import type { ToldLine, ToldPortion, ToldResults } from './matching.ts';

/** Some thousand lines. */
const portionBytes = 128 * 1024;
/** A batch has at most 300,000 lines; each cell is an id, an amount or a code. */
const bounds = { rows: 300_010, columns: 32, cellLength: 1_000 };

/**
 * The head of a file, and its lines portion by portion with every error of their form, so that lines are matched in the
 * same answer.
 *
 * @throws Problem results-refused, also from the portions, if the file cannot be read at all
 */
export function readResultFile(content: Uint8Array, { encoding, results }: BankFormat): ToldResults {
  const portions = rowsOf(content, encoding);
  const [headTitles, headCells, titles, ...rows] = portions.next().value ?? [];
  const isForm =
    isSame(headTitles, results.head) &&
    isSame(titles, results.columns) &&
    headCells?.length === results.head.length;
  if (!isForm || headCells === undefined) throw notOfTheForm();
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
  return {
    batchNumber: head.get('batchNumber') ?? '',
    totals: fieldErrors.length === 0 ? totals : null,
    fieldErrors,
    portions: linesOf(rows, portions, results),
  };
}

function* linesOf(
  first: string[][],
  others: Iterable<string[][]>,
  results: BankFormat['results'],
): Generator<ToldPortion> {
  let place = 0;
  const portionOf = (rows: string[][]): ToldPortion => {
    const fieldErrors: FieldError[] = [];
    const lines = rows.map((row, index) => readRow(row, `/lines/${place + index}`, results, fieldErrors));
    place += rows.length;
    return { lines, fieldErrors };
  };
  yield portionOf(first);
  for (const rows of others) yield portionOf(rows);
}

/** The rows of the file, some at a time. */
function* rowsOf(content: Uint8Array, encoding: BankFormat['encoding']): Generator<string[][], undefined> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let count = 0;
  for (let start = 0; start < content.length; ) {
    const end = endOfPortion(content, start);
    const rows = readRows(decoded(decoder, content.subarray(start, end), end === content.length));
    count += rows.length;
    if (count > bounds.rows) throw new Problem('payload-too-large');
    yield rows;
    start = end;
  }
}

const lineFeed = 0x0a;
const quote = 0x22;

/**
 * Behind a line's end outside quotes. Neither byte is a part of another character in UTF-8 or GB18030. No line that is
 * within the bounds is as long as a portion.
 */
function endOfPortion(content: Uint8Array, start: number): number {
  let isQuoted = false;
  for (let at = start; at < content.length; at += 1) {
    if (at - start > 2 * portionBytes) throw notOfTheForm();
    if (content[at] === quote) isQuoted = !isQuoted;
    else if (content[at] === lineFeed && !isQuoted && at - start >= portionBytes) return at + 1;
  }
  return content.length;
}

function decoded(decoder: TextDecoder, bytes: Uint8Array, isLast: boolean): string {
  try {
    return decoder.decode(bytes, { stream: !isLast });
  } catch {
    const detail = `文件不是 ${decoder.encoding.toUpperCase()} 编码，请向银行取得原始文件。`;
    const fieldErrors: FieldError[] = [{ pointer: '/body', code: 'wrong-encoding', detail }];
    throw new Problem('results-refused', { fieldErrors });
  }
}

function readRows(text: string): string[][] {
  try {
    return readCsv(text, bounds);
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid-json') throw notOfTheForm(); // an unclosed quote
    throw error;
  }
}

function notOfTheForm(): Problem {
  const detail = '文件的表头与该银行的格式不符，或文件不完整，请核对是否选错文件。';
  return new Problem('results-refused', { fieldErrors: [{ pointer: '/body', code: 'wrong-form', detail }] });
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

function isSame(row: readonly string[] | undefined, cells: readonly { title: string }[]): boolean {
  return row?.length === cells.length && cells.every(({ title }, index) => row[index]?.trim() === title);
}

function wrong(pointer: string, detail: string): FieldError {
  return { pointer: `/body${pointer}`, code: 'wrong-form', detail };
}
