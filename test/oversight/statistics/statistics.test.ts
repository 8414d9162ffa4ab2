// Statistics for a street, a county and the city: counted from the facts, scoped, exact to the fen; and the forecast.

import { parse } from 'csv-parse/sync';
import { readSheet } from 'read-excel-file/node';
import t from 'tap';
import type { Static } from 'typebox';
import type { Forecast, Statistics } from '../../../src/oversight/statistics/schemas.ts';
import { type Problem, setup } from '../../helper.ts';
import { contribution, held } from '../../registers/residents.ts';
import { strictMatch } from '../../strict-match.ts';

type StatisticsAnswer = Static<typeof Statistics>;
type ForecastAnswer = Static<typeof Forecast>;

const city = await setup(t);
const { call } = city;

async function statistics(by: string, query: Record<string, string>): Promise<StatisticsAnswer> {
  return (await call<StatisticsAnswer>(by, 'GET', '/v1/statistics', { query, status: 200 })).body;
}

async function forecast(by: string, query: Record<string, string> = {}): Promise<ForecastAnswer> {
  return (await call<ForecastAnswer>(by, 'GET', '/v1/forecast', { query, status: 200 })).body;
}

async function file(by: string, query: string) {
  const headers = { authorization: `Bearer ${await city.token(by)}` };
  return await city.app.inject({ url: `/v1/statistics/file?${query}`, headers });
}

/** One case of each outcome, at two counties. Three days pass before the last ones are decided. */
async function play() {
  const paid = await city.resident();
  await city.approved(paid);
  const refused = await city.resident();
  const toRefuse = await city.accepted(refused);
  await city.deliver([held('dishonesty', refused, '2025-07-01')]);
  await city.settled(await city.inPayment());
  const insured = await city.resident({ street: '360203001' });
  await city.deliver([held('employer-insurance', insured, '2025-03-01')]);
  const toDecline = await city.applied(insured);
  await city.act('handler-360203', toDecline, 'non-acceptance');
  await city.applied(); // stays open
  const partly = await city.resident();
  await city.deliver([held('employer-insurance', partly, '2025-04-01', '2025-04-30')]);
  const toApprove = await city.accepted(partly, { by: 'street-360203007' });
  city.clock.set('2025-07-08');
  await city.decided(toRefuse, 'refused');
  await city.decided(toApprove);
  await city.approved(await city.resident({ street: '360202001' }), { months: ['2025-05'] });
  await city.deliver([contribution(paid, '2025-06', { version: 2, refunded: true })]);
  await city.work();
  const [recovery] = await city.recoveries('suspected');
  await call('handler-360203', 'POST', `/v1/recoveries/${recovery?.id}/confirmation`, {
    body: { heardOn: '2025-07-08', heardHow: 'phone' },
    ifMatch: recovery?.version ?? 1,
    status: 200,
  });
  await call('payer-360203', 'POST', `/v1/recoveries/${recovery?.id}/repayments`, {
    body: { amountFen: 20_000, reference: '退-1', receivedOn: '2025-07-08' },
    ifMatch: (recovery?.version ?? 1) + 1,
    status: 200,
  });
}

await play();

t.test(
  'a county’s statistics show what became of its cases, months and money, and how long people waited',
  async (t) => {
    const { total, groups, days, ...about } = await statistics('handler-360203', { by: 'outcome' });
    strictMatch(t, about, { fromQuarter: '2024Q4', toQuarter: '2025Q3', agencyCode: null });
    t.strictSame(total, {
      cases: 5,
      people: 5,
      open: 1,
      overdue: 0,
      approved: 2,
      refused: 1,
      notAccepted: 1,
      withdrawn: 0,
      monthsClaimed: 15,
      monthsGranted: 5,
      grantedFen: 250_000,
      monthsPaid: 3,
      paidFen: 150_000,
      monthsRecovered: 1,
      recoveredFen: 50_000,
      repaidFen: 20_000,
      acceptance: { cases: 3, medianDays: 0, ninthDecileDays: 0, longestDays: 0 },
      decision: { cases: 4, medianDays: 0, ninthDecileDays: 3, longestDays: 3 },
    });
    const none = { submitted: 0, correctionRequested: 0, accepted: 0, acceptance: 0, decision: 0 };
    t.strictSame(days.slice(0, 3), [
      { fromDays: 0, throughDays: 0, ...none, acceptance: 3, decision: 2 },
      { fromDays: 1, throughDays: 5, ...none, submitted: 1, decision: 2 },
      { fromDays: 6, throughDays: 10, ...none },
    ]);
    t.strictSame(
      groups.map(({ key, title, figures }) => [key, title, figures.cases]),
      [
        ['approved', '审核通过', 2],
        ['not-accepted', '不予受理', 1],
        ['refused', '审核未通过', 1],
        ['submitted', '已提交，待受理', 1],
      ],
    );
    const { figures } = (await city.reconciliation()) as { figures: Record<string, number> };
    strictMatch(
      t,
      figures,
      { approved: 250_000, paid: 150_000, recovered: 50_000, repaid: 20_000 },
      'as the reconciliation says',
    );
  },
);

t.test('statistics count the reasons of refused months by check, with their articles', async (t) => {
  const { reasons } = await statistics('reviewer-360203', { by: 'quarter' });
  t.strictSame(reasons, [
    { check: 'employer-insured', article: '第六条第5项', title: '有用人单位参保记录', cases: 2, months: 4 },
    { check: 'dishonest', article: '第六条第7项', title: '失信人员', cases: 1, months: 3 },
  ]);
});

t.test('statistics grouped by street, category, channel and quarter add up to the total', async (t) => {
  for (const by of ['quarter', 'agency', 'street', 'category', 'channel', 'outcome']) {
    const { groups, total } = await statistics('auditor', { by });
    t.equal(
      groups.reduce((sum, { figures }) => sum + figures.cases, 0),
      6,
      by,
    );
    t.equal(
      groups.reduce((sum, { figures }) => sum + figures.grantedFen, 0),
      total.grantedFen,
      by,
    );
  }
  const keys = async (query: Record<string, string>) =>
    (await statistics('auditor', query)).groups.map(({ key, figures }) => [key, figures.cases]);
  t.strictSame(await keys({ by: 'street' }), [
    ['360202001', 1],
    ['360203001', 1],
    ['360203007', 4],
  ]);
  t.strictSame(await keys({ by: 'channel' }), [
    ['ganfutong', 5],
    ['wujia2-home', 1],
  ]);
  t.strictSame(await keys({ by: 'quarter' }), [['2025Q2', 6]]);
  const [category, ...others] = await keys({ by: 'category' });
  t.equal(others.length, 0);
  t.strictSame(await keys({ by: 'agency', category: String(category?.[0]) }), [
    ['360202', 1],
    ['360203', 5],
  ]);
  t.strictSame(await keys({ by: 'street', channel: 'wujia2-home' }), [['360203007', 1]]);
  t.strictSame(await keys({ by: 'quarter', fromQuarter: '2025Q3', toQuarter: '2025Q3' }), []);
});

t.test(
  'a street sees statistics of its street, a county of its county, an overseer of the whole city',
  async (t) => {
    const cases = async (by: string) => (await statistics(by, { by: 'quarter' })).total.cases;
    t.equal(await cases('auditor'), 6);
    t.equal(await cases('payer-360202'), 1);
    t.equal(await cases('finance-360203'), 5);
    t.equal(await cases('street-360203001'), 1);
    const outside = { by: 'quarter', agencyCode: '360202' };
    const refused = await call<Problem>('handler-360203', 'GET', '/v1/statistics', {
      query: outside,
      status: 404,
    });
    strictMatch(t, refused.body.errors, [{ pointer: '/query/agencyCode' }]);
    for (const path of ['statistics', 'forecast']) {
      const query = { ...(path === 'statistics' ? { by: 'quarter' } : {}), streetCode: '360203007' };
      await call('street-360203001', 'GET', `/v1/${path}`, { query, status: 404 });
      await call('platform-ganfutong', 'GET', `/v1/${path}`, { query, status: 403 });
    }
  },
);

t.test('statistics refuse an unknown filter and an invalid range', async (t) => {
  for (const query of [
    { by: 'name' },
    {},
    { by: 'street', category: 'tall' },
    { by: 'street', fromQuarter: '2025Q3', toQuarter: '2025Q2' },
    { by: 'street', fromQuarter: '2020Q1', toQuarter: '2025Q2' },
    { by: 'street', people: 'all' },
  ])
    strictMatch(t, await call('auditor', 'GET', '/v1/statistics', { query }), { status: 400 });
  for (const quarter of ['2025Q2', '2031Q1'])
    strictMatch(t, await call('auditor', 'GET', '/v1/forecast', { query: { quarter } }), { status: 400 });
});

t.test(
  'statistics files hold the same figures, as CSV that Excel reads as UTF-8 and as a workbook with the reasons',
  async (t) => {
    const csv = await file('auditor', 'by=street&format=csv');
    strictMatch(t, csv.headers, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="statistics-street-2024Q4-2025Q3.csv"',
    });
    const text = csv.rawPayload.toString('utf8');
    t.ok(text.startsWith('\uFEFF'));
    const [head = [], ...rows] = parse(text.slice(1));
    const columnOf = (title: string) => rows.map((row) => row[head.indexOf(title)]);
    t.strictSame(columnOf('代码'), ['360202001', '360203001', '360203007', '']);
    t.strictSame(columnOf('提交件数'), ['1', '1', '4', '6']);
    t.strictSame(columnOf('核定金额（元）'), ['500.00', '0.00', '2500.00', '3000.00']);

    const workbook = await file('auditor', 'by=street&format=xlsx');
    const sheet = await readSheet(workbook.rawPayload, '按街道（乡镇）');
    t.strictSame(sheet[2]?.slice(0, 3), ['代码', '街道（乡镇）', '提交件数']);
    t.strictSame(sheet[3]?.[0], '360202001', 'a code stays text');
    const granted = sheet[2]?.indexOf('核定金额（元）') ?? 0;
    t.strictSame(
      sheet.slice(3).map((row) => row[granted]),
      [500, 0, 2500, 3000],
    );
    const reasons = await readSheet(workbook.rawPayload, '未通过原因');
    t.strictSame(reasons.at(-1), ['第六条第7项', '失信人员', 1, 3]);
    const { rows: entries } = await city.db.pool.query(
      `select change from audit_entry where operation = 'getStatisticsFile' order by entry_id`,
    );
    strictMatch(
      t,
      entries,
      [{ change: { format: 'csv' } }, { change: { format: 'xlsx' } }],
      'and leave a trace',
    );
  },
);

t.test(
  'the forecast counts people whose term has begun, by street, and states its assumptions',
  async (t) => {
    const answer = await forecast('auditor');
    strictMatch(t, answer, {
      quarter: '2025Q4',
      expected: { people: 3, months: 9, amountFen: 450_000 },
      ceiling: { people: 3, months: 9, amountFen: 450_000 },
      streets: [
        { agencyCode: '360202', streetCode: '360202001', expected: { people: 1, months: 3 } },
        { agencyCode: '360203', streetCode: '360203007', expected: { people: 2, months: 6 } },
      ],
    });
    t.ok(answer.assumptions.length > 0);
    strictMatch(t, await forecast('payer-360203'), { expected: { people: 2 } });
    strictMatch(t, await forecast('auditor', { streetCode: '360202001' }), { expected: { people: 1 } });
    // One person dies, another takes a pension in the middle of the quarter.
    const { rows } = await city.db.pool.query(
      `select a.person_id from application a where state = 'approved' and agency_code = '360203' order by application_id`,
    );
    const insert = `insert into record (person_id, record_id, kind, source, source_key, version, from_day, details, removed,
    content_digest, learnt_at) values ($1, gen_random_uuid(), $2, 'jx-human-resources', $3, 1, $4, '{}', false, '', now())`;
    await city.db.pool.query(insert, [rows[0].person_id, 'death', 'SW-1', '2025-07-06']);
    await city.db.pool.query(insert, [rows[1].person_id, 'pension', 'YL-1', '2025-11-01']);
    strictMatch(t, await forecast('payer-360203'), { expected: { people: 1, months: 1, amountFen: 50_000 } });
  },
);

t.test('statistics count a case decided again once, with its current decision', async (t) => {
  const resident = await city.resident({ street: '360281001' });
  const accepted = await city.accepted(resident);
  await city.deliver([held('dishonesty', resident, '2025-07-01')]);
  await city.decided(accepted, 'refused');
  const reasons = async () => (await statistics('handler-360281', { by: 'quarter' })).reasons;
  strictMatch(t, await reasons(), [{ check: 'dishonest', months: 3 }]);
  const { version } = await city.read(accepted);
  await call('second-reviewer-360281', 'POST', `/v1/applications/${accepted.id}/decision/undo`, {
    body: { reason: '失信名单有误' },
    ifMatch: version,
    status: 200,
  });
  t.strictSame(await reasons(), [], 'an open case has no reasons');
  await city.deliver([{ ...held('dishonesty', resident, '2025-07-01'), version: 2, to: '2025-07-02' }]);
  await city.decided(await city.read(accepted), 'approved');
  t.strictSame(await reasons(), []);
});
