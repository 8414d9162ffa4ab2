// Prints papers as PDF: A4, embedded Chinese font, heading, numbered pages and, where given, a verification
// code. Each feature supplies its own content.

import { setImmediate } from 'node:timers/promises';
import PDFDocument from 'pdfkit';
import { dayInShanghai } from '../../values/days.ts';
import { dayInWords } from '../../values/wording.ts';
import { chineseFonts } from './fonts.ts';

export interface SheetHead {
  /** Issuing office, above the title. */
  readonly issuer?: string;
  /** Context of the paper, above the title in smaller type. */
  readonly overtitle?: string;
  readonly title: string;
  readonly number: string;
  /** RFC 3339; the same sheet printed again has the same bytes. */
  readonly issuedAt: string;
  readonly verificationCode: string | null;
  /** Portrait by default; landscape for wide tables. */
  readonly layout?: 'portrait' | 'landscape';
}

/** Column width in points; `*` takes the rest. `figures` are right-aligned. */
export type Width = number | '*' | { readonly figures: number };

export interface Sheet {
  /** Headings and lines stay on the page of what follows them. */
  heading(text: string): void;
  /** A paragraph with its first line indented by two characters. */
  paragraph(text: string): void;
  line(text: string): void;
  note(text: string): void;
  /** A ruled table; a total is bold and never alone on a page. */
  table(
    head: readonly string[],
    rows: readonly (readonly string[])[],
    widths: readonly Width[],
    total?: readonly string[],
  ): Promise<void>;
  /** A grid of names and values, two pairs per row; an odd last pair takes a whole row. */
  facts(pairs: readonly (readonly [name: string, value: string])[]): void;
  space(): void;
  /**
   * Signature fields side by side, each with room for a name, a stamp and a day; never split across pages.
   */
  signatures(parts: readonly string[]): void;
  /** Lines to fill in by hand, each after its label, two per row. */
  blanks(names: readonly string[]): void;
  /** The last paragraph with issuer and date on the same page: a seal never stands on a page without text. */
  issuedBy(issuer: string, last: string): void;
}

const margin = 62;
const bottomMargin = 74;
/** Rows printed before yielding to other requests: some tens of milliseconds. */
const rowsAtOnce = 20;
const ink = '#111111';
const faint = '#555555';

/** Prints a paper and returns its PDF. */
export async function printSheet(head: SheetHead, write: (sheet: Sheet) => Promise<void>): Promise<Buffer> {
  const issuedAt = new Date(head.issuedAt);
  const doc = new PDFDocument({
    size: 'A4',
    layout: head.layout ?? 'portrait',
    margins: { top: margin, left: margin, right: margin, bottom: bottomMargin },
    bufferPages: true,
    lang: 'zh-CN',
    displayTitle: true,
    info: {
      Title: `${head.title} ${head.number}`,
      CreationDate: issuedAt,
      ModDate: issuedAt,
      Producer: '',
      Creator: '',
    },
  });
  const { regular, bold, shown } = chineseFonts();
  doc.registerFont('regular', regular);
  doc.registerFont('bold', bold);
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const printed = new Promise<void>((resolve) => doc.once('end', resolve));

  writeHead(doc, head, shown);
  const { sheet, finish } = sheetOn(doc, head, shown);
  await write(sheet);
  finish();
  writeFeet(doc, head);
  doc.end();
  await printed;
  return Buffer.concat(chunks);
}

type Doc = InstanceType<typeof PDFDocument>;
type Shown = (text: string) => string;

function writeHead(doc: Doc, { issuer, overtitle, title, number }: SheetHead, shown: Shown): void {
  doc.font('regular').fontSize(9).fillColor(faint).text(`编号：${number}`, { align: 'right' });
  doc.moveDown(0.6).fillColor(ink);
  if (issuer !== undefined) {
    doc
      .font('bold')
      .fontSize(13)
      .text(shown(issuer), { align: 'center', characterSpacing: 2 })
      .moveDown(0.35);
  }
  if (overtitle !== undefined)
    doc.font('regular').fontSize(13).text(shown(overtitle), { align: 'center' }).moveDown(0.2);
  doc.font('bold').fontSize(20).text(title, { align: 'center', characterSpacing: 3 }).moveDown(0.35);
  rule(doc, doc.y, 1.2);
  rule(doc, doc.y + 2.6, 0.4);
  doc.y += 16;
}

function rule(doc: Doc, y: number, width: number): void {
  doc
    .lineWidth(width)
    .moveTo(margin, y)
    .lineTo(doc.page.width - margin, y)
    .stroke(ink);
}

function sheetOn(
  doc: Doc,
  { issuedAt }: SheetHead,
  shown: Shown,
): { readonly sheet: Sheet; readonly finish: () => void } {
  const width = doc.page.width - 2 * margin;
  const bottom = () => doc.page.height - bottomMargin;
  /** Headings and lines that wait for what they belong to. */
  let waiting: { readonly height: number; readonly write: () => void }[] = [];
  /** Begins a part whose first `points` stay together, with the headings and lines before it. */
  const begin = (points: number) => {
    const needed = waiting.reduce((sum, { height }) => sum + height, points);
    if (doc.y + needed > bottom()) doc.addPage();
    for (const { write } of waiting) write();
    waiting = [];
  };
  const setHeading = () => doc.font('bold').fontSize(12).fillColor(ink);
  const setText = () => doc.font('regular').fontSize(11.5).fillColor(ink);
  const asParagraph = { indent: 23, lineGap: 5 };
  const asLine = { lineGap: 5 };
  const sheet: Sheet = {
    heading(text) {
      const height = setHeading().heightOfString(shown(text), { width }) + 0.8 * doc.currentLineHeight(true);
      const write = () => {
        doc.moveDown(0.5);
        setHeading().text(shown(text), margin).moveDown(0.3);
      };
      waiting.push({ height, write });
    },
    paragraph(text) {
      const height = setText().heightOfString(shown(text), { width, ...asParagraph });
      begin(Math.min(height, 2 * doc.currentLineHeight(true) + 10));
      setText().text(shown(text), margin, doc.y, asParagraph).moveDown(0.35);
    },
    line(text) {
      const height = setText().heightOfString(shown(text), { width, ...asLine });
      waiting.push({ height, write: () => setText().text(shown(text), margin, doc.y, asLine) });
    },
    note(text) {
      begin(20);
      doc.font('regular').fontSize(9.5).fillColor(faint).text(shown(text), margin, doc.y, { lineGap: 3 });
    },
    async table(head, rows, widths, total) {
      doc.font('regular').fontSize(9.5);
      const columns = columnsOf(widths, doc.page.width - 2 * margin);
      const tallest = doc.page.height - margin - bottomMargin - 2 * headHeight;
      const shownRows = rows
        .map((row) => row.map(shown))
        .flatMap((row) => splitTall(row, (part) => heightOf(doc, part, columns) > tallest));
      // The head stays with the first row.
      begin(headHeight + (shownRows[0] === undefined ? 0 : heightOf(doc, shownRows[0], columns)));
      writeRow(doc, head, columns, { isBold: true });
      for (const [at, row] of shownRows.entries()) {
        if (at % rowsAtOnce === rowsAtOnce - 1) await setImmediate();
        const isLast = total !== undefined && at === shownRows.length - 1;
        writeRow(doc, row, columns, { isBold: false, head, roomAfter: isLast ? headHeight : 0 });
      }
      if (total !== undefined) writeRow(doc, total, columns, { isBold: true, head });
      doc.x = margin;
      doc.moveDown(0.5);
    },
    facts(pairs) {
      begin(headHeight);
      for (let index = 0; index < pairs.length; index += 2) {
        const row = pairs.slice(index, index + 2).flat();
        const columns = columnsOf(row.length === 2 ? [76, '*'] : [76, '*', 76, '*'], width);
        writeRow(doc, row.map(shown), columns, { isBold: false, names: [0, 2] });
      }
      doc.x = margin;
      doc.moveDown(0.8);
    },
    space() {
      begin(0);
      doc.moveDown(0.8);
    },
    signatures(parts) {
      begin(80);
      doc.moveDown(1).font('regular').fontSize(11).fillColor(ink);
      const top = doc.y;
      const each = width / parts.length;
      for (const [at, part] of parts.entries()) {
        const x = margin + at * each;
        doc.text(`${part}：`, x, top, { width: each, lineBreak: false });
        doc.text('　　　　年　　月　　日', x, top + 34, { width: each, lineBreak: false });
      }
      doc.x = margin;
      doc.y = top + 52;
    },
    blanks(names) {
      const half = width / 2;
      begin(Math.ceil(names.length / 2) * 26 + 8);
      for (const [index, name] of names.entries()) {
        if (index % 2 === 0 && index > 0) doc.y += 26;
        const [x, top] = [margin + (index % 2) * half, doc.y];
        doc.font('regular').fontSize(10).fillColor(ink).text(name, x, top, { lineBreak: false });
        const from = x + doc.widthOfString(name) + 4;
        doc
          .lineWidth(0.5)
          .moveTo(from, top + 15)
          .lineTo(x + half - 14, top + 15)
          .stroke('#555555');
        doc.y = top;
      }
      doc.x = margin;
      doc.y += 30;
    },
    issuedBy(issuer, last) {
      begin(setText().heightOfString(shown(last), { width, ...asParagraph }) + 2 * sealRadius + 40);
      setText().text(shown(last), margin, doc.y, asParagraph).moveDown(0.35);
      const top = doc.y + 8;
      doc.font('regular').fontSize(11.5);
      const centre = doc.page.width - margin - doc.widthOfString(shown(issuer)) - sealRadius - 12;
      doc
        .lineWidth(0.6)
        .dash(3, { space: 3 })
        .circle(centre, top + sealRadius, sealRadius);
      doc.stroke('#bbbbbb').undash();
      doc.fontSize(8.5).fillColor('#999999');
      doc.text('盖章处', centre - sealRadius, top + sealRadius - 6, {
        width: 2 * sealRadius,
        align: 'center',
      });
      doc.fontSize(11.5).fillColor(ink);
      doc.text(shown(issuer), margin, top + sealRadius - 18, { align: 'right', lineGap: 5 });
      doc.text(dayInWords(dayInShanghai(Temporal.Instant.from(issuedAt))), { align: 'right' });
      doc.y = top + 2 * sealRadius + 8;
    },
  };
  return { sheet, finish: () => begin(0) };
}

/** A row higher than a page, as several: its cells are divided between lines. */
function splitTall(row: readonly string[], isTall: (row: readonly string[]) => boolean): readonly string[][] {
  const lines = row.map((cell) => cell.split('\n'));
  const most = Math.max(...lines.map(({ length }) => length));
  if (most === 1 || !isTall(row)) return [[...row]];
  const middle = Math.ceil(most / 2);
  const parts = [
    lines.map((cell) => cell.slice(0, middle).join('\n')),
    lines.map((cell) => cell.slice(middle).join('\n')),
  ];
  return parts.flatMap((part) => splitTall(part, isTall));
}

const sealRadius = 42;

interface Column {
  readonly x: number;
  readonly width: number;
  readonly align: 'left' | 'right';
}

const padding = 4;
/** One line of bold type, in points. */
const headHeight = 24;

function columnsOf(widths: readonly Width[], total: number): Column[] {
  const pointsOf = (width: Width) => (typeof width === 'object' ? width.figures : width === '*' ? 0 : width);
  const fixed = widths.reduce<number>((sum, width) => sum + pointsOf(width), 0);
  const flexible = (total - fixed) / Math.max(1, widths.filter((width) => width === '*').length);
  let x = margin;
  return widths.map((given) => {
    const align = typeof given === 'object' ? ('right' as const) : ('left' as const);
    const column = { x, width: given === '*' ? flexible : pointsOf(given), align };
    x += column.width;
    return column;
  });
}

function cellOptions({ width, align }: Column) {
  return { width: width - 2 * padding, lineGap: 1, align };
}

/** In the current font. */
function heightOf(doc: Doc, cells: readonly string[], columns: readonly Column[]): number {
  const heights = columns.map((column, index) => doc.heightOfString(cells[index] ?? '', cellOptions(column)));
  return Math.max(...heights) + 2 * padding;
}

interface RowStyle {
  readonly isBold: boolean;
  /** Repeated on a new page; absent for the head itself. */
  readonly head?: readonly string[];
  /** Space needed below on the same page, in points. */
  readonly roomAfter?: number;
  /** Columns that label the cells beside them. */
  readonly names?: readonly number[];
}

/**
 * One row; on a new page with the head repeated when it does not fit. Not pdfkit's tables: they measure every
 * cell several times, which with a font of thirty thousand glyphs blocks the service for seconds.
 */
function writeRow(
  doc: Doc,
  cells: readonly string[],
  columns: readonly Column[],
  { isBold, head, roomAfter = 0, names = [] }: RowStyle,
): void {
  const setType = () =>
    doc
      .font(isBold ? 'bold' : 'regular')
      .fontSize(9.5)
      .fillColor(ink);
  setType();
  const height = heightOf(doc, cells, columns);
  if (doc.y + height + roomAfter > doc.page.height - bottomMargin) {
    doc.addPage();
    if (head !== undefined) writeRow(doc, head, columns, { isBold: true });
    setType();
  }
  const top = doc.y;
  for (const [index, column] of columns.entries()) {
    doc.lineWidth(0.5).rect(column.x, top, column.width, height);
    if (isBold || names.includes(index)) doc.fillAndStroke('#eeeeee', '#888888').fillColor(ink);
    else doc.stroke('#888888');
    doc.text(cells[index] ?? '', column.x + padding, top + padding, cellOptions(column));
  }
  doc.x = margin;
  doc.y = top + height;
}

/** Page footers, written once the number of pages is known. */
function writeFeet(doc: Doc, { number, verificationCode }: SheetHead): void {
  const { count } = doc.bufferedPageRange();
  for (let index = 0; index < count; index += 1) {
    doc.switchToPage(index);
    // Without the margin removed, text at this position would start a new page.
    doc.page.margins.bottom = 0;
    const code = verificationCode === null ? '' : `　验证码：${verificationCode}`;
    doc.font('regular').fontSize(8.5).fillColor(faint);
    doc.text(`${number}${code}`, margin, doc.page.height - 48, { lineBreak: false });
    doc.text(`第 ${index + 1} 页，共 ${count} 页`, margin, doc.page.height - 48, {
      align: 'right',
      width: doc.page.width - 2 * margin,
    });
    doc.page.margins.bottom = bottomMargin;
  }
}
