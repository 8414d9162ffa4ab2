// Comma-separated values as banks exchange them: lines as they are, and amounts read back to the fen. Pure.

export { csvLine, yuan } from '../../platform/documents/csv.ts';

/** 150000 for `1500.00`, `1500.0` or `1500`; null for anything else. */
export function fenOf(text: string): number | null {
  const parts = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text);
  return parts === null ? null : Number(`${parts[1]}${(parts[2] ?? '').padEnd(2, '0')}`);
}
