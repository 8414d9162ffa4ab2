// Reads a table of a register: CSV in UTF-8 or GB18030, or the first sheet of an XLSX workbook. Each line becomes a row,
// validated like a delivered one.

import { isUtf8 } from 'node:buffer';
import { readSheet } from 'read-excel-file/node';
import { readCsv } from '../../platform/documents/csv.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import type { Kind } from '../../rules/facts.ts';
import { type Column, columnsOf } from './columns.ts';
import { refuseSwollenWorkbook } from './workbook-bounds.ts';

/** One line of the table, with its number in the file; the heading is line 1. */
export interface TableRow {
  readonly rowNumber: number;
  readonly row: Readonly<Record<string, unknown>>;
}

export interface Table {
  readonly encoding: 'utf-8' | 'gb18030' | 'xlsx' | 'json';
  readonly rows: readonly TableRow[];
}

/** Ten thousand rows and the heading; room for columns that are ignored. */
export const tableBounds = { rows: 10_001, columns: 64, cellLength: 10_000 };

/**
 * Runs in a worker thread.
 *
 * @param isMapped whether the headings are a register's own field names, which a mapping translates
 * @throws Problem invalid-fields for missing or unknown headings, unsupported-media-type for an invalid workbook,
 *   payload-too-large for too many rows, columns or characters
 */
export async function readTable({
  content: bytes,
  mediaType,
  kind,
  isMapped,
}: {
  readonly content: Uint8Array;
  readonly mediaType: 'text/csv' | 'xlsx';
  readonly kind: Kind;
  readonly isMapped: boolean;
}): Promise<Table> {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rowsOf = isMapped ? mappedRows : (lines: Lines) => ownRows(lines, columnsOf(kind));
  if (mediaType === 'text/csv') {
    const encoding = isUtf8(content) ? 'utf-8' : 'gb18030';
    return { encoding, rows: rowsOf(readCsv(decode(content, encoding), tableBounds)) };
  }
  return { encoding: 'xlsx', rows: rowsOf(await readWorkbook(content)) };
}

type Lines = readonly (readonly unknown[])[];

function decode(content: Buffer, encoding: 'utf-8' | 'gb18030'): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    const detail = '文件编码既不是 UTF-8 也不是 GB18030，请另存为 UTF-8 编码的 CSV 后重新提交。';
    throw new Problem('invalid-json', { detail });
  }
}

async function readWorkbook(content: Buffer): Promise<Lines> {
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

/** Rows under Chinese headings. */
function ownRows([headings = [], ...body]: Lines, columns: readonly Column[]): TableRow[] {
  const known = new Map(columns.flatMap((column) => column.headings.map((heading) => [heading, column])));
  const columnAt = headings.map((heading) => known.get(headingOf(heading)));
  const fieldErrors: FieldError[] = [];
  for (const [index, column] of columnAt.entries()) {
    const pointer = `/body/headings/${index}`;
    if (column === undefined) {
      const detail = `第 ${index + 1} 列的表头不认识，可用的表头：${[...known.keys()].join('、')}。`;
      fieldErrors.push({ pointer, code: 'unknown-field', detail });
    } else if (columnAt.indexOf(column) < index) {
      const detail = `第 ${index + 1} 列“${column.headings[0]}”重复，请只保留一列。`;
      fieldErrors.push({ pointer, code: 'repeated', detail });
    }
  }
  for (const column of columns) {
    if (!column.isRequired || columnAt.includes(column)) continue;
    const detail = `缺少“${column.headings[0]}”列。`;
    fieldErrors.push({ pointer: '/body/headings', code: 'required', detail });
  }
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  return written(body, (index, cell, text) => {
    const column = columnAt[index];
    if (column === undefined) return [`column${index + 1}`, text];
    // A number cell holds only fifteen exact digits; left as a number it fails validation.
    const isInexact = column.field === 'identityNumber' && typeof cell === 'number';
    return [column.field, isInexact ? cell : column.read(text)];
  });
}

const trueOrFalse: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** Rows under a register's own field names. */
function mappedRows([headings = [], ...body]: Lines): TableRow[] {
  return written(body, (index, _, text) => [
    headingOf(headings[index]) || `column${index + 1}`,
    trueOrFalse.get(text) ?? text,
  ]);
}

function written(
  body: Lines,
  fieldOf: (index: number, cell: unknown, text: string) => readonly [name: string, value: unknown],
): TableRow[] {
  return body.flatMap((cells, index) => {
    const fields = cells.flatMap((cell, at) => {
      const text = textOf(cell);
      if (text === '') return [];
      const [name, value] = fieldOf(at, cell, text);
      return value === undefined ? [] : [[name, value] as const];
    });
    return fields.length === 0 ? [] : [{ rowNumber: index + 2, row: Object.fromEntries(fields) }];
  });
}

function headingOf(cell: unknown): string {
  return textOf(cell).replace(/^\uFEFF/, '');
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return String(cell).trim();
}
