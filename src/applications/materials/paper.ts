// Watermarks each page of an identity paper with who read it, when and for what purpose: a picture is put on a page,
// the pages of a PDF are kept. The stored material is unchanged. Runs in a worker thread.

import {
  degrees,
  ParseSpeeds,
  type PDFEmbeddedPage,
  type PDFPage,
  PDFDocument as PdfPages,
} from '@cantoo/pdf-lib';
import PDFDocument from 'pdfkit';
import { chineseFonts } from '../../platform/documents/fonts.ts';
import { minuteInWords } from '../../platform/documents/minutes.ts';
import { Problem } from '../../platform/problem.ts';
import { isHarmlessPdf } from './pdf.ts';
import { canBeUnpacked, withoutTransparentColours } from './png-pixels.ts';

/** The watermark: who read the paper, and when. */
export interface Look {
  readonly officer: string;
  readonly agencyName: string;
  /** RFC 3339 */
  readonly at: string;
}

const margin = 28;
const footHeight = 26;
const stampSize = 13;
/** Gaps along and across the lines of the watermark, in points. */
const stampGap = { along: 40, across: 74 };
const stampAngle = -30;
const stampColour = '#d81b3c';

/** Side of the square watermark tile in points: the long side of A4, on which it is printed at its own size. */
const overlaySide = 842;
/** Limits of a page side in points: 14,400 is the maximum in PDF; smaller pages show nothing. */
const pageSide = { least: 36, most: 14_400 };

interface Material {
  readonly content: Uint8Array;
  readonly look: Look;
}

/**
 * A JPEG or PNG as a PDF page, rotated by its EXIF orientation, or a PDF; with the watermark on every page.
 *
 * @throws Problem file-too-complex for what cannot be read
 */
export async function stampMaterial({ content, look }: Material): Promise<Uint8Array> {
  const bytes = bufferOf(content);
  return isPdf(bytes) ? await stampPdf(bytes, look) : await stampPicture(bytes, look);
}

/**
 * Parses a material as `stampMaterial` would, without stamping it.
 *
 * @throws Problem file-too-complex for a file that could never be shown
 */
export async function refuseUnstampable(content: Uint8Array): Promise<void> {
  const bytes = bufferOf(content);
  try {
    if (isPdf(bytes)) await openPdf(bytes);
    else openPicture(new PDFDocument({ autoFirstPage: false }), bytes);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const detail = '文件过大、已加密或格式特殊，工作人员无法查看。请重新拍照，以 JPEG 格式上传。';
    throw new Problem('file-too-complex', { detail });
  }
}

async function stampPicture(content: Buffer, look: Look): Promise<Buffer> {
  const { doc, printed } = newDocument(look);
  const picture = openPicture(doc, content);
  const isTurned = (picture.orientation ?? 1) > 4;
  const isWide = isTurned ? picture.height > picture.width : picture.width > picture.height;
  doc.addPage({ size: 'A4', layout: isWide ? 'landscape' : 'portrait', margin: 0 });
  const { width, height } = doc.page;
  const fit: [number, number] = [width - 2 * margin, height - 2 * margin - footHeight];
  // pdfkit takes an opened picture too, which its types do not say.
  doc.image(picture as unknown as Buffer, margin, margin, { fit, align: 'center', valign: 'center' });
  stamp(doc, look);
  doc.fontSize(9).fillColor('#333333');
  const foot = chineseFonts().shown(`${seenBy(look)}　${minuteInWords(look.at)}查看，仅供本案办理。`);
  doc.text(foot, margin, height - margin - 12, {
    width: width - 2 * margin,
    height: 12,
    align: 'center',
    ellipsis: true,
  });
  doc.end();
  return await printed;
}

async function stampPdf(content: Buffer, look: Look): Promise<Uint8Array> {
  const { pdf, pages } = await openPdf(content);
  const { doc, printed } = newDocument(look);
  doc.addPage({ size: [overlaySide, overlaySide], margin: 0 });
  stamp(doc, look);
  doc.end();
  const [overlay] = await pdf.embedPdf(await printed);
  if (overlay === undefined) throw new Error('the overlay has its page');
  for (const page of pages) cover(page, overlay);
  return await pdf.save({ updateFieldAppearances: false, addDefaultPage: false });
}

type Doc = InstanceType<typeof PDFDocument>;

/** What pdfkit's `openImage` returns; its types lack it. Only a JPEG has an orientation. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly orientation?: number;
}

/** Draws the overlay over the visible part of a page: once, or side by side on a long one. */
function cover(page: PDFPage, overlay: PDFEmbeddedPage): void {
  const { x, y, width, height } = page.getCropBox();
  const turn = turnOf(page);
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  const side = Math.min(long, 1.5 * short);
  const isWide = turn % 180 === 0 ? width > height : height > width;
  for (let at = 0; at < long; at += side) {
    const [right, up] = isWide ? [at, 0] : [0, at];
    // Maps the lower left corner of the page as displayed to its unrotated coordinates.
    const places = new Map([
      [0, [x + right, y + up]],
      [90, [x + width - up, y + right]],
      [180, [x + width - right, y + height - up]],
      [270, [x + up, y + height - right]],
    ]);
    const [left = 0, low = 0] = places.get(turn) ?? [];
    page.drawPage(overlay, { x: left, y: low, width: side, height: side, rotate: degrees(turn) });
  }
}

function newDocument(look: Look): { readonly doc: Doc; readonly printed: Promise<Buffer> } {
  const createdAt = new Date(look.at);
  const doc = new PDFDocument({
    autoFirstPage: false,
    lang: 'zh-CN',
    info: { CreationDate: createdAt, ModDate: createdAt, Producer: '', Creator: '' },
  });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    doc,
    printed: new Promise((resolve) => doc.once('end', () => resolve(Buffer.concat(chunks)))),
  };
}

function seenBy({ agencyName, officer }: Look): string {
  return `${agencyName}　${officer}`;
}

/** Repeats the two lines over the page, each row shifted by half a line. */
function stamp(doc: Doc, look: Look): void {
  const { regular, shown } = chineseFonts();
  const lines = [`仅供本案办理　${minuteInWords(look.at)}`, shown(seenBy(look))];
  const { width, height } = doc.page;
  doc.font(regular);
  const reach = Math.hypot(width, height) / 2;
  doc.fontSize(stampSize);
  const step = Math.max(...lines.map((line) => doc.widthOfString(line))) + stampGap.along;
  doc.save();
  doc.rotate(stampAngle, { origin: [width / 2, height / 2] });
  doc.fillColor(stampColour).fillOpacity(0.5);
  for (let row = 0; row * stampGap.across < 2 * reach; row += 1) {
    const y = height / 2 - reach + row * stampGap.across;
    const from = width / 2 - reach - (row % 2) * (step / 2);
    for (let x = from; x < width / 2 + reach; x += step) {
      for (const [at, line] of lines.entries())
        doc.text(line, x, y + at * stampSize * 1.5, { lineBreak: false });
    }
  }
  doc.restore();
  doc.fillOpacity(1);
}

function openPicture(doc: Doc, content: Buffer): Picture {
  const isPng = content.readUInt16BE(0) === 0x8950;
  const opaque = isPng ? withoutTransparentColours(content) : content;
  if (isPng && !canBeUnpacked(opaque)) throw unreadable();
  try {
    // Not in pdfkit's types.
    return (doc as unknown as { openImage(content: Buffer): Picture }).openImage(opaque);
  } catch {
    throw unreadable();
  }
}

/** A PDF of which every page can be drawn on. */
async function openPdf(content: Buffer): Promise<{ pdf: PdfPages; pages: PDFPage[] }> {
  // pdf-lib unpacks without a limit; isHarmlessPdf has checked the size.
  if (!isHarmlessPdf(content)) throw unreadable();
  try {
    const pdf = await PdfPages.load(content, { parseSpeed: ParseSpeeds.Fastest, updateMetadata: false });
    const pages = pdf.getPages();
    for (const page of pages) {
      const { width, height } = page.getCropBox();
      page.node.normalize();
      const isSeen = [width, height].every((side) => side >= pageSide.least && side <= pageSide.most);
      if (!isSeen || turnOf(page) % 90 !== 0) throw unreadable();
    }
    if (pages.length === 0) throw unreadable();
    return { pdf, pages };
  } catch {
    throw unreadable(); // encrypted, damaged, or a page tree that contains itself
  }
}

/** How far a page is rotated clockwise when displayed: 0, 90, 180 or 270 degrees. */
function turnOf(page: PDFPage): number {
  return ((page.getRotation().angle % 360) + 360) % 360;
}

function isPdf(content: Buffer): boolean {
  return content.toString('latin1', 0, 5) === '%PDF-';
}

function bufferOf(content: Uint8Array): Buffer {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

function unreadable(): Problem {
  const detail =
    '文件过大、已加密或格式特殊，无法加印查看标记，因此不能查看。请通知申请人补正：重新拍照，以 JPEG 格式上传。';
  return new Problem('file-too-complex', { detail });
}
