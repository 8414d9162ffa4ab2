// Tables as files that a spreadsheet opens: CSV and XLSX of the same rows. Text stays text in both, whatever it begins with
// and however many digits it has. What a table says is its feature's business. Pure.

import writeXlsxFile, { type Cell, type SheetData } from 'write-excel-file/node';
import { yuan } from '../../values/yuan.ts';
import { csvLine, inert } from './csv.ts';

/** What stands in a column: text, a whole number, fen that are shown as yuan, or a measure such as days. */
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
  /** Lines above the head: what it is, of whom, as of when. */
  readonly caption: readonly string[];
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
  /** The sum, below everything. */
  readonly total: readonly TableCell[] | null;
}

export const csvMediaType = 'text/csv; charset=utf-8';
export const workbookMediaType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** One table, headed by its columns alone, in UTF-8 with the mark by which Excel knows it. */
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

/** Formatted as text, so that it stays text when somebody edits it. */
function textCell(text: string) {
  return { value: escaped(text), type: String, format: '@' };
}

// What XML 1.0 cannot hold or changes, what the writer drops, and what reads like an escape itself.
const unwritable = /(?![\t\n])\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}|\uFFFD|_(?=x[0-9A-Fa-f]{4}_)/gu;

/**
 * The text as a workbook writes it, `_x0000_` for what XML cannot hold (ECMA-376, ST_Xstring). Names of an object's own
 * members too: the writer looks its texts up in a plain object, where `constructor` is found before it was put there.
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
