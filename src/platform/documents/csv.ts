// Comma-separated values (RFC 4180) and yuan written from fen. Pure.

/** One line with its end. Exactly what it is given: a file that people open in a spreadsheet wants `inert` cells. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(quoted).join(',')}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What spreadsheets compute instead of show, in either width, also behind blanks. */
const formulaStart = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

export function beginsFormula(text: string): boolean {
  return formulaStart.test(text);
}

/** The text as a cell that no spreadsheet computes: an apostrophe before what begins like a formula. */
export function inert(text: string): string {
  return beginsFormula(text) ? `'${text}` : text;
}

/** `1500.00` for 150000 fen, without arithmetic on fractions. */
export function yuan(amountFen: number): string {
  const fen = String(amountFen).padStart(3, '0');
  return `${fen.slice(0, -2)}.${fen.slice(-2)}`;
}

/** `1,500.00` for 150000 fen, as papers print sums. */
export function groupedYuan(amountFen: number): string {
  return yuan(amountFen).replaceAll(/\d(?=(\d{3})+\.)/g, '$&,');
}
