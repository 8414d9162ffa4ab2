// Printed documents of payments: rosters that streets sign, the fund request, and the list of unanswered rosters.

import { readSheet } from 'read-excel-file/node';
import t from 'tap';
import type { Static } from 'typebox';
import { extractText, getDocumentProxy } from 'unpdf';
import { printRoster } from '../../src/payments/rosters/roster-paper.ts';
import type { RosterSummary } from '../../src/payments/rosters/schemas.ts';
import { type City, setup } from '../helper.ts';
import { contribution } from '../registers/residents.ts';
import type { DisbursementAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';
import { act, contradicted, heard, refundOf } from './recoveries/contradictions.ts';

type Summary = Static<typeof RosterSummary>;

async function file(city: City, by: string, url: string) {
  const answer = await city.app.inject({ url, headers: { authorization: `Bearer ${await city.token(by)}` } });
  return { status: answer.statusCode, headers: answer.headers, content: answer.rawPayload };
}

/** The text of each page without the whitespace that lines and cells insert. */
async function pagesOf(paper: Buffer): Promise<string[]> {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(paper)));
  return text.map((page) => page.replaceAll(/\s/g, ''));
}

async function gathered(city: City): Promise<DisbursementAnswer> {
  return (await city.call<DisbursementAnswer>('payer-360203', 'POST', '/v1/disbursements', { status: 201 }))
    .body;
}

function rosterUrl({ id }: DisbursementAnswer, street = '360203007'): string {
  return `/v1/disbursements/${id}/rosters/${street}`;
}

async function printed(city: City, operation: string): Promise<number> {
  const { rows } = await city.db.pool.query('select from audit_entry where operation = $1', [operation]);
  return rows.length;
}

t.test(
  'a printed roster matches the API: numbered, numbers masked, with the sum in figures and capitals, to be signed',
  async (t) => {
    const city = await setup(t);
    const [first, second] = [await city.resident(), await city.resident()];
    await city.approved(first);
    await city.approved(second, { months: ['2025-04', '2025-06'] });
    const made = await gathered(city);
    const street = 'street-360203007';
    const lines = await city.linesOf(made);
    await city.call(street, 'POST', `${rosterUrl(made)}/verification`, {
      body: { held: [{ lineId: lines[1]?.lineId, reason: '=户籍有疑问' }] },
      ifMatch: made.version,
      status: 200,
    });
    const paper = await file(city, street, `${rosterUrl(made)}/file?format=pdf`);
    const number = `${made.number}-360203007`;
    strictMatch(t, paper, {
      status: 200,
      headers: {
        'content-type': 'application/pdf',
        'content-disposition': `attachment; filename="${number}.pdf"`,
        'cache-control': 'no-store',
      },
    });
    const [text = '', ...more] = await pagesOf(paper.content);
    t.strictSame(more, []);
    const words = [
      '社会保险补贴发放花名册',
      `编号：${number}`,
      '珠山街道',
      '已于2025年7月5日由珠山街道窗口人员（street-360203007）核对签字',
      ...lines.map(({ caseNumber }) => caseNumber),
      '2025年4月至6月',
      '2025年4月、6月',
      '暂缓：=户籍有疑问',
      '合计1笔',
      '人民币壹仟伍佰元整',
      '¥1,500.00',
      '制表：',
      '审核：',
      '街道（乡镇）签章：',
      '第1页，共1页',
    ];
    for (const word of words) t.ok(text.includes(word), word);
    for (const { identityNumber, name, account } of [first, second]) {
      t.ok(text.includes(name), 'by whose names the street verifies it');
      for (const secret of [identityNumber, account]) t.notOk(text.includes(secret), 'masked');
    }

    const workbook = await file(city, 'payer-360203', `${rosterUrl(made)}/file?format=xlsx`);
    strictMatch(t, workbook.headers, { 'content-disposition': `attachment; filename="${number}.xlsx"` });
    const rows = await readSheet(workbook.content);
    t.strictSame(rows[4], [
      '序号',
      '受理编号',
      '姓名',
      '身份证号',
      '收款账号',
      '补贴月份',
      '月数',
      '金额（元）',
      '状态和说明',
    ]);
    t.strictSame(
      rows.slice(5).map((row) => [row[0], row[1], row[6], row[7], row[8]]),
      [
        [1, lines[0]?.caseNumber, 3, 1500, null],
        [2, lines[1]?.caseNumber, 2, 1000, '暂缓：=户籍有疑问'],
        ['合计', '1 笔', 3, 1500, null],
      ],
    );
    t.match(rows[5]?.[3], /^\d\*{16}[\dX]$/, 'a masked number is text');
    t.equal(await printed(city, 'getRosterFile'), 2, 'each copy leaves a trace');

    t.equal((await file(city, 'street-360203001', `${rosterUrl(made)}/file?format=pdf`)).status, 404);
    t.equal((await file(city, 'payer-360202', `${rosterUrl(made)}/file?format=pdf`)).status, 404);
    t.equal((await file(city, 'payer-360203', `${rosterUrl(made)}/file?format=docx`)).status, 400);
    t.equal((await file(city, 'payer-360203', `${rosterUrl(made)}/file`)).status, 400);
  },
);

t.test('a printed roster shows the street who owes what', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const paid = await city.approved(resident, { months: ['2025-04'] });
  await city.settled(await city.inPayment());
  const suspected = await contradicted(city, paid.id, [refundOf(resident)]);
  await act(city, 'handler-360203', suspected, 'confirmation', heard);
  await city.approved(resident, { months: ['2025-06'] });
  const made = await gathered(city);
  const paper = await file(city, 'street-360203007', `${rosterUrl(made)}/file?format=pdf`);
  const [text = ''] = await pagesOf(paper.content);
  t.ok(text.includes('有应退未退的补贴500元'));
  const workbook = await file(city, 'street-360203007', `${rosterUrl(made)}/file?format=xlsx`);
  const rows = await readSheet(workbook.content);
  t.equal(rows[5]?.[8], '有应退未退的补贴500元');
});

t.test(
  'the county sees which streets have not answered and for how long, a street what it has to answer',
  async (t) => {
    const city = await setup(t);
    await city.approved();
    await city.approved(await city.resident({ street: '360203001' }));
    const made = await gathered(city);
    const rosters = async (by: string, query: Record<string, string> = {}) =>
      (
        await city.call<{ items: Summary[]; next: string | null }>(by, 'GET', '/v1/rosters', {
          query,
          status: 200,
        })
      ).body;
    const waiting = { answer: 'waiting' };
    city.clock.set('2025-07-10');
    strictMatch(t, (await rosters('payer-360203', waiting)).items, [
      { streetCode: '360203001', lineCount: 1, amountFen: 150_000, verifiedAt: null, waitingDays: 4 },
      { streetCode: '360203007', number: `${made.number}-360203007`, waitingDays: 4 },
    ]);
    strictMatch(t, (await rosters('street-360203001', waiting)).items, [{ streetCode: '360203001' }]);
    t.strictSame((await rosters('payer-360202')).items, [], 'another county sees nothing of it');

    await city.call('street-360203001', 'POST', `${rosterUrl(made, '360203001')}/verification`, {
      body: {},
      ifMatch: made.version,
      status: 200,
    });
    strictMatch(t, (await rosters('handler-360203', waiting)).items, [{ streetCode: '360203007' }]);
    strictMatch(t, (await rosters('auditor', { answer: 'signed' })).items, [
      { streetCode: '360203001', waitingDays: null },
    ]);

    const one = await rosters('payer-360203', { limit: '1' });
    const other = await rosters('payer-360203', { limit: '1', after: one.next ?? '' });
    t.strictSame(
      [one, other].flatMap(({ items }) => items.map(({ streetCode }) => streetCode)),
      ['360203001', '360203007'],
      'in pages',
    );
    await city.call('payer-360203', 'POST', `/v1/disbursements/${made.id}/cancellation`, {
      body: { reason: '名单有误' },
      ifMatch: made.version,
      status: 200,
    });
    t.strictSame((await rosters('payer-360203', waiting)).items, [], 'a cancelled run waits for nobody');
  },
);

t.test('the printed fund request shows the frozen request, and is the same years later', async (t) => {
  const city = await setup(t);
  const contradicted = await city.resident();
  await city.approved(contradicted);
  await city.approved(await city.resident({ street: '360203001' }), { months: ['2025-05'] });
  const verified = await city.verified();
  const url = `/v1/disbursements/${verified.id}/fund-request/file`;
  strictMatch(t, await city.call('payer-360203', 'GET', url), {
    status: 409,
    body: { code: 'state-conflict' },
  });
  const requested = await city.moneyAct('payer-360203', verified, 'fund-request');
  strictMatch(t, requested.fundRequest, {
    number: `${verified.number}-ZJ`,
    lineCount: 2,
    amountFen: 200_000,
    parts: [
      { streetCode: '360203001', quarter: '2025Q2', personCount: 1, monthCount: 1, amountFen: 50_000 },
      { streetCode: '360203007', quarter: '2025Q2', personCount: 1, monthCount: 3, amountFen: 150_000 },
    ],
  });
  const ofStreet = await city.call<DisbursementAnswer>(
    'street-360203001',
    'GET',
    `/v1/disbursements/${verified.id}`,
  );
  t.strictSame(
    ofStreet.body.fundRequest?.parts.map(({ streetCode }) => streetCode),
    ['360203001'],
    'a street sees its own parts alone',
  );
  const paper = await file(city, 'finance-360203', url);
  t.equal(paper.status, 200);
  const [text = ''] = await pagesOf(paper.content);
  const words = [
    '灵活就业困难人员社保补贴资金拨付申请表',
    `编号：${verified.number}-ZJ`,
    '景人社字〔2024〕139号',
    '共2人4个月',
    '（大写）人民币贰仟元整',
    '（小写）¥2,000.00',
    '2025年第2季度',
    '合计242,000.00',
    '制表：',
    '审核：',
    '单位负责人（签章）：',
    '珠山区财政局：',
    '珠山区财政局审核意见（签章）：',
    '根据《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》（景人社字〔2024〕139号）',
  ];
  for (const word of words) t.ok(text.includes(word), word);

  // A month of it is recovered afterwards: the line leaves, the request stays.
  await city.deliver([contribution(contradicted, '2025-04', { version: 2, refunded: true })]);
  await city.work();
  const [recovery] = await city.recoveries('suspected');
  await city.call('handler-360203', 'POST', `/v1/recoveries/${recovery?.id}/confirmation`, {
    body: { heardOn: '2025-07-05', heardHow: 'phone' },
    ifMatch: recovery?.version ?? 1,
    status: 200,
  });
  city.clock.set('2027-01-04');
  t.ok((await file(city, 'auditor', url)).content.equals(paper.content), 'the very same paper');
  await t.rejects(city.db.pool.query('delete from fund_request_part'), /append-only/);
  for (const by of ['payer-360202', 'finance-360281']) t.equal((await file(city, by, url)).status, 404);
  t.equal((await file(city, 'street-360203007', url)).status, 403);
  t.equal(await printed(city, 'getFundRequestFile'), 2);
});

t.test('a printed roster says on which day the account or the name of a line was changed', async (t) => {
  const line = {
    lineId: 'line',
    caseNumber: 'JDZ25-0000001-4',
    name: '李**',
    identityNumber: '3****************5',
    account: '6*****************9',
    months: ['2025-04'],
    amountFen: 50_000,
    state: 'waiting' as const,
    failure: null,
    holdReason: null,
    releaseCause: null,
    replacesLineId: null,
    accountChangedAt: '2025-07-05T17:00:00Z',
    nameChangedAt: '2025-07-05T02:00:00Z',
    heir: null,
    flags: [],
  };
  const roster = {
    number: 'FF25-00002-360203007',
    streetName: '珠山街道',
    agencyName: '珠山区就业创业服务中心',
    lineCount: 1,
    amountFen: 50_000,
    verifiedAt: '2025-07-04T02:00:00Z',
    verifiedBy: { account: 'https://sso.example|zs-04', name: '李秀兰' },
    lines: [line],
  };
  const [page] = await pagesOf(await printRoster({ roster, asOf: '2025-07-06T02:00:00Z' }));
  t.match(
    page,
    /已于2025年7月4日由李秀兰（zs-04）核对签字.*收款账户已于2025年7月6日更正；姓名已于2025年7月5日更正/,
  );
});

t.test('a long printed roster has many pages, each with header and number, and loses no line', async (t) => {
  const lines = Array.from({ length: 500 }, (_, at) => ({
    lineId: `line-${at}`,
    caseNumber: `JDZ25-${String(at).padStart(7, '0')}-4`,
    name: '欧**',
    identityNumber: '3****************5',
    account: '6*****************6',
    months: ['2025-04', '2025-05', '2025-06'],
    amountFen: 150_000,
    state: 'waiting' as const,
    failure: null,
    holdReason: null,
    releaseCause: null,
    replacesLineId: null,
    accountChangedAt: null,
    nameChangedAt: null,
    heir: null,
    flags: [],
  }));
  const roster = {
    number: 'FF25-00002-360203007',
    streetName: '珠山街道',
    agencyName: '珠山区就业创业服务中心',
    lineCount: 500,
    amountFen: 75_000_000,
    verifiedAt: null,
    verifiedBy: null,
    lines,
  };
  const pages = await pagesOf(await printRoster({ roster, asOf: '2025-07-05T02:00:00Z' }));
  t.ok(pages.length >= 20 && pages.length <= 40, `${pages.length} pages`);
  for (const [at, page] of pages.entries()) {
    t.ok(page.includes(`第${at + 1}页，共${pages.length}页`), 'numbered');
    if (page.includes('JDZ25-')) t.ok(page.includes('受理编号'), 'with the head');
  }
  const text = pages.join('');
  t.ok(lines.every(({ caseNumber }) => text.includes(caseNumber)));
  t.match(
    pages.at(-1),
    /JDZ25-0000499-4.*合计500笔1500750,000\.00.*人民币柒拾伍万元整.*签章/,
    'total and signatures stay with the last line',
  );
});
