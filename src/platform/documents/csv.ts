// Reads and writes CSV (RFC 4180) with bounds; quoted cells may contain commas, line breaks and doubled
// quotes. Not csv-stringify for writing: its `escape_formulas` misses formulas after leading spaces.

import { CsvError, parse } from 'csv-parse/sync';
import { Problem } from '../problem.ts';

/**
 * One line with its line ending, cells unchanged. For files opened in a spreadsheet, pass cells through
 * `inert`.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(quoted).join(',')}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What spreadsheets evaluate as a formula: half or full width, also after leading spaces. */
const formulaStart = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

export function beginsFormula(text: string): boolean {
  return formulaStart.test(text);
}

/** Prefixes an apostrophe to text that a spreadsheet would evaluate as a formula. */
export function inert(text: string): string {
  return beginsFormula(text) ? `'${text}` : text;
}

export interface TableBounds {
  readonly rows: number;
  readonly columns: number;
  /** In characters. */
  readonly cellLength: number;
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

/**
 * Rows of cells; empty lines are skipped.
 *
 * @throws Problem invalid-json for unclosed quotes, payload-too-large beyond the bounds
 */
export function readCsv(text: string, { rows, columns, cellLength }: TableBounds): string[][] {
  const tooLarge = () => {
    const detail = `表格最多 ${rows} 行（含表头）、${columns} 列，每格最多 ${cellLength} 字，请核对文件或分批提交。`;
    return new Problem('payload-too-large', { detail });
  };
  // The parser's own limit does not count empty cells.
  if (countOf(text, ',') > rows * columns) throw tooLarge();
  try {
    const lines: string[][] = parse(text, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: columns * cellLength,
      to: rows + 1,
      on_record: (record: string[], { lines: line }) => {
        if (record.length > columns || record.some((cell) => cell.length > cellLength)) throw tooLarge();
        if (line > 2 * rows + 2) throw tooLarge(); // empty lines
        return record;
      },
    });
    if (lines.length > rows) throw tooLarge();
    return lines;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_MAX_RECORD_SIZE') throw tooLarge();
    const detail = `第 ${error['lines'] ?? '?'} 行的引号不完整，请修正后重新提交。`;
    throw new Problem('invalid-json', { detail });
  }
}
