// A picture of an identity paper on a page, and across it who looked, when and what for. The stored picture stays as it is.

import PDFDocument from 'pdfkit';
import { Refusal } from '../http/problem.ts';
import { chineseFonts } from '../papers/fonts.ts';
import { minuteInWords } from '../papers/minutes.ts';
import { canBeUnpacked, withoutTransparentColours } from './png-pixels.ts';

/** Who is shown the picture, in words for whoever finds the page elsewhere. */
export interface Look {
  readonly officer: string;
  readonly agencyName: string;
  /** RFC 3339 */
  readonly at: string;
}

const margin = 28;
const footHeight = 26;
const stampSize = 13;
/** Along and across the lines of the stamp, in points. */
const stampGap = { along: 40, across: 74 };
const stampAngle = -30;
const stampColour = '#d81b3c';

/**
 * A JPEG or PNG as a page of PDF, turned as its EXIF orientation says, with the look across it.
 *
 * @throws Refusal file-too-complex for a picture that cannot be read
 */
export async function stampMaterial(material: {
  readonly content: Uint8Array;
  readonly look: Look;
}): Promise<Uint8Array> {
  const { content, look } = material;
  const { regular, shown } = chineseFonts();
  const createdAt = new Date(look.at);
  const doc = new PDFDocument({
    autoFirstPage: false,
    lang: 'zh-CN',
    info: { CreationDate: createdAt, ModDate: createdAt, Producer: '', Creator: '' },
  });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const printed = new Promise<void>((resolve) => doc.once('end', resolve));

  const picture = openPicture(doc, Buffer.from(content.buffer, content.byteOffset, content.byteLength));
  const isTurned = (picture.orientation ?? 1) > 4;
  const isWide = isTurned ? picture.height > picture.width : picture.width > picture.height;
  doc.addPage({ size: 'A4', layout: isWide ? 'landscape' : 'portrait', margin: 0 });
  const { width, height } = doc.page;
  const fit: [number, number] = [width - 2 * margin, height - 2 * margin - footHeight];
  doc.image(picture as unknown as Buffer, margin, margin, { fit, align: 'center', valign: 'center' });

  doc.font(regular);
  const seen = `${look.agencyName}　${look.officer}`;
  stamp(doc, [`仅供本案办理　${minuteInWords(look.at)}`, shown(seen)]);
  doc.fontSize(9).fillColor('#333333');
  doc.text(shown(`${seen}　${minuteInWords(look.at)}查看，仅供本案办理。`), margin, height - margin - 12, {
    width: width - 2 * margin,
    height: 12,
    align: 'center',
    ellipsis: true,
  });
  doc.end();
  await printed;
  return Buffer.concat(chunks);
}

type Doc = InstanceType<typeof PDFDocument>;

/** As pdfkit opens and places it, of which its types know nothing; a JPEG has an orientation. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly orientation?: number;
}

/** The two lines over and over, each row moved by half against the one before. */
function stamp(doc: Doc, lines: readonly [string, string]): void {
  const { width, height } = doc.page;
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
    return (doc as unknown as { openImage(content: Buffer): Picture }).openImage(opaque);
  } catch {
    throw unreadable();
  }
}

function unreadable(): Refusal {
  const detail =
    '图片过大或格式特殊，无法加印查看标记，因此不能查看。请通知申请人补正：重新拍照，以 JPEG 格式上传。';
  return new Refusal('file-too-complex', { detail });
}
