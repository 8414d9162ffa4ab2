// Notices to applicants: who delivers them, and their papers.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { extractText, getDocumentProxy } from 'unpdf';
import type { Notice } from '../../../src/notifications/notices/schemas.ts';
import { type Problem, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const city = await setup(t);
const { call, applied, accepted, approved, decided, deliver, resident, clock, act } = city;
const street = 'street-360203007';
const handler = 'handler-360203';

async function noticesOf(by: string, query: Record<string, string> = {}): Promise<Notice[]> {
  const { body } = await call<{ items: Notice[] }>(by, 'GET', '/v1/notices', { query, status: 200 });
  return body.items;
}

async function noticesOn(application: Pick<Application, 'id'>, by = street): Promise<Notice[]> {
  return await noticesOf(by, { applicationId: application.id });
}

async function lastOn(application: Pick<Application, 'id'>): Promise<Notice> {
  const notice = (await noticesOn(application)).at(-1);
  if (notice === undefined) throw new Error('a notice was issued');
  return notice;
}

async function print(notice: Notice, by = street) {
  const headers = { authorization: `Bearer ${await city.token(by)}` };
  return await city.app.inject({ url: `/v1/notices/${notice.id}/file`, headers });
}

/** The text of a paper without the blanks between lines and cells. */
async function textOf(paper: Buffer): Promise<{ text: string; pages: number }> {
  const document = await getDocumentProxy(new Uint8Array(paper));
  const { text, totalPages } = await extractText(document, { mergePages: true });
  return { text: text.replaceAll(/\s/g, ''), pages: totalPages };
}

t.test('each act that concerns the applicant issues a notice for their street', async (t) => {
  t.strictSame(
    (await noticesOn(await approved())).map(({ kind, number }) => [kind, number.slice(-3)]),
    [
      ['acceptance', '-01'],
      ['decision', '-02'],
    ],
  );
  const asked = await applied();
  await call(handler, 'POST', `/v1/applications/${asked.id}/correction-requests`, {
    body: { defects: [{ subject: 'work', problem: '从业地点不完整', remedy: '请填写到街道和门牌' }] },
    ifMatch: asked.version,
    status: 200,
  });
  const correction = await lastOn(asked);
  strictMatch(t, correction, {
    kind: 'correction',
    items: [{ subject: '灵活就业情况', problem: '从业地点不完整' }],
  });
  for (const stranger of ['street-360203001', 'handler-360202', 'platform-wujia2']) {
    t.strictSame(await noticesOn(asked, stranger), [], `${stranger} sees nothing of it`);
    t.equal((await print(correction, stranger)).statusCode, 404, `nor its paper`);
  }
  t.equal((await noticesOn(asked, 'platform-ganfutong')).length, 1, 'the platform that submitted it does');
});

t.test('a non-acceptance notice shows the record, its source and when it was learnt', async (t) => {
  const insured = await resident();
  await deliver([held('employer-insurance', insured, '2025-03-01')]);
  const application = await applied(insured);
  const declined = await act(handler, application, 'non-acceptance');
  strictMatch(t, declined, { state: 'not-accepted', timeLimit: null });
  t.strictSame(
    declined.months.map(({ state }) => state),
    ['refused', 'refused', 'refused'],
    'each may be claimed again',
  );
  const notice = await lastOn(application);
  t.equal(notice.kind, 'non-acceptance');
  t.strictSame(
    notice.evidence.map(({ month, checks }) => [month, checks.map(({ article }) => article)]),
    ['2025-04', '2025-05', '2025-06'].map((month) => [month, ['第六条第5项']]),
  );
  strictMatch(t, notice.evidence[0]?.checks[0]?.records, [
    { title: '用人单位参保', from: '2025-03-01', to: null, source: '省人社一体化系统' },
  ]);
  const paper = await print(notice);
  strictMatch(t, paper.headers, {
    'content-type': 'application/pdf',
    'content-disposition': `attachment; filename="${notice.number}.pdf"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  const { text } = await textOf(paper.rawPayload);
  const words = [
    '不予受理告知书',
    notice.number,
    notice.verificationCode,
    '比对情况说明',
    '第六条第5项',
    '用人单位参保：2025年3月1日起；省人社一体化系统，2025年7月5日取得。',
    '（条款指正文所引办法的条款）',
  ];
  for (const word of words) t.ok(text.includes(word), word);
  t.ok(text.includes(insured.name), 'to whom it is addressed');
  t.notOk(text.includes(insured.identityNumber), 'masked');
});

t.test('a notice counts the silence of a complete register as evidence, but not unknown data', async (t) => {
  const silent = await applied(city.nextResident({}));
  await act(handler, silent, 'non-acceptance');
  const { evidence } = await lastOn(silent);
  const registers = evidence.flatMap(({ checks }) => checks.flatMap((check) => check.registers));
  strictMatch(t, registers[0], { source: '省人社一体化系统', throughMonth: '2025-06' });

  const fine = await applied();
  const { body } = await call<Problem>(handler, 'POST', `/v1/applications/${fine.id}/non-acceptance`, {
    ifMatch: fine.version,
    status: 409,
  });
  t.equal(body.code, 'decline-not-supported');
  t.strictSame(
    body.errors.map(({ pointer, code }) => [pointer, code]),
    ['2025-04', '2025-05', '2025-06'].map((month) => [`/months/${month}`, 'payable']),
  );
  t.strictSame(await noticesOn(fine), [], 'and nothing was told');
});

t.test('a decision notice shows the amount of an approval and the reasons of a refusal', async (t) => {
  const one = await accepted();
  await decided(one);
  const { text, pages } = await textOf((await print(await lastOn(one), 'platform-ganfutong')).rawPayload);
  t.ok(text.includes('审核通过3个月（2025年4月至6月），补贴金额1500元'), text);
  t.ok(text.includes(`第1页，共${pages}页`));

  const listed = await resident();
  const two = await accepted(listed);
  await deliver([held('dishonesty', listed, '2025-07-01')]);
  await decided(two, 'refused');
  strictMatch(t, await lastOn(two), {
    kind: 'decision',
    evidence: ['2025-04', '2025-05', '2025-06'].map((month) => ({
      month,
      checks: [{ article: '第六条第7项' }],
    })),
  });
});

t.test('printing a notice twice gives the same paper, and each printing is audited', async (t) => {
  const notice = await lastOn(await accepted());
  const [once, again] = [await print(notice), await print(notice)];
  t.ok(once.rawPayload.equals(again.rawPayload));
  const { rows } = await city.db.pool.query(
    `select from audit_entry where target_id = $1 and operation = 'getNoticeFile'`,
    [notice.id],
  );
  t.equal(rows.length, 2);
});

t.test('the holder of a paper notice can verify it and learns nothing about the person', async (t) => {
  const notice = await lastOn(await accepted());
  const url = `/v1/notice-verifications/${notice.verificationCode.toLowerCase()}`;
  const { body } = await call<Record<string, string>>(null, 'GET', url, { status: 200 });
  t.strictSame(Object.keys(body).sort(), [
    'agency',
    'contentSha256',
    'isOverruled',
    'issuedOn',
    'kind',
    'number',
    'title',
  ]);
  strictMatch(t, body, {
    number: notice.number,
    kind: 'acceptance',
    issuedOn: '2025-07-05',
    isOverruled: false,
  });
  await call(null, 'GET', '/v1/notice-verifications/0000-0000-0000-0000', { status: 404 });
});

t.test('verifying the notice of an undone decision says that it was overruled', async (t) => {
  const one = await approved();
  const { verificationCode } = await lastOn(one);
  const isOverruled = async () => {
    const url = `/v1/notice-verifications/${verificationCode}`;
    return (await call<{ isOverruled: boolean }>(null, 'GET', url, { status: 200 })).body.isOverruled;
  };
  t.equal(await isOverruled(), false);
  const undo = { body: { reason: '登记数据有误' }, ifMatch: one.version, status: 200 };
  await call('second-reviewer-360203', 'POST', `/v1/applications/${one.id}/decision/undo`, undo);
  await delay(1_100);
  t.equal(await isOverruled(), true, 'within a second');
});

t.test('a street records each attempt to deliver a notice, and its county sees overdue ones', async (t) => {
  const notice = await lastOn(await accepted());
  t.strictSame([notice.delivery, notice.tellBy, notice.attempts], ['waiting', '2025-07-09', []]);
  const url = `/v1/notices/${notice.id}/deliveries`;
  const attempt = (outcome: string, ifMatch: number, attemptedAt = clock.now().toString()) => ({
    body: { method: 'phone', outcome, attemptedAt },
    ifMatch,
  });
  const first = await call<Notice>(street, 'POST', url, { ...attempt('no-answer', 1), status: 200 });
  strictMatch(t, first.body, { version: 2, delivery: 'waiting', attempts: [{ outcome: 'no-answer' }] });
  t.equal((await call(street, 'POST', url, attempt('told', 1))).status, 412);
  t.equal((await call(handler, 'POST', url, attempt('told', 2))).status, 403, 'the street tells');
  t.equal((await call('street-360203001', 'POST', url, attempt('told', 2))).status, 404);
  const early = await call<Problem>(street, 'POST', url, attempt('told', 2, '2025-07-04T00:00:00Z'));
  strictMatch(t, early.body.errors, [{ pointer: '/body/attemptedAt', code: 'before-issue' }]);

  clock.set('2025-07-10');
  const isOverdue = async () => {
    const late = await noticesOf(handler, { delivery: 'overdue', limit: '200' });
    return late.some(({ id }) => id === notice.id);
  };
  t.ok(await isOverdue());
  const told = await call<Notice>(street, 'POST', url, { ...attempt('told', 2), status: 200 });
  strictMatch(t, told.body, {
    delivery: 'told',
    attempts: [{ attempt: 1 }, { attempt: 2, outcome: 'told' }],
  });
  t.notOk(await isOverdue());
  t.equal((await call(street, 'POST', url, attempt('told', 3))).status, 409, 'told is told');
});

t.test(
  'adding a year to the calendar recomputes the deadlines of undelivered notices, and of no others',
  async (t) => {
    const one = await setup(t);
    one.clock.set('2026-12-30');
    const issue = async () => {
      const { id } = await one.accepted();
      const query = { applicationId: id };
      const { body } = await one.call<{ items: Notice[] }>(street, 'GET', '/v1/notices', {
        query,
        status: 200,
      });
      const [notice] = body.items;
      if (notice === undefined) throw new Error('a notice was issued');
      return notice;
    };
    const [waiting, told] = [await issue(), await issue()];
    strictMatch(t, waiting, { version: 1, tellBy: '2027-01-04', unannouncedYears: [2027] });
    t.match(waiting.paragraphs[1], /2027年1月27日前完成（2027年放假安排尚未录入，日期可能变动）。/);
    await one.call(street, 'POST', `/v1/notices/${told.id}/deliveries`, {
      body: { method: 'phone', outcome: 'told' },
      ifMatch: 1,
      status: 200,
    });
    const days = ['2027-01-01', '2027-01-02', '2027-01-03', '2027-01-04'];
    const off = days.map((day) => ({ day, name: '元旦' }));
    const body = { year: 2027, announcement: 'https://www.gov.cn/zhengce/', off, work: [] };
    await one.call('administrator', 'POST', '/v1/calendar-years', { body, status: 201 });
    await one.work();
    const { body: after } = await one.call<{ items: Notice[] }>(street, 'GET', '/v1/notices', {
      status: 200,
    });
    t.strictSame(
      after.items.map(({ id, version, tellBy, unannouncedYears }) => [id, version, tellBy, unannouncedYears]),
      [
        [waiting.id, 2, '2027-01-06', []],
        [told.id, 2, '2027-01-04', []],
      ],
    );
  },
);

t.test('a notice is never overwritten', async (t) => {
  await t.rejects(city.db.pool.query(`update notice set content = '{}'`), /never rewritten/);
  await t.rejects(city.db.pool.query('delete from notice_delivery'), /append-only/);
});
