// What became of the money of each month, as the applicant's platform and every officer of the case see it.

import t from 'tap';
import type { Static } from 'typebox';
import type { EligibilityForPlatforms } from '../../src/eligibility/schemas.ts';
import type { Notice } from '../../src/notifications/notices/schemas.ts';
import { setup } from '../helper.ts';
import { cleanRecords } from '../registers/residents.ts';
import type { Application, DisbursementAnswer } from '../steps.ts';

const city = await setup(t);
const { call } = city;
const platform = 'platform-ganfutong';

/** The months as the platform sees them. */
async function seen({ id }: Pick<Application, 'id'>, by = platform) {
  const { body } = await call<Application>(by, 'GET', `/v1/applications/${id}`, { status: 200 });
  return body.months;
}

const moneyOf = async (application: Application) =>
  (await seen(application)).map(({ month, money }) => [month, money?.state, money?.on, money?.explanation]);

async function lineOf(batch: DisbursementAnswer, { caseNumber }: Application) {
  const line = (await city.linesOf(batch)).find((one) => one.caseNumber === caseNumber);
  if (line === undefined) throw new Error('an approved case is on the roster');
  return line;
}

const noticesOf = async ({ id }: Application, by = 'street-360203007') => {
  const query = { applicationId: id, kind: 'payment-failed' };
  return (await call<{ items: Static<typeof Notice>[] }>(by, 'GET', '/v1/notices', { query, status: 200 }))
    .body.items;
};

t.test('a case tells at every step what became of the money of each month', async (t) => {
  const arrives = await city.accepted();
  t.strictSame(
    (await seen(arrives)).map(({ money }) => money),
    [null, null, null],
    'nothing is granted yet',
  );
  await city.decided(arrives);
  const fails = await city.approved();
  t.strictSame((await moneyOf(arrives))[0], ['2025-04', 'waiting', null, '等待列入发放名单。']);
  const ready = await city.verified();
  t.strictSame((await moneyOf(arrives))[0], [
    '2025-04',
    'on-roster',
    null,
    '已列入发放名单，名单核对无误、资金到账后发放。',
  ]);
  const requested = await city.moneyAct('payer-360203', ready, 'fund-request');
  const funded = await city.moneyAct('finance-360203', requested, 'fund-receipts', {
    amountFen: requested.fundRequest?.amountFen,
    reference: '拨-1',
    receivedOn: '2025-07-05',
  });
  const batch = await city.moneyAct('payer-360203', funded, 'payment', { format: 'utf-8-csv' });
  t.strictSame((await moneyOf(arrives))[0], ['2025-04', 'in-payment', null, '已送银行发放，等待银行结果。']);
  city.clock.set('2025-07-09');
  const failing = await lineOf(batch, fails);
  await city.settled(batch, ({ lineId }) =>
    lineId === failing.lineId ? { result: 'failed', failure: 'not-activated' } : { result: 'paid' },
  );
  t.strictSame((await moneyOf(arrives))[0], ['2025-04', 'paid', '2025-07-09', '已于2025年7月9日发放。']);
  t.strictSame((await seen(fails))[0]?.money, {
    state: 'failed',
    on: '2025-07-09',
    failure: 'not-activated',
    owedFen: 0,
    explanation:
      '2025年7月9日发放失败：社会保障卡金融功能未激活。请携带身份证和社会保障卡到开户银行激活金融功能，激活后告知户籍所在地街道（乡镇）窗口重新发放。',
  });
  for (const officer of ['street-360203007', 'handler-360203', 'reviewer-360203', 'payer-360203', 'auditor'])
    t.strictSame(await seen(fails, officer), await seen(fails), officer);
});

t.test(
  'of a payment that failed the street has a notice to tell, and so has one that came back',
  async (t) => {
    const [fails, returned, arrives] = [await city.approved(), await city.approved(), await city.approved()];
    const batch = await city.inPayment();
    const failing = await lineOf(batch, fails);
    await city.settled(batch, ({ lineId }) =>
      lineId === failing.lineId ? { result: 'failed', failure: 'account-closed' } : { result: 'paid' },
    );
    const [notice, ...others] = await noticesOf(fails);
    t.strictSame(others, []);
    t.strictSame(
      [notice?.title, notice?.delivery, notice?.paragraphs.slice(0, 2)],
      [
        '补贴未能到账告知书',
        'waiting',
        [
          `您的申请（受理编号${fails.caseNumber}，2025年4月至6月）的补贴1500元银行未能发放，原因：账户已销户。`,
          '您享受补贴的资格不受影响。请到户籍所在地街道（乡镇）窗口提供本人可以使用的社会保障卡银行账户，更正后重新发放。',
        ],
      ],
    );
    t.strictSame(
      await noticesOf(fails, platform),
      [{ ...notice, issuedBy: null }],
      'the platform that applied is told too',
    );
    t.strictSame(await noticesOf(fails, 'handler-360202'), [], 'another agency is not');
    t.strictSame(await noticesOf(arrives), [], 'nor is anybody told of money that arrived');
    const { lineId, amountFen } = await lineOf(batch, returned);
    await call('payer-360203', 'POST', `/v1/disbursements/${batch.id}/lines/${lineId}/return`, {
      body: { returnedOn: '2025-07-09', amountFen, reference: '退-1', reason: '账户已冻结' },
      status: 200,
    });
    const [back] = await noticesOf(returned);
    t.match(back?.paragraphs[0], /的补贴1500元已被银行退回，原因：账户已冻结。$/);
    t.strictSame((await moneyOf(returned))[0], [
      '2025-04',
      'returned',
      '2025-07-09',
      '2025年7月9日银行退票：账户已冻结。请到户籍所在地街道（乡镇）窗口核对收款账户，更正后重新发放。',
    ]);
  },
);

t.test('a recovered month says what is owed and, when all came back, that nothing is', async (t) => {
  const resident = await city.resident();
  const application = await city.approved(resident);
  await city.settled(await city.inPayment());
  const { body: opened } = await call<{ id: string; version: number }>(
    'handler-360203',
    'POST',
    '/v1/recoveries',
    { body: { applicationId: application.id, month: '2025-04', grounds: '该月已由单位参保' }, status: 201 },
  );
  t.equal((await seen(application))[0]?.money?.state, 'paid', 'before the person was heard nothing is said');
  const { body: confirmed } = await call<{ version: number }>(
    'handler-360203',
    'POST',
    `/v1/recoveries/${opened.id}/confirmation`,
    { body: { heardOn: '2025-07-09', heardHow: 'phone' }, ifMatch: opened.version, status: 200 },
  );
  t.strictSame((await moneyOf(application))[0], [
    '2025-04',
    'owed',
    null,
    '该月补贴已追回，尚有500元未退还，请按追回告知书办理。',
  ]);
  await call('payer-360203', 'POST', `/v1/recoveries/${opened.id}/repayments`, {
    body: { amountFen: 50_000, reference: '缴款-1', receivedOn: '2025-07-09' },
    ifMatch: confirmed.version,
  });
  t.strictSame((await moneyOf(application))[0], [
    '2025-04',
    'repaid',
    '2025-07-09',
    '该月补贴已追回，应退款项已结清。',
  ]);
});

t.test('the pre-check names the money of the months that are granted, in whatever channel', async (t) => {
  const resident = await city.resident();
  await city.deliver(cleanRecords(resident, ['2025-04', '2025-05', '2025-06']), '2025-06');
  await city.approved(resident, { months: ['2025-04', '2025-05'], by: 'platform-ganfutong' });
  const { body } = await city.asked<Static<typeof EligibilityForPlatforms>>(
    resident,
    { months: ['2025-04', '2025-06'] },
    'platform-hall',
  );
  t.strictSame(
    body.grantedMonths.map(({ month, amountFen, money }) => [month, amountFen, money.state]),
    [['2025-04', 50_000, 'waiting']],
  );
});
