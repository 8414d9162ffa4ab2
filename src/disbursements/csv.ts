// Comma-separated values as banks exchange them: lines as they are, and amounts read back to the fen. Pure.

export { csvLine, yuan } from '../papers/csv.ts';

/** Rows of cells; null when a quote is never closed or stands in the middle of a cell. Empty lines are left out. */
export function parseCsv(text: string): string[][] | null {
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const rows: string[][] = [];
  let row: string[] = [];
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return null;
    const [, quoted, plain = '', end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',' && pattern.lastIndex < text.length) continue;
    if (end === ',') row.push('');
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

/** 150000 for `1500.00`, `1500.0` or `1500`; null for anything else. */
export function fenOf(text: string): number | null {
  const parts = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text);
  return parts === null ? null : Number(`${parts[1]}${(parts[2] ?? '').padEnd(2, '0')}`);
}
