// Watermarks on every page of PDFs of identity papers, for any page size and rotation.

import { degrees, PDFDocument as Pages } from '@cantoo/pdf-lib';
import PDFDocument from 'pdfkit';
import t from 'tap';
import { extractText, getDocumentProxy } from 'unpdf';
import { refuseUnstampable, stampMaterial } from '../../../src/applications/materials/paper.ts';
import { Problem } from '../../../src/platform/problem.ts';

const look = { officer: 'zhou-360203', agencyName: '珠山区就业创业服务中心', at: '2025-07-05T02:12:59Z' };
const stamp = '仅供本案办理2025年7月5日10:12珠山区就业创业服务中心zhou-360203';

type Options = NonNullable<ConstructorParameters<typeof PDFDocument>[0]>;

/** A PDF as from a scanner or office program; each page shows its number. */
async function pdf(sizes: readonly (readonly [number, number])[], options: Options = {}): Promise<Buffer> {
  const doc = new PDFDocument({ ...options, autoFirstPage: false, margin: 0 });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const printed = new Promise<void>((resolve) => doc.once('end', resolve));
  for (const [index, size] of sizes.entries()) {
    doc.addPage({ size: [...size], margin: 0 });
    doc.fontSize(10).text(`page-${index + 1}`, 2, 2, { lineBreak: false });
  }
  doc.end();
  await printed;
  return Buffer.concat(chunks);
}

async function stampedPages(content: Buffer): Promise<string[]> {
  const paper = await stampMaterial({ content, look });
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(paper)), { mergePages: false });
  return text.map((words) => words.replaceAll(/\s/g, ''));
}

const a4 = [595.28, 841.89] as const;

t.test('every page of a watermarked PDF keeps its content and names viewer, time and purpose', async (t) => {
  const sizes = [a4, [841.89, 595.28], [243, 153], [1_684, 2_384], [100, 1_000], [1_000, 40]] as const;
  const plain = await pdf(sizes);
  const packed = Buffer.from(await (await Pages.load(plain)).save({ useObjectStreams: true }));
  t.ok(packed.includes('/ObjStm'));
  for (const content of [plain, packed]) {
    const before = Buffer.from(content);
    await refuseUnstampable(content);
    const pages = await stampedPages(content);
    t.equal(pages.length, sizes.length);
    for (const [index, words] of pages.entries()) {
      t.ok(words.includes(`page-${index + 1}`), `page ${index + 1} as it was`);
      t.ok(words.split(stamp).length > 10, `page ${index + 1}: ${words.split(stamp).length - 1} times`);
    }
    t.ok(content.equals(before), 'what is stored stays as it is');
  }
});

/** Where each watermark line begins on the displayed page, and its slope. */
async function linesOf(content: Buffer): Promise<{ climb: number; isOnPage: boolean }[]> {
  const paper = await stampMaterial({ content, look });
  const page = await (await getDocumentProxy(new Uint8Array(paper))).getPage(1);
  const { width, height, transform } = page.getViewport({ scale: 1 });
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = transform;
  const { items } = await page.getTextContent();
  return items.flatMap((item) => {
    if (!('str' in item) || !item.str.includes('仅供本案办理')) return [];
    const [right = 0, up = 0, , , x = 0, y = 0] = item.transform;
    const [dx, dy] = [a * right + c * up, b * right + d * up];
    const [left, top] = [a * x + c * y + e, b * x + d * y + f];
    return [
      {
        climb: Math.round((Math.atan2(-dy, dx) * 180) / Math.PI),
        isOnPage: left > 0 && left < width && top > 0 && top < height,
      },
    ];
  });
}

t.test('the watermark rises to the right across the page, whatever its rotation and crop', async (t) => {
  for (const turn of [0, 90, 180, 270, -90, 450]) {
    const document = await Pages.load(await pdf([a4]));
    const [page] = document.getPages();
    page?.setRotation(degrees(turn));
    page?.setCropBox(100, 200, 300, 500);
    const lines = await linesOf(Buffer.from(await document.save()));
    const onPage = lines.filter(({ isOnPage }) => isOnPage);
    t.ok(onPage.length >= 8, `turned by ${turn}: ${onPage.length} lines on the page`);
    t.strictSame([...new Set(onPage.map(({ climb }) => climb))], [30], `turned by ${turn}`);
  }
});

t.test(
  'a PDF that cannot be watermarked is rejected with what to do, on upload and on viewing',
  async (t) => {
    const ascii = (text: string) => Buffer.from(`%PDF-1.7\n${text}\nstartxref\n9\n%%EOF\n`, 'latin1');
    const catalog = '1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n';
    const trailer = 'trailer\n<</Root 1 0 R>>';
    const pages = (objects: string) => ascii(`${catalog}${objects}\n${trailer}`);
    const files: Record<string, Buffer> = {
      encrypted: await pdf([a4], { userPassword: 'secret' }),
      'encrypted against changes': await pdf([a4], { ownerPassword: 'secret' }),
      'without a tree of pages': ascii(`${catalog}${trailer}`),
      'without a page': pages('2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj'),
      'pages within themselves': pages('2 0 obj\n<</Type/Pages/Kids[2 0 R]/Count 1>>\nendobj'),
      'without a size': pages(
        '2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R>>\nendobj',
      ),
      'too small to show anything': await pdf([[10, 10]]),
      'larger than pages are': await pdf([[20_000, 20_000]]),
      'no document at all': ascii('nothing'),
      'deep within itself': pages(`2 0 obj\n${'['.repeat(200_000)}\nendobj`),
    };
    for (const [what, content] of Object.entries(files)) {
      for (const [refusal, told] of [
        [stampMaterial({ content, look }), /请通知申请人补正：重新拍照，以 JPEG 格式上传。$/],
        [refuseUnstampable(content), /工作人员无法查看。请重新拍照，以 JPEG 格式上传。$/],
      ] as const) {
        const refused = await refusal.then(
          () => null,
          (error: unknown) => error,
        );
        const { code, detail } = refused instanceof Problem ? refused : { code: null, detail: '' };
        t.equal(code, 'file-too-complex', what);
        t.match(detail, told, what);
      }
    }
  },
);
