// Watermarked pictures: every accepted format and orientation, and none that unpacks to more than it
// declares.

import { spawnSync } from 'node:child_process';
import { crc32, deflateSync } from 'node:zlib';
import t from 'tap';
import { getDocumentProxy } from 'unpdf';
import { stampMaterial } from '../../../src/applications/materials/paper.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { wordsOf } from '../../pdf-words.ts';

const look = { officer: 'zhou-360203', agencyName: '珠山区就业创业服务中心', at: '2025-07-05T02:12:59Z' };

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(content.length, 0);
  numbers.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)]);
}

interface Form {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly colour: number;
  readonly interlace?: number;
}

/** A PNG; each packed line follows its filter number. */
function png({ width, height, bits, colour, interlace = 0 }: Form, lines: Buffer, ...more: Buffer[]): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([bits, colour, 0, 0, interlace], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    ...more,
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Eight by eight pixels without filters. */
const square = (bits: number, colour: number, lineBytes: number, ...more: Buffer[]) =>
  png({ width: 8, height: 8, bits, colour }, Buffer.alloc(8 * (1 + lineBytes)), ...more);

const palette = chunk('PLTE', Buffer.from([0, 0, 0, 255, 255, 255]));
const transparent = chunk('tRNS', Buffer.from([0]));
/** Eight by eight pixels of four bytes, interlaced. */
const interlacedBytes = (1 + 4) * 2 + (1 + 8) + 2 * (1 + 8) + 2 * (1 + 16) + 4 * (1 + 16) + 4 * (1 + 32);
const interlaced = { width: 8, height: 8, bits: 8, colour: 6, interlace: 1 };

/** A JPEG of sixteen by eight pixels, rotated by EXIF. */
function jpeg(orientation: number): Buffer {
  const segment = (marker: number, content: Buffer) =>
    Buffer.concat([Buffer.from([0xff, marker, 0, content.length + 2]), content]);
  const directory = [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(
      0xe1,
      Buffer.from(
        ['Exif\0\0MM\0*\0\0\0\x08', ...directory.map((one) => String.fromCharCode(one))].join(''),
        'latin1',
      ),
    ),
    segment(0xc0, Buffer.from([8, 0, 8, 0, 16, 1, 1, 0x11, 0])),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0x12, 0xff, 0xd9]),
  ]);
}

async function pageOf(content: Buffer): Promise<{ readonly words: string; readonly isWide: boolean }> {
  const paper = Buffer.from(await stampMaterial({ content, look }));
  const document = await getDocumentProxy(new Uint8Array(paper));
  t.equal(document.numPages, 1);
  const { width, height } = (await document.getPage(1)).getViewport({ scale: 1 });
  return { words: await wordsOf(paper), isWide: width > height };
}

t.test('every picture format is put on a page with viewer, time and purpose', async (t) => {
  const forms: Record<string, Buffer> = {
    'black and white': square(1, 0, 1),
    'sixteen greys': square(4, 0, 4),
    'greys, one of them transparent': square(8, 0, 8, chunk('tRNS', Buffer.from([0, 0]))),
    'a palette': square(1, 3, 1, palette),
    'a palette with transparent colours': square(1, 3, 1, palette, transparent),
    colours: square(8, 2, 24),
    'greys with an alpha channel': square(8, 4, 16),
    'colours with an alpha channel': square(8, 6, 32),
    'fine colours with an alpha channel': square(16, 6, 64),
    'lines that come interlaced': png(interlaced, Buffer.alloc(interlacedBytes)),
    'a photograph': jpeg(1),
  };
  for (const [what, content] of Object.entries(forms)) {
    const { words } = await pageOf(content);
    const stamp = '仅供本案办理2025年7月5日10:12珠山区就业创业服务中心zhou-360203';
    t.ok(words.split(stamp).length > 10, what);
    t.ok(words.includes('珠山区就业创业服务中心zhou-3602032025年7月5日10:12查看，仅供本案办理。'), what);
  }
});

t.test('a picture keeps its orientation on the page', async (t) => {
  for (const orientation of [1, 2, 3, 4]) t.ok((await pageOf(jpeg(orientation))).isWide, `${orientation}`);
  for (const orientation of [5, 6, 7, 8]) t.notOk((await pageOf(jpeg(orientation))).isWide, `${orientation}`);
});

t.test('the picture is visible through the watermark, on machines that can render the page', async (t) => {
  const lines = Buffer.alloc(100 * (1 + 400), 0);
  for (let line = 0; line < 100; line += 1)
    for (let pixel = 0; pixel < 100; pixel += 1) lines.set([0, 0, 255, 255], line * 401 + 1 + pixel * 4);
  const blue = png({ width: 100, height: 100, bits: 8, colour: 6 }, lines);
  const paper = await stampMaterial({ content: blue, look });
  const { status, stdout } = spawnSync('pdftoppm', ['-r', '72', '-'], { input: paper });
  if (status !== 0) {
    t.pass('no such program');
    return;
  }
  const head = /^P6\s\d+\s\d+\s255\s/.exec(stdout.toString('latin1', 0, 40))?.[0] ?? '';
  const pixels = stdout.subarray(head.length);
  let [plain, stamped] = [0, 0];
  for (let at = 0; at + 2 < pixels.length; at += 3) {
    const [red = 0, , blueness = 0] = pixels.subarray(at, at + 3);
    if (blueness > 250 && red < 5) plain += 1;
    else if (red > 60 && blueness > 120 && blueness < 240 && red < blueness) stamped += 1;
  }
  t.ok(plain > 10_000, `${plain} pixels as they are`);
  t.ok(stamped > 1_000, `${stamped} half covered`);
});

t.test('a picture that unpacks beyond its bounds is rejected with what to do', async (t) => {
  const whole = { width: 8, height: 8, bits: 8, colour: 6 };
  const wrongFilter = Buffer.alloc(8 * 33);
  wrongFilter[33] = 5;
  const pictures: Record<string, Buffer> = {
    'more than it says': png(whole, Buffer.alloc(64 * 1024 * 1024)),
    'less than it says': png(whole, Buffer.alloc(8 * 33 - 1)),
    'another filter than there are': png(whole, wrongFilter),
    'a hundred million pixels': png({ ...whole, width: 10_000, height: 10_000 }, Buffer.alloc(33)),
    'interlaced, less than it says': png(interlaced, Buffer.alloc(interlacedBytes - 1)),
    'interlaced bits': png({ ...interlaced, bits: 1, colour: 0 }, Buffer.alloc(100)),
    'interlaced and narrow': png({ ...interlaced, width: 4 }, Buffer.alloc(interlacedBytes)),
    'not packed': Buffer.from(square(8, 6, 32).map((byte, at) => (at === 41 ? byte ^ 0xff : byte))),
  };
  for (const [what, content] of Object.entries(pictures)) {
    const refused = await stampMaterial({ content, look }).catch((error: unknown) => error);
    const { code, detail } = refused instanceof Problem ? refused : { code: null, detail: '' };
    t.equal(code, 'file-too-complex', what);
    t.match(detail, /请通知申请人补正：重新拍照，以 JPEG 格式上传。$/, what);
  }
});
