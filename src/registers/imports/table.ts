// Reads a table of earlier grants: CSV in UTF-8 or GB18030, or the first sheet of an XLSX workbook. Each line becomes a
// row of the kind `prior-benefit`, validated like a delivered one.

import { isUtf8 } from 'node:buffer';
import { readSheet } from 'read-excel-file/node';
import { readCsv } from '../../platform/documents/csv.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { refuseSwollenWorkbook } from './workbook-bounds.ts';

/** One line of the table, with its number in the file; the heading is line 1. */
export interface TableRow {
  readonly rowNumber: number;
  readonly reference: string | null;
  readonly row: Readonly<Record<string, unknown>>;
}

export interface Table {
  readonly encoding: 'utf-8' | 'gb18030' | 'xlsx' | 'json';
  readonly rows: readonly TableRow[];
}

/** Ten thousand rows and the heading; room for columns that are ignored. */
export const tableBounds = { rows: 10_001, columns: 64, cellLength: 10_000 };

/** Accepted headings and the fields they stand for. */
const columns: ReadonlyMap<string, string> = new Map(
  Object.entries({
    公民身份号码: 'identityNumber',
    身份证号: 'identityNumber',
    身份证号码: 'identityNumber',
    姓名: 'name',
    初次核定日: 'firstApprovedOn',
    初次核定日期: 'firstApprovedOn',
    距退休不足5年: 'near',
    已享受月份: 'months',
    编号: 'reference',
  }),
);
const required = ['identityNumber', 'firstApprovedOn', 'near', 'months'];

/**
 * Runs in a worker thread.
 *
 * @throws Problem invalid-fields for missing or unknown headings, unsupported-media-type for an invalid workbook,
 *   payload-too-large for too many rows, columns or characters
 */
export async function readTable({
  content: bytes,
  mediaType,
}: {
  readonly content: Uint8Array;
  readonly mediaType: 'text/csv' | 'xlsx';
}): Promise<Table> {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (mediaType === 'text/csv') {
    const encoding = isUtf8(content) ? 'utf-8' : 'gb18030';
    return { encoding, rows: rowsOf(readCsv(decode(content, encoding), tableBounds)) };
  }
  return { encoding: 'xlsx', rows: rowsOf(await readWorkbook(content)) };
}

function decode(content: Buffer, encoding: 'utf-8' | 'gb18030'): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    const detail = '文件编码既不是 UTF-8 也不是 GB18030，请另存为 UTF-8 编码的 CSV 后重新提交。';
    throw new Problem('invalid-json', { detail });
  }
}

async function readWorkbook(content: Buffer): Promise<readonly (readonly unknown[])[]> {
  const isZip = content.subarray(0, 4).equals(Buffer.from('PK\x03\x04'));
  if (!isZip)
    throw new Problem('unsupported-media-type', { detail: '不是 XLSX 文件，请另存为 XLSX 或 CSV。' });
  refuseSwollenWorkbook(content, tableBounds);
  try {
    return await readSheet(content);
  } catch {
    throw new Problem('unsupported-media-type', { detail: 'XLSX 文件无法读取，请重新另存后再提交。' });
  }
}

function rowsOf(lines: readonly (readonly unknown[])[]): TableRow[] {
  const [headings = [], ...body] = lines;
  const names = headings.map((heading) => columns.get(textOf(heading).replace(/^\uFEFF/, '')));
  const fieldErrors: FieldError[] = [];
  for (const [index, name] of names.entries()) {
    if (name !== undefined) continue;
    const detail = `第 ${index + 1} 列的表头不认识，可用的表头：${[...columns.keys()].join('、')}。`;
    fieldErrors.push({ pointer: `/body/headings/${index}`, code: 'unknown-field', detail });
  }
  for (const name of required) {
    if (names.includes(name)) continue;
    const title = [...columns].find(([, meaning]) => meaning === name)?.[0];
    fieldErrors.push({ pointer: '/body/headings', code: 'required', detail: `缺少“${title}”列。` });
  }
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  return body.flatMap((cells, index) => {
    const isBlank = cells.every((cell) => textOf(cell) === '');
    return isBlank ? [] : [rowOf(names, cells, index + 2)];
  });
}

function rowOf(
  names: readonly (string | undefined)[],
  cells: readonly unknown[],
  rowNumber: number,
): TableRow {
  const row: Record<string, unknown> = {};
  let reference: string | null = null;
  for (const [index, cell] of cells.entries()) {
    const name = names[index];
    const text = textOf(cell);
    if (name === undefined) row[`column${index + 1}`] = text;
    else if (name === 'reference') reference = text === '' ? null : text;
    else if (text !== '') row[name] = meaningOf(name, cell, text);
  }
  return { rowNumber, reference, row };
}

const yesOrNo: ReadonlyMap<string, boolean> = new Map([
  ['是', true],
  ['否', false],
]);

function meaningOf(name: string, cell: unknown, text: string): unknown {
  switch (name) {
    case 'near':
      return yesOrNo.get(text) ?? text;
    case 'months':
      return text
        .split(/[、,，;；\s]+/)
        .filter(Boolean)
        .flatMap(monthsOf);
    case 'firstApprovedOn':
      return text.replace(/^(\d{4})[/.年]?(\d{2})[/.月]?(\d{2})日?$/, '$1-$2-$3');
    case 'identityNumber':
      // A number cell holds only fifteen exact digits; left as a number it fails validation.
      return typeof cell === 'number' ? cell : text;
    default:
      return text;
  }
}

const longestSpan = 240;

/** Parses `2022-01`, `202201` and ranges such as `2022-01~2022-12`; other text is unchanged and fails validation. */
function monthsOf(text: string): string[] {
  const [from = '', to] = text
    .split(/[~～至]/)
    .map((month) => month.replace(/^(\d{4})[年/.]?(\d{2})月?$/, '$1-$2'));
  if (to === undefined) return [from];
  const isMonth = (month: string) => /^\d{4}-(0[1-9]|1[0-2])$/.test(month);
  if (!isMonth(from) || !isMonth(to) || to < from) return [text];
  const months: string[] = [];
  let month = Temporal.PlainYearMonth.from(from);
  for (; month.toString() <= to && months.length < longestSpan; month = month.add({ months: 1 }))
    months.push(month.toString());
  return months;
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return String(cell).trim();
}
