// Printed notices of a recovery: that a month must be given back, and that the recovery was wrong.

import t from 'tap';
import { extractText, getDocumentProxy } from 'unpdf';
import type { Notice } from '../../../src/notifications/notices/schemas.ts';
import { setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import type { Application, RecoveryAnswer } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { act, contradicted, heard, paidCase, refundOf } from './contradictions.ts';

t.test('a confirmed recovery issues a numbered notice with street and reasons, and an event', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const noticesOf = async (by: string) => {
    const query = { kind: 'recovery', applicationId: application.id };
    return (await city.call<{ items: Notice[] }>(by, 'GET', '/v1/notices', { query, status: 200 })).body
      .items;
  };
  t.strictSame(await noticesOf('street-360203007'), [], 'a suspicion is told to nobody on paper');
  await act(city, 'handler-360203', suspected, 'confirmation', heard);
  const [notice, ...others] = await noticesOf('street-360203007');
  if (notice === undefined || others.length > 0) throw new Error('one confirmation issues one notice');
  strictMatch(t, notice, {
    number: `${application.caseNumber}-03`,
    title: '追回告知书',
    delivery: 'waiting',
    tellBy: '2025-07-09',
    evidence: [
      {
        month: '2025-04',
        checks: [
          {
            article: '第一条第（二）项、第四条',
            title: '以个人身份缴费',
            records: [{ title: '社会保险缴费' }],
          },
        ],
      },
    ],
  });
  t.equal((await noticesOf('platform-ganfutong')).length, 1, 'the platform that submitted the case sees it');
  t.strictSame(await noticesOf('platform-wujia2'), [], 'another does not');
  const url = `/v1/notices/${notice.id}`;
  const headers = { authorization: `Bearer ${await city.token('street-360203007')}` };
  const paper = await city.app.inject({ url: `${url}/file`, headers });
  const { text: words } = await extractText(await getDocumentProxy(new Uint8Array(paper.rawPayload)), {
    mergePages: true,
  });
  const text = words.replaceAll(/\s/g, '');
  for (const word of [
    '追回告知书',
    notice.number,
    notice.verificationCode,
    '2025年4月补贴500元，经核实应予追回',
    '已于2025年7月5日当面听取您的说明',
    '请自收到本告知书之日起30日内，将2025年4月的补贴500元（人民币伍佰元整）退回',
    '事由：经比对，您2025年4月的职工养老保险费已经退费，没有退费后重新缴纳的记录。详见所附比对情况说明。',
    '省人社一体化系统，2025年7月5日取得',
  ])
    t.ok(text.includes(word), word);
  t.ok(text.includes(resident.name), 'to whom it is addressed');
  t.notOk(text.includes(resident.identityNumber), 'masked');
  const verification = `/v1/notice-verifications/${notice.verificationCode}`;
  strictMatch(t, await city.call(null, 'GET', verification, { status: 200 }), {
    body: { kind: 'recovery' },
  });
  await city.call('street-360203007', 'POST', `${url}/deliveries`, {
    body: { method: 'phone', outcome: 'told' },
    ifMatch: 1,
    status: 200,
  });
  const events = await city.call('platform-ganfutong', 'GET', '/v1/events', {
    query: { type: 'recovery-confirmed' },
    status: 200,
  });
  strictMatch(t, events.body, {
    items: [
      {
        caseNumber: application.caseNumber,
        content: { months: [{ month: '2025-04', state: 'recovered' }], amountFen: 50_000 },
      },
    ],
  });
});

t.test('a recovery notice states what was found, and not the rule', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const insured = held('employer-insurance', resident, '2025-04-01', '2025-04-30');
  const suspected = await contradicted(city, application.id, [insured]);
  await act(city, 'handler-360203', suspected, 'confirmation', heard);
  const { body } = await city.call<{ items: Notice[] }>('street-360203007', 'GET', '/v1/notices', {
    query: { kind: 'recovery', applicationId: application.id },
    status: 200,
  });
  const [notice] = body.items;
  const found = '您2025年4月有用人单位参保记录（2025年4月1日至30日）。';
  t.equal(
    notice?.paragraphs[0],
    `您的申请（受理编号${application.caseNumber}）已核定的2025年4月补贴500元，经核实应予追回。` +
      `事由：经比对，${found}详见所附比对情况说明。`,
  );
  t.equal(notice?.closing[2], '全部退回后，该月不再计入您已享受的月数；如该月符合条件，可以再申请一次。');
  t.strictSame(
    notice?.evidence.flatMap(({ checks }) => checks.map(({ explanation }) => explanation)),
    [found],
  );
});

t.test(
  'a recovery notice for an unpaid month states that nothing is owed, and the officer’s grounds',
  async (t) => {
    const city = await setup(t);
    const application = await city.approved();
    const opened = await city.call<RecoveryAnswer>('handler-360203', 'POST', '/v1/recoveries', {
      body: { applicationId: application.id, month: '2025-05', grounds: '与用人单位核实，该月已由单位参保' },
      status: 201,
    });
    await act(city, 'reviewer-360203', opened.body, 'confirmation', { ...heard, heardHow: 'written' });
    const { body } = await city.call<{ items: Notice[] }>('street-360203007', 'GET', '/v1/notices', {
      query: { kind: 'recovery' },
      status: 200,
    });
    const [notice] = body.items;
    const paragraphs = [...(notice?.paragraphs ?? []), ...(notice?.closing ?? [])].join('');
    t.match(paragraphs, /事由：工作人员发现：与用人单位核实，该月已由单位参保/);
    t.match(paragraphs, /以书面方式听取.*尚未发放，不再发放，您无需退回资金/);
    t.strictSame(body.items[0]?.evidence, []);
  },
);

t.test('a reversed recovery issues a second notice, and the first verifies as overruled', async (t) => {
  const city = await setup(t);
  const noticesOf = async ({ id }: Application, kind: string) => {
    const query = { kind, applicationId: id };
    return (
      await city.call<{ items: Notice[] }>('street-360203007', 'GET', '/v1/notices', { query, status: 200 })
    ).body.items;
  };
  const isOverruled = async ({ verificationCode }: Notice) =>
    (
      await city.call<{ isOverruled: boolean }>(null, 'GET', `/v1/notice-verifications/${verificationCode}`, {
        status: 200,
      })
    ).body.isOverruled;

  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const { body: confirmed } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  const { body: repaid } = await act(city, 'payer-360203', confirmed, 'repayments', {
    amountFen: 50_000,
    reference: '退-1',
    receivedOn: '2025-07-05',
  });
  const [demand] = await noticesOf(application, 'recovery');
  if (demand === undefined) throw new Error('the confirmation was told');
  const { body: ofMay } = await city.call<RecoveryAnswer>('handler-360203', 'POST', '/v1/recoveries', {
    body: { applicationId: application.id, month: '2025-05', grounds: '与用人单位核实，该月已由单位参保' },
    status: 201,
  });
  await act(city, 'reviewer-360203', ofMay, 'confirmation', heard);
  const inMay = (await noticesOf(application, 'recovery')).find(({ id }) => id !== demand.id);
  if (inMay === undefined) throw new Error('each month is told by itself');
  t.equal(await isOverruled(demand), false);
  await act(city, 'reviewer-360203', repaid, 'reversal', {
    reason: '登记机关更正：该月缴费并未退费',
    refund: { amountFen: 50_000, reference: '付-1', refundedOn: '2025-07-05' },
  });
  const [withdrawal, ...others] = await noticesOf(application, 'recovery-reversed');
  if (withdrawal === undefined || others.length > 0) throw new Error('one reversal issues one notice');
  strictMatch(t, withdrawal, { title: '撤销追回告知书', delivery: 'waiting' });
  t.strictSame(withdrawal.evidence, []);
  const words = withdrawal.paragraphs.join('');
  t.match(words, /2025年4月补贴500元的追回.*予以撤销。事由：登记机关更正：该月缴费并未退费。/);
  t.match(words, /已退回的500元（人民币伍佰元整）已于2025年7月5日如数退还.*付-1/);
  t.match(words, /该月重新计入您已享受的月数/);
  t.equal(await isOverruled(demand), true, 'the demand is no longer good');
  t.equal(await isOverruled(inMay), false, 'that of another month still is');
  t.equal(await isOverruled(withdrawal), false);

  const { application: another } = await paidCase(city);
  const { body: opened } = await city.call<RecoveryAnswer>('handler-360203', 'POST', '/v1/recoveries', {
    body: { applicationId: another.id, month: '2025-05', grounds: '与用人单位核实，该月已由单位参保' },
    status: 201,
  });
  const { body: owed } = await act(city, 'reviewer-360203', opened, 'confirmation', heard);
  await act(city, 'second-reviewer-360203', owed, 'reversal', { reason: '用人单位更正' });
  const [kept] = await noticesOf(another, 'recovery-reversed');
  t.match(kept?.paragraphs.join(''), /您无需再退回该月补贴/);

  const unpaid = await city.approved();
  const { body: doubted } = await city.call<RecoveryAnswer>('handler-360203', 'POST', '/v1/recoveries', {
    body: { applicationId: unpaid.id, month: '2025-06', grounds: '与用人单位核实，该月已由单位参保' },
    status: 201,
  });
  const { body: stopped } = await act(city, 'reviewer-360203', doubted, 'confirmation', heard);
  await act(city, 'second-reviewer-360203', stopped, 'reversal', { reason: '用人单位更正' });
  const [resumed] = await noticesOf(unpaid, 'recovery-reversed');
  t.match(resumed?.paragraphs.join(''), /尚未发放的补贴将随后续批次发放/);
});
