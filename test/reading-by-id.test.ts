// What is acted on with If-Match is read by its id: the same as in its list, with the ETag that the next act takes.

import t, { type Test } from 'tap';
import type { Notice } from '../src/notifications/notices/schemas.ts';
import { type Answer, type Problem, setup } from './helper.ts';
import { heard, paidCase, refundOf } from './payments/recoveries/contradictions.ts';
import { held } from './registers/residents.ts';

const city = await setup(t);
const { call } = city;
const handler = 'handler-360203';
const reviewer = 'reviewer-360203';
const unknown = '0198a000-0000-7000-8000-000000000000';

interface Versioned {
  readonly id: string;
  readonly version: number;
}

/** Reads a thing by its id and compares it with its list's item. Returns the answer. */
async function readAsListed<T extends Versioned>(
  t: Test,
  by: string,
  collection: string,
  id: string,
): Promise<Answer<T>> {
  const { body: page } = await call<{ items: T[] }>(by, 'GET', collection, { status: 200 });
  const one = await call<T>(by, 'GET', `${collection}/${id}`, { status: 200 });
  const listed = page.items.find((item) => item.id === id);
  t.equal(JSON.stringify(one.body), JSON.stringify(listed), `${collection} lists the same`);
  t.equal(one.headers['etag'], `"${one.body.version}"`);
  return one;
}

/** What a stranger is told of a thing is what everybody is told of an unknown one. */
async function isHidden(t: Test, url: (id: string) => string, id: string, strangers: readonly string[]) {
  for (const stranger of strangers) {
    const foreign = await call<Problem>(stranger, 'GET', url(id), { status: 404 });
    const missing = await call<Problem>(stranger, 'GET', url(unknown), { status: 404 });
    const told = ({ body }: Answer<Problem>) => [body.code, body.detail, body.errors];
    t.strictSame(told(foreign), told(missing), stranger);
    t.equal(foreign.body.code, 'not-found');
  }
}

/** The ETag as it came, for If-Match. */
function etagOf({ headers }: Answer<unknown>): string {
  return headers['etag'] ?? '';
}

t.test('a recovery is read by its id, and its ETag confirms it', async (t) => {
  const { resident, application } = await paidCase(city);
  await city.deliver([refundOf(resident)]);
  await city.work();
  const suspected = (await city.recoveries('suspected')).find((one) => one.applicationId === application.id);
  const id = suspected?.id ?? '';
  const recovery = await readAsListed(t, handler, '/v1/recoveries', id);
  await isHidden(t, (of) => `/v1/recoveries/${of}`, id, ['handler-360202', 'street-360203001']);
  const ifMatch = etagOf(recovery);
  const url = `/v1/recoveries/${id}`;
  await call(handler, 'POST', `${url}/confirmation`, { body: heard, ifMatch, status: 200 });
  const later = await readAsListed(t, 'auditor', '/v1/recoveries', id);
  t.not(etagOf(later), ifMatch);
});

t.test('a notice is read by its id, and its ETag records the delivery', async (t) => {
  const street = 'street-360203007';
  const application = await city.approved();
  const query = { applicationId: application.id, delivery: 'waiting' };
  const { body } = await call<{ items: Notice[] }>(street, 'GET', '/v1/notices', { query, status: 200 });
  const id = body.items[0]?.id ?? '';
  const notice = await readAsListed(t, street, '/v1/notices', id);
  const strangers = ['street-360203001', 'handler-360202', 'platform-wujia2'];
  await isHidden(t, (of) => `/v1/notices/${of}`, id, strangers);
  await call(street, 'POST', `/v1/notices/${id}/deliveries`, {
    body: { method: 'phone', outcome: 'told' },
    ifMatch: etagOf(notice),
    status: 200,
  });
  const told = await readAsListed<Notice>(t, 'platform-ganfutong', '/v1/notices', id);
  t.equal(told.body.delivery, 'told');
  t.equal(told.body.attempts.length, 1);
});

t.test('a bar is read by its id, and its ETag dismisses it', async (t) => {
  const application = await city.accepted();
  const url = `/v1/applications/${application.id}/false-material-reports`;
  const body = { grounds: '灵活就业证明系伪造，出具单位已书面否认' };
  const reported = await call<{ bar: Versioned }>(handler, 'POST', url, { body, status: 201 });
  const { id } = reported.body.bar;
  const bar = await readAsListed(t, reviewer, '/v1/bars', id);
  await isHidden(t, (of) => `/v1/bars/${of}`, id, ['handler-360202', 'payer-360222']);
  await call(reviewer, 'POST', `/v1/bars/${id}/dismissal`, {
    body: { reason: '经核对原件，材料属实' },
    ifMatch: etagOf(bar),
    status: 200,
  });
  await readAsListed(t, 'auditor', '/v1/bars', id);
});

t.test('an API client is read by its id, without its secret', async (t) => {
  const administrator = 'administrator';
  const body = { apiClientId: 'read-by-id', name: '赣服通批量接口', scopes: ['applications:read'] };
  const { body: made } = await call<{ secret: string }>(administrator, 'POST', '/v1/api-clients', {
    body,
    key: null,
    status: 201,
  });
  await call(administrator, 'POST', '/v1/api-clients/read-by-id/keys', {
    body: { overlapHours: 1 },
    key: null,
    status: 200,
  });
  const one = await call<{ keys: object[] }>(administrator, 'GET', '/v1/api-clients/read-by-id', {
    status: 200,
  });
  const listed = await call<{ items: { apiClientId: string }[] }>(administrator, 'GET', '/v1/api-clients', {
    status: 200,
  });
  const item = listed.body.items.find(({ apiClientId }) => apiClientId === 'read-by-id');
  t.equal(JSON.stringify(one.body), JSON.stringify(item));
  t.equal(one.body.keys.length, 2);
  t.notOk(JSON.stringify(one.body).includes(made.secret));
  const missing = await call<Problem>(administrator, 'GET', '/v1/api-clients/nobody-here', { status: 404 });
  t.equal(missing.body.code, 'not-found');
});

t.test('the standing decision is read as it was made, and its ETag undoes it', async (t) => {
  const application = await city.accepted();
  const url = (id: string) => `/v1/applications/${id}/decision`;
  const undecided = await call<Problem>(reviewer, 'GET', url(application.id), { status: 404 });
  t.match(undecided.body.detail, /尚无决定/);
  const made = await city.decided(application);
  type Read = Versioned & typeof made & { officer: { name: string }; appeals: object[] };
  const read = await call<Read>(reviewer, 'GET', url(application.id), { status: 200 });
  const { version, officer, appeals, ...decision } = read.body;
  t.strictSame([officer.name, appeals], ['珠山区就业创业服务中心 审核人员', []]);
  const atInstant = ({ decidedAt, ...rest }: typeof made) => [String(Temporal.Instant.from(decidedAt)), rest];
  t.strictSame(atInstant(decision), atInstant(made));
  t.equal(version, (await city.read(application)).version);
  await isHidden(t, url, application.id, ['handler-360202', 'payer-360222']);
  await call('second-reviewer-360203', 'POST', `${url(application.id)}/undo`, {
    body: { reason: '户籍记录有误' },
    ifMatch: etagOf(read),
    status: 200,
  });
  const undone = await call<Problem>(handler, 'GET', url(application.id), { status: 404 });
  t.equal(undone.body.code, 'not-found');
  await city.decided(await city.read(application), 'approved');
  await call(handler, 'GET', url(application.id), { status: 200 });
});

t.test('a case that was not accepted has a standing decision, too', async (t) => {
  const insured = await city.resident();
  await city.deliver([held('employer-insurance', insured, '2025-03-01')]);
  const application = await city.applied(insured);
  await city.act(handler, application, 'non-acceptance');
  const url = `/v1/applications/${application.id}/decision`;
  const { body } = await call<{ outcome: string; amountFen: number }>(handler, 'GET', url, { status: 200 });
  t.strictSame([body.outcome, body.amountFen], ['not-accepted', 0]);
});

t.test('a comparison is read again as it was answered, and the next one with its changes', async (t) => {
  const resident = await city.resident();
  const application = await city.accepted(resident);
  const first = await city.compared(application);
  await city.deliver([held('skills-training', resident, '2025-06-01', '2025-06-30')]);
  const second = await city.compared(application);
  const url = (id: string) => `/v1/applications/${application.id}/comparisons/${id}`;
  for (const made of [first, second]) {
    const { body } = await call<typeof made & { comparedAt: string }>(handler, 'GET', url(made.id), {
      status: 200,
    });
    t.strictSame({ ...body, comparedAt: null }, { ...made, comparedAt: null });
  }
  await isHidden(t, url, second.id, ['handler-360202', 'payer-360222']);
  const street = await call<Problem>('street-360203007', 'GET', url(second.id), { status: 403 });
  t.equal(street.body.code, 'forbidden');
});

t.test('a material is read as its case shows it, without the file', async (t) => {
  const platform = 'platform-ganfutong';
  const application = await city.supplied(await city.applied(), 'contribution-proof');
  const { body: one } = await call<{ materials: Versioned[] }>(
    platform,
    'GET',
    `/v1/applications/${application.id}`,
    { status: 200 },
  );
  for (const material of one.materials) {
    const url = (id: string) => `/v1/applications/${application.id}/materials/${id}`;
    const { body } = await call(platform, 'GET', url(material.id), { status: 200 });
    t.strictSame(body, material);
    await isHidden(t, url, material.id, ['handler-360202', 'street-360203001', 'platform-wujia2']);
  }
});

t.test('a line is read as its list shows it, by its street and its agency alone', async (t) => {
  await city.approved();
  const payer = 'payer-360203';
  const made = await call<{ id: string }>(payer, 'POST', '/v1/disbursements', { status: 201 });
  const lines = `/v1/disbursements/${made.body.id}/lines`;
  const { body: page } = await call<{ items: { lineId: string }[] }>(payer, 'GET', lines, { status: 200 });
  for (const line of page.items) {
    const { body } = await call(payer, 'GET', `${lines}/${line.lineId}`, { status: 200 });
    t.strictSame(body, line);
  }
  const first = page.items[0]?.lineId ?? '';
  await isHidden(t, (id) => `${lines}/${id}`, first, ['payer-360222', 'street-360203001']);
});

t.test('a year of the calendar is read as its list shows it', async (t) => {
  const years = '/v1/calendar-years';
  const { body: page } = await call<{ items: { year: number }[] }>('auditor', 'GET', years, { status: 200 });
  for (const year of page.items) {
    const { body } = await call('auditor', 'GET', `${years}/${year.year}`, { status: 200 });
    t.strictSame(body, year);
  }
  await call('auditor', 'GET', `${years}/2099`, { status: 404 });
  await call(handler, 'GET', `${years}/2026`, { status: 403 });
});

t.test('a quality review is read by its decision, and its ETag confirms the decision', async (t) => {
  const drawn = await setup(t, { SUBSIDY_QUALITY_REVIEW_APPROVALS: '100' });
  const application = await drawn.approved();
  const second = 'second-reviewer-360203';
  const { body: page } = await drawn.call<{ items: { decisionId: string; version: number }[] }>(
    second,
    'GET',
    '/v1/quality-reviews',
    { status: 200 },
  );
  const [listed] = page.items;
  const url = `/v1/quality-reviews/${listed?.decisionId}`;
  const one = await drawn.call(second, 'GET', url, { status: 200 });
  t.strictSame(one.body, listed);
  t.equal(etagOf(one), `"${listed?.version}"`);
  await drawn.call('reviewer-360202', 'GET', url, { status: 404 });
  await drawn.call('payer-360203', 'GET', url, { status: 403 });
  const confirmation = `/v1/applications/${application.id}/decision/quality-review/confirmation`;
  await drawn.call(second, 'POST', confirmation, { ifMatch: etagOf(one), status: 200 });
  const later = await drawn.call<{ state: string }>('auditor', 'GET', url, { status: 200 });
  t.equal(later.body.state, 'confirmed');
});

t.test('a decision drawn for a quality review says so, and its ETag confirms it', async (t) => {
  const drawn = await setup(t, { SUBSIDY_QUALITY_REVIEW_APPROVALS: '100' });
  const application = await drawn.approved();
  const url = `/v1/applications/${application.id}/decision`;
  const read = async () =>
    await drawn.call<{ awaitsQualityReview: boolean }>('payer-360203', 'GET', url, { status: 200 });
  const before = await read();
  t.equal(before.body.awaitsQualityReview, true);
  await drawn.call('second-reviewer-360203', 'POST', `${url}/quality-review/confirmation`, {
    ifMatch: etagOf(before),
    status: 200,
  });
  t.equal((await read()).body.awaitsQualityReview, false);
});
