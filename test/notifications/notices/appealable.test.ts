// The papers of acts that can be appealed against, read back: to whom, what was found, what was decided of each month,
// whom to appeal to, which earlier paper is void; and that a paper keeps the text of its day.

import t, { type Test } from 'tap';
import type { Notice } from '../../../src/notifications/notices/schemas.ts';
import { agencies, agencyOn } from '../../../src/platform/reference/agencies.ts';
import { type City, setup } from '../../helper.ts';
import {
  act as actOn,
  contradicted,
  heard,
  paidCase,
  refundOf,
} from '../../payments/recoveries/contradictions.ts';
import { wordsOf } from '../../pdf-words.ts';
import { held } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const street = 'street-360203007';
const measure = '依据《景德镇市灵活就业困难人员社保补贴业务操作办法（试行）》（景人社字〔2024〕139号）';
const remedy =
  '如不服本决定，可以自收到本告知书之日起60日内向景德镇市珠山区人民政府申请行政复议' +
  '（《中华人民共和国行政复议法》第二十条、第二十四条；地址和电话见该机关公告），' +
  '也可以自收到本告知书之日起6个月内依法向有管辖权的人民法院提起行政诉讼' +
  '（《中华人民共和国行政诉讼法》第四十六条；管辖法院见人民法院和本机关的公告）。';

async function noticeOf(city: City, { id }: Pick<Application, 'id'>, kind: string): Promise<Notice> {
  const query = { applicationId: id, kind };
  const { body } = await city.call<{ items: Notice[] }>(street, 'GET', '/v1/notices', { query, status: 200 });
  const notice = body.items.at(-1);
  if (notice === undefined) throw new Error(`a notice of ${kind} was issued`);
  return notice;
}

async function printed(city: City, { id }: Notice): Promise<Buffer> {
  const headers = { authorization: `Bearer ${await city.token(street)}` };
  return (await city.app.inject({ url: `/v1/notices/${id}/file`, headers })).rawPayload;
}

async function verified(city: City, { verificationCode }: Notice): Promise<object> {
  const url = `/v1/notice-verifications/${verificationCode}`;
  return (await city.call<object>(null, 'GET', url, { status: 200 })).body;
}

/** What stands on each of these papers. */
async function isComplete(t: Test, city: City, notice: Notice, words: readonly string[]): Promise<void> {
  const text = await wordsOf(await printed(city, notice));
  const everywhere = [
    `编号：${notice.number}`,
    notice.title,
    `申请人${notice.applicant.name}`,
    '户籍所在地景德镇市珠山区珠山街道',
    '住址（本案未登记，手写）',
    measure,
    remedy,
    '珠山区就业创业服务中心2025年7月5日',
    '盖章处',
    `验证码：${notice.verificationCode}`,
  ];
  for (const word of [...everywhere, ...words]) t.ok(text.includes(word), `${word} in ${text}`);
  strictMatch(t, await verified(city, notice), { number: notice.number, title: notice.title });
}

t.test('不予受理: the finding and article of each month, and the remedy', async (t) => {
  const city = await setup(t);
  const insured = await city.resident();
  await city.deliver([held('employer-insurance', insured, '2025-03-01')]);
  const application = await city.applied(insured);
  await city.act('handler-360203', application, 'non-acceptance');
  const notice = await noticeOf(city, application, 'non-acceptance');
  t.strictSame(
    notice.months,
    [4, 5, 6].map((month) => ({
      month: `2025-0${month}`,
      decision: 'not-accepted',
      amountFen: null,
      reason: `您2025年${month}月有用人单位参保记录（2025年3月1日起）。（第六条第5项）`,
    })),
  );
  await isComplete(t, city, notice, [
    '第五条第（三）项和下表所列条款，不予受理。',
    '2025年4月不予受理—您2025年4月有用人单位参保记录（2025年3月1日起）。（第六条第5项）',
  ]);
});

t.test('审核结果: what was granted for each month, and its amount', async (t) => {
  const city = await setup(t);
  const notice = await noticeOf(city, await city.approved(), 'decision');
  await isComplete(t, city, notice, [
    '审核通过3个月（2025年4月至6月），补贴金额1500元（人民币壹仟伍佰元整）。',
    '2025年4月通过500元省人社一体化系统2025年7月5日的记录显示，您以个人身份缴纳了2025年4月的职工养老保险费。',
  ]);
});

t.test('追回: amount, account, time limit and what follows when it is not given back', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  await actOn(city, 'handler-360203', suspected, 'confirmation', heard);
  await isComplete(t, city, await noticeOf(city, application, 'recovery'), [
    '第一条第（二）项、第四条和您签署的承诺书，决定追回。',
    '2025年4月追回500元您2025年4月的职工养老保险费已经退费，没有退费后重新缴纳的记录。',
    '收款户名：收款账号：开户银行：',
    '请自收到本告知书之日起30日内，将2025年4月的补贴500元（人民币伍佰元整）退回上列账户（由经办机构填写，盖章后有效）',
    '逾期没有全部退回的，该月仍计入您已享受的月数，也不能再次申请；经您书面同意，可以用您待发放的月份抵扣。',
    '可以依法申请人民法院强制执行（《中华人民共和国行政强制法》第五十三条）。',
  ]);
});

t.test(
  '撤销: the notice of an undone decision names the void one, and so does the next decision',
  async (t) => {
    const city = await setup(t);
    const application = await city.approved();
    const first = await noticeOf(city, application, 'decision');
    await city.call('second-reviewer-360203', 'POST', `/v1/applications/${application.id}/decision/undo`, {
      body: { reason: '登记数据有误' },
      ifMatch: application.version,
      status: 200,
    });
    const undone = await noticeOf(city, application, 'decision-undone');
    strictMatch(t, undone, {
      title: '撤销审核结果告知书',
      delivery: 'waiting',
      months: ['2025-04', '2025-05', '2025-06'].map((month) => ({
        month,
        decision: 'undone',
        amountFen: 50_000,
        reason: '原决定：通过。现重新审核。（第五条第（四）项）',
      })),
    });
    const citing = (title: string, { number }: Notice) => `2025年7月5日的《${title}》（编号${number}）`;
    await isComplete(t, city, undone, [
      '事由：登记数据有误。',
      `${citing('审核结果告知书', first)}自本告知书作出之日起不再有效。`,
    ]);
    await city.decided(await city.read(application));
    const second = await noticeOf(city, application, 'decision');
    await isComplete(t, city, second, [
      `${citing('审核结果告知书', first)}已由${citing('撤销审核结果告知书', undone)}撤销，不再有效，以本告知书为准。`,
    ]);
    const overruled = await Promise.all([first, undone, second].map((notice) => verified(city, notice)));
    strictMatch(t, overruled, [{ isOverruled: true }, { isOverruled: false }, { isOverruled: false }]);
  },
);

t.test('撤销追回: names the void notice of the recovery', async (t) => {
  const city = await setup(t);
  const { application } = await paidCase(city);
  const { body: opened } = await city.call<Parameters<typeof actOn>[2]>(
    'handler-360203',
    'POST',
    '/v1/recoveries',
    { body: { applicationId: application.id, month: '2025-05', grounds: '该月已由单位参保' }, status: 201 },
  );
  const { body: owed } = await actOn(city, 'reviewer-360203', opened, 'confirmation', heard);
  const demand = await noticeOf(city, application, 'recovery');
  await actOn(city, 'second-reviewer-360203', owed, 'reversal', { reason: '用人单位更正' });
  await isComplete(t, city, await noticeOf(city, application, 'recovery-reversed'), [
    `2025年7月5日的《追回告知书》（编号${demand.number}）自本告知书作出之日起不再有效`,
    '2025年5月撤销追回500元用人单位更正。',
  ]);
});

t.test('a paper keeps the text of its day when the reference data change later', async (t) => {
  const city = await setup(t);
  const now = agencyOn('360203', '2025-07-05');
  const account = { holder: '珠山区财政局', bank: '江西银行', number: '360203000000000001' };
  const later = {
    ...now,
    from: '2025-07-08',
    review: { ...now.review, name: '另一机关', address: '某路1号', telephone: '0798-0000000' },
    court: { ...now.court, name: '另一法院' },
    repayment: { ...now.repayment, account },
  };
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  await actOn(city, 'handler-360203', suspected, 'confirmation', heard);
  const old = await noticeOf(city, application, 'recovery');
  const before = await printed(city, old);
  const digest = await verified(city, old);

  agencies.set('360203', [now, later]);
  t.teardown(() => agencies.set('360203', [now]));
  city.clock.set('2025-07-08');
  t.ok((await printed(city, old)).equals(before), 'the same bytes');
  t.strictSame(await noticeOf(city, application, 'recovery'), old);
  t.strictSame(await verified(city, old), digest);

  const { body: opened } = await city.call<Parameters<typeof actOn>[2]>(
    'handler-360203',
    'POST',
    '/v1/recoveries',
    { body: { applicationId: application.id, month: '2025-05', grounds: '该月已由单位参保' }, status: 201 },
  );
  await actOn(city, 'reviewer-360203', opened, 'confirmation', heard);
  const text = await wordsOf(await printed(city, await noticeOf(city, application, 'recovery')));
  for (const word of [
    '向另一机关申请行政复议（《中华人民共和国行政复议法》第二十条、第二十四条；地址：某路1号，电话：0798-0000000）',
    '依法向另一法院提起行政诉讼',
    '退回下列账户：户名珠山区财政局，开户银行江西银行，账号360203000000000001。',
  ])
    t.ok(text.includes(word), word);
  t.notOk(text.includes('收款户名：'), 'and nothing is left to fill in');
});
