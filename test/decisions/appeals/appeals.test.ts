// Appeals 行政复议、信访、申诉 against a decision or a recovery, from handing in to the outcome.

import t from 'tap';
import type { Static } from 'typebox';
import type { Appeal } from '../../../src/decisions/appeals/schemas.ts';
import { appealKinds, appealOutcomes, appealStates } from '../../../src/decisions/appeals/states.ts';
import { dueDay, limitOn } from '../../../src/decisions/appeals/time-limits.ts';
import { materialForm } from '../../applications/material-form.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const platform = 'platform-ganfutong';
const street = 'street-360203007';
const handler = 'handler-360203';
const reviewer = 'reviewer-360203';
const second = 'second-reviewer-360203';

type Answer = Static<typeof Appeal>;

const urlOf = ({ id }: Pick<Application, 'id'>) => `/v1/applications/${id}`;
const grounds = '本人四月已按灵活就业人员缴费，请重新核对';

async function opened(city: City, application: Application, more: object = {}, by = street): Promise<Answer> {
  const body = { kind: 'objection', grounds, receivedOn: '2025-07-05', ...more };
  return (await city.call<Answer>(by, 'POST', `${urlOf(application)}/appeals`, { body, status: 201 })).body;
}

async function paperOf({ call }: City, application: Application): Promise<string> {
  const sent = { ...materialForm('appeal-paper'), status: 201 };
  return (await call<{ id: string }>(street, 'POST', `${urlOf(application)}/materials`, sent)).body.id;
}

async function decided(city: City, { id, version }: Answer, body: object, by = second) {
  const reason = '经重新核对，结果如文书';
  const url = `/v1/appeals/${id}/outcome`;
  return await city.call<Answer & Problem>(by, 'POST', url, { body: { reason, ...body }, ifMatch: version });
}

const refused = async (city: City) => {
  const resident = await city.resident();
  await city.deliver([held('dishonesty', resident, '2025-07-01')]);
  const application = await city.accepted(resident);
  await city.decided(application, 'refused');
  return application;
};

t.test('an appeal against a decision is seen wherever the decision is, until it is decided', async (t) => {
  const city = await setup(t);
  const application = await city.approved();
  const { call } = city;
  const appeal = await opened(city, application, { kind: 'reconsideration' }, platform);
  strictMatch(t, appeal, {
    state: 'open',
    title: '行政复议（普通程序）',
    recoveryId: null,
    receivedBy: null,
    timeLimit: {
      state: 'running',
      daysLeft: 60,
      dueOn: '2025-09-03',
      source: '《中华人民共和国行政复议法》（2023年修订）第六十二条',
    },
  });
  const seen = async (by: string) =>
    (await call<{ flags: { code: string }[] }>(by, 'GET', urlOf(application), { status: 200 })).body.flags;
  strictMatch(t, await seen(handler), [{ code: 'under-appeal' }]);
  strictMatch(t, await seen(platform), [{ code: 'under-appeal' }]);
  const { body: listed } = await call<{ items: { id: string }[] }>(handler, 'GET', '/v1/applications', {
    query: { flag: 'under-appeal' },
    status: 200,
  });
  t.strictSame(
    listed.items.map(({ id }) => id),
    [application.id],
  );
  const { body: decision } = await call(reviewer, 'GET', `${urlOf(application)}/decision`, { status: 200 });
  strictMatch(t, decision, { appeals: [{ id: appeal.id, state: 'open' }] });
  const person = `/v1/people/${application.personId}`;
  const { body: sheet } = await call(reviewer, 'GET', `${person}/months/2025-04/explanation`, {
    status: 200,
  });
  strictMatch(t, sheet, { cases: [{ appeals: [{ id: appeal.id }] }] });
  const { body: paper } = await call<string>(reviewer, 'GET', `${person}/months/2025-04/explanation/file`);
  t.ok(paper.length > 0, 'the sheet is printed with it');
  const { body: overview } = await call(handler, 'GET', `${person}/overview`, { status: 200 });
  strictMatch(t, overview, { cases: { items: [{ flags: [{ code: 'under-appeal' }] }] } });
  const province = async () =>
    (
      await call<{ items: { isUnderAppeal: boolean }[] }>('provincial-system', 'GET', '/v1/decisions', {
        status: 200,
      })
    ).body.items.at(-1)?.isUnderAppeal;
  t.equal(await province(), true);

  const paperId = await paperOf(city, application);
  const { status, body } = await decided(city, appeal, { outcome: 'kept', paperId });
  t.equal(status, 200);
  strictMatch(t, body, { state: 'decided', outcome: 'kept', timeLimit: null, paperId });
  t.strictSame(await seen(handler), []);
  t.equal(await province(), false);
  const { rows } = await city.db.pool.query<{ content: string }>(
    `select content from notice where kind = 'appeal' order by notice_id`,
  );
  const [told, outcome] = rows.map(({ content }) => JSON.parse(content).paragraphs.join(''));
  t.match(told, /提出的行政复议（普通程序）已经登记，办理期限至2025年9月3日。/);
  t.match(outcome, /结果：维持原决定。/);
  const events = await call<{ items: { type: string }[] }>(platform, 'GET', '/v1/events', { status: 200 });
  t.strictSame(
    events.body.items.slice(-2).map(({ type }) => type),
    ['appeal-opened', 'appeal-decided'],
  );
  const { body: report } = await call<{ items: { operation: string }[] }>(
    'auditor',
    'GET',
    `${person}/access-report`,
  );
  const operations = new Set(report.items.map(({ operation }) => operation));
  for (const act of ['openAppeal', 'decideAppeal']) t.ok(operations.has(act), act);
});

t.test('the one who made the decision does not decide the appeal, in the database either', async (t) => {
  const city = await setup(t);
  const application = await city.approved();
  const appeal = await opened(city, application);
  const paperId = await paperOf(city, application);
  const own = await decided(city, appeal, { outcome: 'kept', paperId }, reviewer);
  strictMatch(t, own, { status: 403, body: { code: 'officer-already-on-case' } });
  const close = `update appeal set state = 'decided', outcome = 'kept', reason = '维持', closed_at = now(), paper_id = '${paperId}',`;
  await t.rejects(
    city.db.pool.query(`${close} closed_by = contested_by`),
    /appeal_is_decided_by_another_officer/,
  );
  await t.rejects(
    city.db.pool.query(`${close.replace("'kept'", "'remade'")} closed_by = 'other'`),
    /changed_decision_is_undone/,
    'nor is an outcome told that was not done',
  );
  await t.rejects(
    city.db.pool.query(`update appeal set contested_by = 'somebody'`),
    /appeal_is_about_a_decision/,
  );
});

t.test('an outcome that changes a decision names what the existing operations have done', async (t) => {
  const city = await setup(t);
  const application = await city.approved();
  const [first, other] = [
    await opened(city, application),
    await opened(city, application, { kind: 'petition' }),
  ];
  const paperId = await paperOf(city, application);
  const { body: early } = await decided(city, first, { outcome: 'changed', paperId });
  t.match(early.detail, /请先撤销原决定，/);
  const { version } = await city.read(application);
  const undo = { body: { reason: '经申诉复核，认定事实有误' }, ifMatch: version, status: 200 };
  await city.call(second, 'POST', `${urlOf(application)}/decision/undo`, undo);
  const remade = await decided(city, other, { outcome: 'remade', paperId });
  strictMatch(t, remade, { status: 200, body: { outcome: 'remade' } });
  const { body: notYet } = await decided(city, first, { outcome: 'changed', paperId });
  t.match(notYet.detail, /作出新的决定后/);
  await city.decided(await city.read(application), 'approved');
  const changed = await decided(city, first, { outcome: 'changed', paperId });
  strictMatch(t, changed, { status: 200, body: { outcome: 'changed', decisionId: first.decisionId } });
});

t.test('an appeal against 不予受理 ends with another application of the person', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  await city.deliver([held('dishonesty', resident, '2025-07-01')]);
  const submitted = await city.applied(resident);
  const declined = await city.act(handler, submitted, 'non-acceptance');
  const appeal = await opened(city, declined);
  const paperId = await paperOf(city, declined);
  const stranger = await city.applied();
  const wrong = await decided(city, appeal, { outcome: 'remade', paperId, newApplicationId: stranger.id });
  strictMatch(t, wrong, { status: 400, body: { errors: [{ pointer: '/body/newApplicationId' }] } });
  const again = await city.applied(resident);
  const right = await decided(city, appeal, { outcome: 'remade', paperId, newApplicationId: again.id });
  strictMatch(t, right, { status: 200, body: { newApplicationId: again.id } });
});

t.test('an appeal against a recovery ends with its reversal, or leaves it', async (t) => {
  const city = await setup(t);
  const application = await city.approved();
  const body = {
    applicationId: application.id,
    month: '2025-04',
    grounds: '与用人单位核实，该月已由单位参保',
  };
  const { call } = city;
  const { body: recovery } = await call<{ id: string; version: number }>(handler, 'POST', '/v1/recoveries', {
    body,
    status: 201,
  });
  const about = { recoveryId: recovery.id };
  const early = await call<Problem>(street, 'POST', `${urlOf(application)}/appeals`, {
    body: { kind: 'objection', grounds, receivedOn: '2025-07-05', ...about },
  });
  t.equal(early.status, 409, 'not before it is confirmed');
  const { body: confirmed } = await call<{ version: number }>(
    reviewer,
    'POST',
    `/v1/recoveries/${recovery.id}/confirmation`,
    { body: { heardOn: '2025-07-05', heardHow: 'phone' }, ifMatch: recovery.version, status: 200 },
  );
  const appeal = await opened(city, application, about);
  const { body: now } = await call(handler, 'GET', `/v1/recoveries/${recovery.id}`, { status: 200 });
  strictMatch(t, now, { isUnderAppeal: true });
  const paperId = await paperOf(city, application);
  t.equal(
    (await decided(city, appeal, { outcome: 'changed', paperId }, reviewer)).status,
    403,
    'confirmed it',
  );
  const { body: notYet } = await decided(city, appeal, { outcome: 'changed', paperId });
  t.match(notYet.detail, /请先撤销这笔追回/);
  await call(second, 'POST', `/v1/recoveries/${recovery.id}/reversal`, {
    body: { reason: '用人单位误报参保' },
    ifMatch: confirmed.version,
    status: 200,
  });
  strictMatch(t, await decided(city, appeal, { outcome: 'changed', paperId }), { status: 200 });
});

t.test(
  'an appeal is handed in with every fault told, by who may, once of a kind, and withdrawn',
  async (t) => {
    const city = await setup(t);
    const application = await refused(city);
    const { call } = city;
    const url = `${urlOf(application)}/appeals`;
    const body = { kind: 'objection', grounds, receivedOn: '2025-07-05' };
    for (const by of [reviewer, 'payer-360203', 'auditor'])
      t.equal((await call(by, 'POST', url, { body })).status, 403, `${by} may not`);
    for (const by of ['handler-360202', 'street-360203001', 'platform-wujia2'])
      t.equal((await call(by, 'POST', url, { body })).status, 404, `${by} sees no such case`);
    for (const receivedOn of ['2025-07-04', '2026-01-01'])
      t.equal((await call(street, 'POST', url, { body: { ...body, receivedOn } })).status, 400, receivedOn);
    t.equal((await call(street, 'POST', url, { body: { ...body, kind: 'lawsuit', why: 1 } })).status, 400);
    const appeal = await opened(city, application, {}, platform);
    t.equal((await call(street, 'POST', url, { body })).status, 409, 'one of a kind is open');
    const faults = await decided(city, appeal, {
      outcome: 'kept',
      paperId: application.id,
      newApplicationId: application.id,
    });
    strictMatch(t, faults.body.errors, [{ pointer: '/body/paperId' }, { pointer: '/body/newApplicationId' }]);
    t.equal((await decided(city, appeal, { outcome: 'kept', paperId: application.id }, handler)).status, 403);
    t.equal(
      (await decided(city, appeal, { outcome: 'kept', paperId: application.id }, 'reviewer-360202')).status,
      404,
    );
    const withdrawal = `/v1/appeals/${appeal.id}/withdrawal`;
    const why = { body: { reason: '经窗口说明后，本人书面撤回' } };
    t.equal((await call(platform, 'POST', withdrawal, { ...why, ifMatch: 7 })).status, 412);
    strictMatch(t, await call(platform, 'POST', withdrawal, { ...why, ifMatch: 1 }), {
      status: 200,
      body: { state: 'withdrawn', version: 2 },
    });
    t.equal((await call(platform, 'POST', withdrawal, { ...why, ifMatch: 2 })).status, 409);
    await opened(city, application);
    const draft = await city.drafted(await city.resident());
    t.equal(
      (await call(platform, 'POST', `${urlOf(draft)}/appeals`, { body })).status,
      409,
      'nothing was decided',
    );
  },
);

t.test('an overdue appeal is found, and its time limit says so', async (t) => {
  const city = await setup(t);
  const late = await opened(city, await city.approved());
  city.clock.set('2025-08-06');
  const overdue = async (value: boolean) =>
    (
      await city.call<{ items: Answer[] }>(reviewer, 'GET', '/v1/appeals', {
        query: { overdue: String(value) },
        status: 200,
      })
    ).body.items;
  strictMatch(t, await overdue(true), [
    { id: late.id, timeLimit: { state: 'overdue', daysLeft: -2, dueOn: '2025-08-04' } },
  ]);
  t.strictSame(await overdue(false), []);
});

t.test('a time limit runs from the day after receipt, and its last day is a working day', (t) => {
  const calendar = { years: new Set([2025]), exceptions: new Map([['2025-10-01', false]]) };
  t.equal(dueDay('2025-07-05', 30, calendar), '2025-08-04');
  t.equal(dueDay('2025-08-02', 60, calendar), '2025-10-02', 'the holiday moves it on');
  t.equal(limitOn('simple-reconsideration', '2023-12-31'), undefined, 'the simple procedure began in 2024');
  t.equal(limitOn('petition', '2025-07-05')?.days, 60);
  t.end();
});

t.test('a year added to the calendar recounts the last day of an open appeal', async (t) => {
  const city = await setup(t);
  const { call, clock, work } = city;
  const application = await city.approved();
  clock.set('2026-12-02');
  // The thirtieth day is 1 January 2027, a Friday.
  const open = await opened(city, application, { receivedOn: '2026-12-02' });
  const withdrawn = await opened(city, application, { kind: 'petition', receivedOn: '2026-12-02' });
  const withdrawal = { body: { reason: '来信要求撤回' }, ifMatch: withdrawn.version, status: 200 };
  await call(street, 'POST', `/v1/appeals/${withdrawn.id}/withdrawal`, withdrawal);
  const year = {
    year: 2027,
    announcement: 'https://www.gov.cn/zhengce/',
    off: [{ day: '2027-01-01', name: '元旦' }],
    work: [{ day: '2027-01-02', name: '元旦' }],
  };
  await call('administrator', 'POST', '/v1/calendar-years', { body: year, status: 201 });
  await work();

  const read = async ({ id }: Answer) =>
    (await call<Answer>(handler, 'GET', `/v1/appeals/${id}`, { status: 200 })).body;
  t.strictSame([open.timeLimit?.dueOn, (await read(open)).timeLimit?.dueOn], ['2027-01-01', '2027-01-02']);
  t.equal((await read(open)).version, open.version + 1, 'another last day is another version');
  t.equal((await read(withdrawn)).version, withdrawn.version + 1, 'changed by its withdrawal alone');
});

t.test('kinds, states and outcomes are the same in the database', async (t) => {
  const city = await setup(t);
  for (const [column, words] of [
    ['kind', appealKinds],
    ['state', appealStates],
    ['outcome', appealOutcomes],
  ] as const) {
    const { rows } = await city.db.pool.query<{ definition: string }>(
      `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = $1`,
      [`appeal_${column}_check`],
    );
    const listed = [...(rows[0]?.definition ?? '').matchAll(/'([^']+)'::text/g)].map(([, word]) => word);
    t.strictSame(listed.sort(), Object.keys(words).sort());
  }
});
