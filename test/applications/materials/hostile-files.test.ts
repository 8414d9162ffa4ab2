// Files with other content than their type, and forms that never end, are refused without storing or buffering them.

import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { cleanOf } from '../../../src/applications/materials/inspection.ts';
import { mediaTypes } from '../../../src/applications/materials/media-types.ts';
import { type Problem, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';
import { materialForm, pixel } from '../material-form.ts';

const mebibyte = 1024 * 1024;
/** Far below what the files would take in memory; threads that start meanwhile take some 50 MiB. */
const mostGrowth = 100 * mebibyte;
const platform = 'platform-ganfutong';

const ascii = (text: string) => Buffer.from(text, 'latin1');

/** A minimal ZIP archive: the header of an entry, and the end record by which readers find it. */
const archive = Buffer.concat([
  ascii('PK\x03\x04\x14\x00'),
  Buffer.alloc(60),
  ascii('PK\x05\x06'),
  Buffer.alloc(18),
]);

function pngChunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([ascii(type), content]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(content.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, sum]);
}

function png(width: number, height: number, ...more: Buffer[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8); // one bit per pixel
  const pixels = deflateSync(Buffer.alloc(Math.min(mebibyte, Math.ceil((width + 8) / 8) * height)));
  return Buffer.concat([
    ascii('\x89PNG\r\n\x1a\n'),
    pngChunk('IHDR', header),
    ...more,
    pngChunk('IDAT', pixels),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function jpegSegment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** A JPEG like a phone's: header, a thumbnail inside a segment, a frame, pixels, end marker. */
function jpeg(width = 8, height = 8, ...more: Buffer[]): Buffer {
  const frame = Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xe0, ascii('JFIF\0\x01\x01\0\0\x01\0\x01\0\0')),
    jpegSegment(0xe1, Buffer.concat([ascii('Exif\0\0'), Buffer.from([0xff, 0xd8, 0xff, 0xd9])])),
    ...more,
    jpegSegment(0xc0, frame),
    jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xd9]),
  ]);
}

function pdf(...objects: (string | Buffer)[]): Buffer {
  return Buffer.concat([
    ascii('%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n'),
    ...objects.map((object) => (Buffer.isBuffer(object) ? object : ascii(object))),
    ascii('trailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n'),
  ]);
}

/** Objects in an object stream, invisible to an inspection that does not unpack. */
function packed(objects: Buffer, dictionary = '/Type/ObjStm/Filter/FlateDecode'): Buffer {
  const content = deflateSync(objects);
  const head = `7 0 obj\n<<${dictionary}/N 1/First 4/Length ${content.length}>>\nstream\r\n`;
  return Buffer.concat([ascii(head), content, ascii('\nendstream\nendobj\n')]);
}

const script = '3 0 obj\n<</S/JavaScript/JS(app.alert\\(1\\))>>\nendobj\n';

const honest: readonly [what: string, content: Buffer][] = [
  ['a PNG', pixel],
  ['a PNG with a text in it', png(8, 8, pngChunk('tEXt', ascii('Software\0scanner')))],
  ['a JPEG', jpeg()],
  ['a JPEG filled up with zeros', Buffer.concat([jpeg(), Buffer.alloc(40)])],
  ['a JPEG with its brightness behind it', Buffer.concat([jpeg(), jpeg(4, 4)])],
  ['a PDF', pdf()],
  ['a PDF with packed objects', pdf(packed(ascii('8 0 <</Type/Page>>')))],
  [
    'a PDF with a packed table of objects',
    pdf(
      packed(
        Buffer.alloc(20),
        '/Type/XRef/ID[(a\\)#%)<00>]/DecodeParms<</Columns 4/Predictor 12>>/Filter/FlateDecode',
      ),
    ),
  ],
  ['a PDF that was added to', Buffer.concat([pdf(), ascii('9 0 obj\n<</Type/Sig>>\nendobj\n%%EOF\r\n')])],
];

const hostile: readonly [what: string, content: Buffer, status: 415 | 422][] = [
  ['a program named .pdf', ascii('MZ'.padEnd(300, '\0')), 415],
  ['a program of another system', ascii('\x7fELF\x02\x01\x01'.padEnd(300, '\0')), 415],
  ['a page with a script', ascii('<!DOCTYPE html><script>alert(1)</script>'), 415],
  [
    'a vector picture with a script',
    ascii('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    415,
  ],
  ['an archive that unpacks to a thousand times its size', gzipSync(Buffer.alloc(8 * mebibyte)), 415],
  ['an archive', archive, 415],
  ['a page in front of a PDF', Buffer.concat([ascii('<script>alert(1)</script>'), pdf()]), 415],
  ['a PDF with an archive behind it', Buffer.concat([pdf(), archive, ascii('%%EOF')]), 422],
  ['a PDF with an archive in it', pdf(archive), 422],
  ['a PDF that runs a script', pdf(script), 422],
  ['a PDF that hides the name of it', pdf(script.replace('JavaScript', 'Java#53cript')), 422],
  ['a PDF that hides the script in packed objects', pdf(packed(ascii(script))), 422],
  ['a PDF that hides that they are packed', pdf(packed(ascii(script), '/Type/Obj#53tm')), 422],
  ['a PDF that packs them twice', pdf(packed(ascii('x'), '/Type/ObjStm/Filter[/ASCIIHexDecode]')), 422],
  ['a PDF that unpacks to a thousand times its size', pdf(packed(Buffer.alloc(9 * mebibyte))), 422],
  ['a PDF that carries a file', pdf('3 0 obj\n<</Type/EmbeddedFile>>\nendobj\n'), 422],
  ['a PDF that starts a program', pdf('3 0 obj\n<</S/Launch/F(cmd.exe)>>\nendobj\n'), 422],
  ['a PDF with a form of another language', pdf('3 0 obj\n<</XFA 4 0 R>>\nendobj\n'), 422],
  ['a PDF that acts when it is opened', pdf('3 0 obj\n<</OpenAction 4 0 R>>\nendobj\n'), 422],
  ['a PDF that acts when a page is turned', pdf('3 0 obj\n<</AA <</O 4 0 R>>>>\nendobj\n'), 422],
  ['a PDF that sends a form', pdf('3 0 obj\n<</S/SubmitForm/F(x)>>\nendobj\n'), 422],
  ['a PDF that opens another file', pdf('3 0 obj\n<</S/GoToR/F(x.pdf)>>\nendobj\n'), 422],
  [
    'a PDF that hides a script under two packings',
    pdf(packed(ascii(script), '/Type/ObjStm/Filter[/FlateDecode /ASCIIHexDecode]')),
    422,
  ],
  [
    'a PDF that hides how they are packed',
    pdf(packed(ascii(script), '/Type/ObjStm/Fil#74er/FlateDecode')),
    422,
  ],
  [
    'a PDF that hides it behind a string',
    pdf(packed(ascii(script), '/Type/ObjStm/X(stream)/Filter/FlateDecode')),
    422,
  ],
  [
    'a PDF that hides it in front of a comment',
    pdf(packed(ascii(script), '/Filter/FlateDecode%7 0 obj\n/Type/ObjStm')),
    422,
  ],
  [
    'a PDF that hides it behind a comment',
    pdf(packed(ascii(script), '/Type/ObjStm%stream\n/Filter/FlateDecode')),
    422,
  ],
  [
    'a PDF whose kind of stream stands elsewhere',
    pdf(
      '6 0 obj\n/ObjStm\nendobj\n5 0 obj\n<<>>\nstream\n\nendstream\nendobj\n',
      packed(ascii(script), '/Type 6 0 R/Filter/FlateDecode'),
    ),
    422,
  ],
  [
    'a PDF whose table of objects unpacks to a thousand times its size',
    pdf(packed(Buffer.alloc(9 * mebibyte), '/Type/XRef/Filter/FlateDecode')),
    422,
  ],
  [
    'a PDF that hides that it is the table',
    pdf(packed(Buffer.alloc(9 * mebibyte), '/Type/XR#65f/Filter/FlateDecode')),
    422,
  ],
  ['a PDF whose packing stands elsewhere', pdf(packed(ascii(script), '/Type/ObjStm/Filter 9 0 R')), 422],
  ['a PDF of empty object streams', pdf(...Array(2_000).fill(packed(Buffer.alloc(0)))), 422],
  ['a PDF cut off', pdf().subarray(0, -20), 422],
  ['a PNG with an archive behind it', Buffer.concat([pixel, archive]), 422],
  ['a PNG with an archive in it', png(8, 8, pngChunk('prIv', archive)), 422],
  ['a PNG of two', Buffer.concat([pixel, pixel]), 422],
  ['a PNG cut off', pixel.subarray(0, -5), 422],
  ['a PNG with a changed byte', Buffer.from(pixel.map((byte, at) => (at === 45 ? byte ^ 1 : byte))), 422],
  ['a PNG of sixty thousand by sixty thousand', png(60_000, 60_000), 422],
  ['a JPEG of sixty thousand by sixty thousand', jpeg(60_000, 60_000), 422],
  ['a JPEG with a film behind it', Buffer.concat([jpeg(), ascii('\0\0\0\x18ftypmp42')]), 422],
  ['a JPEG with an archive behind it', Buffer.concat([jpeg(), archive, Buffer.from([0xff, 0xd9])]), 422],
  ['a JPEG with an archive in it', jpeg(8, 8, jpegSegment(0xfe, archive)), 422],
  ['a JPEG cut off', jpeg().subarray(0, -4), 422],
  [
    'a JPEG of heads alone',
    Buffer.concat([jpeg().subarray(0, 2), jpegSegment(0xe0, Buffer.alloc(14)), Buffer.from([255, 217])]),
    422,
  ],
];

t.test('ordinary files of cameras, scanners and printers are accepted', async (t) => {
  const { call, drafted, nextResident } = await setup(t);
  const { id } = await drafted(nextResident());
  for (const [what, content] of honest) {
    const answer = await call(
      platform,
      'POST',
      `/v1/applications/${id}/materials`,
      materialForm('contribution-proof', content),
    );
    t.equal(answer.status, 201, what);
  }
});

t.test('a picture keeps its pixels and orientation, and loses its texts, place and camera', (t) => {
  const tiff = (entries: readonly (readonly number[])[]) =>
    Buffer.concat([
      ascii('Exif\0\0MM\0*\0\0\0\x08'),
      Buffer.from([0, entries.length, ...entries.flat(), 0, 0, 0, 0]),
      ascii('28.68N 117.18E'),
    ]);
  const turned = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
  const camera = [0x01, 0x0f, 0, 2, 0, 0, 0, 4, 0x41, 0x42, 0x43, 0];
  const photo = jpeg(
    8,
    8,
    jpegSegment(0xe1, tiff([camera, turned])),
    jpegSegment(0xe1, ascii('http://ns.adobe.com/xap/1.0/\0<x>somebody</x>')),
    jpegSegment(0xfe, ascii('a remark')),
  );
  const kept = cleanOf('image/jpeg', photo);
  t.notMatch(kept?.toString('latin1'), /ABC|28\.68N|somebody|a remark/);
  t.ok(kept?.includes(Buffer.from([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6])), 'it is still turned');
  t.strictSame(cleanOf('image/jpeg', kept ?? photo), kept, 'what is clean stays as it is');
  const scan = png(8, 8, pngChunk('tEXt', ascii('Author\0somebody')), pngChunk('eXIf', ascii('28.68N')));
  t.strictSame(cleanOf('image/png', scan), png(8, 8));
  t.end();
});

t.test('a file with other content than its type is refused and not stored', async (t) => {
  const { call, drafted, nextResident, read } = await setup(t);
  const draft = await drafted(nextResident());
  const url = `/v1/applications/${draft.id}/materials`;
  const before = process.memoryUsage().rss;
  for (const [what, content, status] of hostile) {
    const answer = await call(platform, 'POST', url, materialForm('identity-card', content));
    t.equal(answer.status, status, what);
  }
  const named = (name: string) => {
    const { body, headers } = materialForm('identity-card', pixel);
    return { body: ascii(body.toString('latin1').replace('material.png', name)), headers };
  };
  for (const name of ['../../etc/cron.d/x.png', '..\\\\x.png', '/etc/passwd', '..']) {
    const answer = await call<Problem>(platform, 'POST', url, named(name));
    strictMatch(
      t,
      answer,
      { status: 422, body: { errors: [{ pointer: '/body/content', code: 'path-in-name' }] } },
      name,
    );
  }
  const { body, headers } = materialForm('identity-card', pixel);
  const swollen = { body: gzipSync(body), headers: { ...headers, 'content-encoding': 'gzip' } };
  t.equal((await call(platform, 'POST', url, swollen)).status, 415, 'a form that would have to be unpacked');
  const { version, materials } = await read(draft);
  t.strictSame([version, materials], [draft.version, []]);
  const grown = process.memoryUsage().rss - before;
  t.ok(grown < mostGrowth, `${Math.round(grown / mebibyte)} MiB more`);
});

t.test('a multipart form that never ends is refused while it arrives', async (t) => {
  const city = await setup(t);
  const { id } = await city.drafted(city.nextResident());
  const authorization = `Bearer ${await city.token(platform)}`;
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const field = (name: string) =>
    `--boundary-of-the-form\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n`;
  const beginnings: Record<string, string> = {
    'an endless file': field('content').replace('"content"', '"content"; filename="x.png"'),
    'an endless field': field('kind'),
    'an endless name': `--boundary-of-the-form\r\ncontent-disposition: form-data; name="`,
    'no beginning': '',
    'no end': `${field('kind')}identity-card\r\n--boundary-of-the-form--\r\n`,
  };

  /** Sends until the answer arrives; returns its status and the number of bytes sent. */
  function send(beginning: string, key: string): Promise<{ status: number; bytes: number }> {
    const { promise, resolve } = Promise.withResolvers<{ status: number; bytes: number }>();
    const sent = httpRequest(`${city.origin}/v1/applications/${id}/materials`, {
      method: 'POST',
      headers: {
        authorization,
        'idempotency-key': key,
        'content-type': 'multipart/form-data; boundary=boundary-of-the-form',
      },
    });
    let bytes = 0;
    let isAnswered = false;
    sent.on('response', (response) => {
      isAnswered = true;
      response.resume();
      sent.destroy();
      resolve({ status: response.statusCode ?? 0, bytes });
    });
    sent.on('error', () => {}); // the service closes the connection of a client that goes on sending
    sent.write(beginning);
    const pour = async () => {
      while (!isAnswered && bytes < 200 * mebibyte) {
        bytes += chunk.length;
        if (!sent.write(chunk))
          await Promise.race([new Promise((free) => sent.once('drain', free)), delay(500)]);
      }
      if (!isAnswered) resolve({ status: 0, bytes });
    };
    void pour();
    return promise;
  }

  const before = process.memoryUsage().rss;
  for (const [what, beginning] of Object.entries(beginnings)) {
    const { status, bytes } = await send(beginning, `never-ending ${what}`);
    t.ok([400, 413].includes(status), `${what}: ${status}`);
    t.ok(bytes < 20 * mebibyte, `${what}: refused after ${Math.round(bytes / mebibyte)} MiB`);
  }
  const grown = process.memoryUsage().rss - before;
  t.ok(grown < mostGrowth, `${Math.round(grown / mebibyte)} MiB more`);
  const announced = await new Promise<number>((resolve) => {
    const sent = httpRequest(`${city.origin}/v1/applications/${id}/materials`, {
      method: 'POST',
      headers: {
        authorization,
        'idempotency-key': 'announced',
        'content-type': 'multipart/form-data; boundary=boundary-of-the-form',
        'content-length': 2 ** 40,
      },
    });
    sent.on('response', ({ statusCode }) => {
      sent.destroy();
      resolve(statusCode ?? 0);
    });
    sent.on('error', () => {});
    sent.flushHeaders();
  });
  t.equal(announced, 413, 'one that says how large it will be, before it comes');
});

t.test('random bytes are not taken for active content, and damaged files crash no inspection', (t) => {
  let state = 20_250_705;
  const noise = Buffer.alloc(256 * 1024);
  for (let at = 0; at < noise.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise[at] = state >>> 24;
  }
  const photo = jpeg(8, 8);
  const page = pdf(Buffer.concat([ascii('4 0 obj\n<</Length 9>>\nstream\n'), noise, ascii('\nendstream\n')]));
  t.strictSame(cleanOf('application/pdf', page), page, 'packed pixels are not read as words');
  for (let length = 0; length < 400; length += 1) {
    for (const mediaType of mediaTypes) {
      for (const file of [pixel, photo, pdf(packed(ascii('8 0 <</Type/Page>>')))])
        cleanOf(mediaType, file.subarray(0, length));
      cleanOf(mediaType, Buffer.concat([photo.subarray(0, 40), noise.subarray(length, length + 300)]));
    }
  }
  t.end();
});
