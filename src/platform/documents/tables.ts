// Writes tables as files for spreadsheets: CSV and XLSX of the same rows. Text stays text in both, whatever
// it begins with and however many digits it has. Pure.

import type { Cell, SheetData } from 'write-excel-file/node';
import { yuan } from '../../values/yuan.ts';
import { csvLine, inert } from './csv.ts';

/** Text, a whole number, fen shown as yuan, or a measure such as days. */
export type ColumnKind = 'text' | 'count' | 'fen' | 'measure';

export interface TableColumn {
  readonly title: string;
  readonly kind: ColumnKind;
  /** In characters of a spreadsheet. */
  readonly width: number;
}

export type TableCell = string | number | null;

export interface Table {
  /** At most 31 characters, none of them `[]/\:*?`. */
  readonly name: string;
  /** Lines above the head: what the table is, of whom, and as of when. */
  readonly caption: readonly string[];
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
  /** The totals, as the last row. */
  readonly total: readonly TableCell[] | null;
}

export const csvMediaType = 'text/csv; charset=utf-8';
export const workbookMediaType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/**
 * One table, with its columns as the only head, in UTF-8 with the byte order mark by which Excel recognises
 * it.
 */
export function csvOf({ columns, rows, total }: Table): Buffer {
  const head = csvLine(columns.map(({ title }) => title));
  const lines = [...rows, ...(total === null ? [] : [total])].map((row) =>
    csvLine(columns.map(({ kind }, at) => textOf(row[at] ?? null, kind))),
  );
  return Buffer.from(`\uFEFF${head}${lines.join('')}`);
}

function textOf(cell: TableCell, kind: ColumnKind): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return inert(cell);
  return kind === 'fen' ? yuan(cell) : String(cell);
}

/** A workbook with a sheet for each table. */
export async function workbookOf(tables: readonly Table[]): Promise<Buffer> {
  const { default: writeXlsxFile } = await import('write-excel-file/node');
  const sheets = tables.map((table) => ({
    sheet: table.name,
    data: sheetOf(table),
    orientation: 'landscape' as const,
    stickyRowsCount: table.caption.length + 1,
    columns: table.columns.map(({ width }) => ({ width })),
  }));
  return await writeXlsxFile(sheets).toBuffer();
}

const formats: Readonly<Record<Exclude<ColumnKind, 'text'>, string>> = {
  count: '#,##0',
  fen: '#,##0.00',
  measure: '0.0',
};

function sheetOf({ caption, columns, rows, total }: Table): SheetData {
  const bold = { fontWeight: 'bold' } as const;
  const boxed = { borderStyle: 'thin', borderColor: '#888888' } as const;
  const rowOf = (row: readonly TableCell[], style: object) =>
    columns.map(({ kind }, at) => ({ ...cellOf(row[at] ?? null, kind), ...style }));
  return [
    ...caption.map((line, at) => [{ ...textCell(line), ...(at === 0 ? bold : {}) }]),
    columns.map(({ title }) => ({ ...textCell(title), ...bold, ...boxed, backgroundColor: '#eeeeee' })),
    ...rows.map((row) => rowOf(row, boxed)),
    ...(total === null ? [] : [rowOf(total, { ...bold, ...boxed })]),
  ];
}

function cellOf(cell: TableCell, kind: ColumnKind): Exclude<Cell, null | undefined> & object {
  if (cell === null) return { value: '', type: String };
  if (typeof cell === 'string' || kind === 'text') return textCell(String(cell));
  return { value: kind === 'fen' ? cell / 100 : cell, type: Number, format: formats[kind] };
}

/** Formatted as text, so that it stays text when edited. */
function textCell(text: string) {
  return { value: escaped(text), type: String, format: '@' };
}

// Characters that XML 1.0 cannot hold or changes, or the writer drops, and text that looks like an escape.
const unwritable = /(?![\t\n])\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}|\uFFFD|_(?=x[0-9A-Fa-f]{4}_)/gu;

/**
 * The text as written in a workbook, `_x0000_` for what XML cannot hold (ECMA-376, ST_Xstring). Also escapes
 * names of an object's own members: the writer looks up texts in a plain object, which already has a
 * `constructor`.
 */
function escaped(text: string): string {
  const writable = text.replaceAll(unwritable, escapedUnits);
  return writable in {} ? escapedUnits(writable.slice(0, 1)) + writable.slice(1) : writable;
}

function escapedUnits(text: string): string {
  const hexadecimal = (unit: string) => unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return text
    .split('')
    .map((unit) => `_x${hexadecimal(unit)}_`)
    .join('');
}
