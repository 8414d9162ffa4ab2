// Pictures of identity papers: shown without a purpose to officers working on the case, to others as a reveal with a
// purpose and within its limits; each picture is marked with who viewed it.

import { arrayBuffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import PDFDocument from 'pdfkit';
import t from 'tap';
import { extractText, getDocumentProxy } from 'unpdf';
import { revealsPerDay, revealsPerHour } from '../../../src/registers/reveals/limits.ts';
import { materialForm, pixel } from '../../applications/material-form.ts';
import { type Problem, setup } from '../../helper.ts';
import { wordsOf } from '../../pdf-words.ts';
import { strictMatch } from '../../strict-match.ts';

const city = await setup(t);
const { call, clock, db } = city;

async function withCard() {
  const drafted = await city.drafted(await city.resident());
  const supplied = await city.supplied(drafted, 'identity-card', 'contribution-proof');
  const submitted = await city.act('platform-ganfutong', supplied, 'submission');
  const urlOf = (kind: string) => {
    const material = submitted.materials.find((one) => one.kind === kind);
    return `/v1/applications/${submitted.id}/materials/${material?.id}/file`;
  };
  return { submitted, card: urlOf('identity-card'), proof: urlOf('contribution-proof') };
}

t.test('officers on a case see the identity card without a purpose, others must state one', async (t) => {
  const { submitted, card, proof } = await withCard();
  const look = (by: string, query: Record<string, string> = {}) => call<Problem>(by, 'GET', card, { query });
  t.equal((await look('handler-360203')).status, 200);
  t.equal((await look('street-360203007')).status, 200);
  t.equal((await look('platform-ganfutong')).status, 200, 'it supplied it');
  const early = await look('reviewer-360203');
  strictMatch(t, early, { status: 400, body: { errors: [{ pointer: '/query/purpose', code: 'required' }] } });
  await call('reviewer-360203', 'GET', proof, { status: 200 });
  t.equal((await look('reviewer-360203', { purpose: 'verify-identity' })).status, 200);
  t.equal((await look('reviewer-360203', { purpose: '好奇' })).status, 400);
  const accepted = await city.act('handler-360203', submitted, 'acceptance');
  t.equal((await look('reviewer-360203')).status, 200, 'now it is the reviewer’s');
  t.equal((await look('street-360203007')).status, 400);
  await city.decided(accepted);
  for (const by of ['handler-360203', 'reviewer-360203', 'street-360203007'])
    t.equal((await look(by)).status, 400, `${by}, once it is decided`);
  const { rows } = await db.pool.query<{ purpose: string | null }>(
    `select change ->> 'purpose' as purpose from audit_entry where operation = 'getMaterialFile'
     and actor like '%|reviewer-360203' and change ->> 'kind' = 'identity-card' order by entry_id`,
  );
  t.strictSame(
    rows.map(({ purpose }) => purpose),
    ['verify-identity', null],
  );
});

t.test('identity pictures and reveals share their limits per hour and per day', async (t) => {
  const { submitted, card } = await withCard();
  await city.decided(await city.act('handler-360203', submitted, 'acceptance'));
  const asCurious = () => city.tokenOf({ subject: 'curious', role: 'handler', agency: '360203' });
  const query = { purpose: 'verify-identity' };
  const look = async () => await call<Problem>(await asCurious(), 'GET', card, { query });
  const reveal = async () =>
    await call<Problem>(await asCurious(), 'POST', `/v1/people/${submitted.personId}/reveals`, {
      body: { fields: ['phone'], purpose: 'contact-applicant' },
      key: null,
    });
  for (let hour = 0; hour * revealsPerHour < revealsPerDay; hour += 1) {
    clock.set(`2025-07-06T0${hour}:00:00Z`);
    for (let count = 1; count < revealsPerHour; count += 1) t.equal((await reveal()).status, 200);
    t.equal((await look()).status, 200);
    if ((hour + 1) * revealsPerHour === revealsPerDay) break;
    strictMatch(t, await look(), { status: 429, headers: { 'retry-after': '3600' } }, 'the hour is full');
    t.equal((await reveal()).status, 429);
  }
  clock.set('2025-07-06T09:00:00Z');
  const full = await look();
  strictMatch(t, full, { status: 429, body: { code: 'too-many-requests' } });
  t.equal(full.headers['retry-after'], String(15 * 3_600), 'until the first of the day is a day old');
  clock.set('2025-07-07T00:00:00Z');
  t.equal((await look()).status, 200);
});

/** A PDF of two pages, like a scan. */
async function scan(options: { readonly userPassword?: string } = {}) {
  const doc = new PDFDocument({ ...options, size: 'A4' });
  doc.addPage({ size: 'A5' }).end();
  return Buffer.from(await arrayBuffer(doc));
}

t.test('an identity paper is shown with the viewer and the time across every page', async (t) => {
  clock.set('2025-07-08T16:12:40Z');
  const { id } = await city.drafted(await city.resident());
  const urlOf = async (kind: string, content = pixel) => {
    const url = `/v1/applications/${id}/materials`;
    const form = materialForm(kind, content);
    const { body } = await call<{ id: string }>('platform-ganfutong', 'POST', url, { ...form, status: 201 });
    return `${url}/${body.id}/file`;
  };
  const look = async (by: string, url: string) => {
    const headers = { authorization: `Bearer ${await city.token(by)}` };
    return await city.app.inject({ url: `${url}?purpose=verify-identity`, headers });
  };
  for (const kind of ['identity-card', 'household-booklet']) {
    const url = await urlOf(kind);
    const officers = [
      ['handler-360203', '珠山区就业创业服务中心'],
      ['street-360203007', '珠山街道'],
    ] as const;
    for (const [officer, agency] of officers) {
      const page = await look(officer, url);
      strictMatch(t, page, { statusCode: 200, headers: { 'content-type': 'application/pdf' } });
      t.match(page.headers['content-disposition'], /^attachment; filename="[-0-9a-f]{36}\.pdf"$/);
      const words = await wordsOf(page.rawPayload);
      // The edges of the page cut some lines.
      for (const part of ['仅供本案办理2025年7月9日00:12', agency, `人员（${officer}）`]) {
        const stamps = words.split(part).length - 1;
        t.ok(stamps > 5, `${part}: ${stamps} times across the page`);
      }
    }
    const own = await look('platform-ganfutong', url);
    t.equal(own.headers['content-type'], 'image/png');
    t.ok(own.rawPayload.equals(pixel), 'whoever supplied it gets its bytes');
  }
  const twoPages = await scan();
  const card = await urlOf('identity-card', twoPages);
  const paper = (await look('handler-360203', card)).rawPayload;
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(paper)), { mergePages: false });
  t.equal(text.length, 2);
  for (const words of text) {
    const stamps = words.replaceAll(/\s/g, '').split('经办人员（handler-360203）').length - 1;
    t.ok(stamps > 5, `${stamps} times on each page of a PDF`);
  }
  t.ok((await look('platform-ganfutong', card)).rawPayload.equals(twoPages), 'the platform gets its bytes');
  const proof = await urlOf('contribution-proof');
  t.ok(
    (await look('handler-360203', proof)).rawPayload.equals(pixel),
    'no identity paper: as it was supplied',
  );
  const { rows } = await db.pool.query<{ trace: string }>(
    `select concat_ws(' ', split_part(actor, '|', 2), change ->> 'kind', change ->> 'watermarked') as trace
     from audit_entry where operation = 'getMaterialFile' and change ->> 'applicationId' = $1 order by entry_id`,
    [id],
  );
  t.strictSame(
    rows.map(({ trace }) => trace),
    [
      ...['identity-card', 'household-booklet'].flatMap((kind) => [
        `handler-360203 ${kind} true`,
        `street-360203007 ${kind} true`,
        `platform-ganfutong ${kind} false`,
      ]),
      'handler-360203 identity-card true',
      'platform-ganfutong identity-card false',
      'handler-360203 contribution-proof false',
    ],
  );
});

/** Declares a hundred million pixels with an alpha channel; the data are those of one pixel. */
function unstampablePng(): Buffer {
  const png = Buffer.from(pixel);
  png.writeUInt32BE(10_000, 16);
  png.writeUInt32BE(10_000, 20);
  png[25] = 6; // colour type with alpha channel
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

t.test('an identity paper that could not be shown with its mark is refused on upload', async (t) => {
  const { id } = await city.drafted(await city.resident());
  const add = async (kind: string, content: Buffer) => {
    const form = materialForm(kind, content);
    return await call<Problem>('platform-ganfutong', 'POST', `/v1/applications/${id}/materials`, form);
  };
  const files: Record<string, Buffer> = {
    'a PNG that cannot be unpacked': unstampablePng(),
    'an encrypted PDF': await scan({ userPassword: 'secret' }),
    'a PDF without pages': Buffer.from('%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n%%EOF\n'),
  };
  for (const [what, content] of Object.entries(files)) {
    for (const kind of ['identity-card', 'household-booklet']) {
      const { status, body } = await add(kind, content);
      t.strictSame([status, body.code], [422, 'file-too-complex'], `${what}: ${kind}`);
      t.equal(body.detail, '文件过大、已加密或格式特殊，工作人员无法查看。请重新拍照，以 JPEG 格式上传。');
    }
    t.equal((await add('contribution-proof', content)).status, 201, `${what}: shown as it is`);
  }
});
