// Every problem has one format and says what to do; internal errors reveal nothing but a request id.

import t from 'tap';
import { problems } from '../../../src/platform/problem.ts';
import { type CallOptions, type Method, type Problem, setup } from '../../helper.ts';
import { contribution } from '../../registers/residents.ts';
import { type Application, secondQuarter } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const nobody = '00000000-0000-7000-8000-000000000000';
const city = await setup(t);
const { call, resident, drafted, applied, applicationOf } = city;
const platform = 'platform-ganfutong';

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly caller?: string | null;
  readonly method?: Method;
  readonly url: string;
  readonly options?: CallOptions;
}

t.test('each problem has its status, code, texts and request id', async (t) => {
  const applicant = await resident();
  const submitted = await applied(applicant);
  const draft = await drafted(await resident());
  const submission = `/v1/applications/${draft.id}/submission`;
  const body = applicationOf(applicant);
  const cases: Refused[] = [
    { status: 401, code: 'token-missing', caller: null, url: '/v1/applications' },
    { status: 401, code: 'token-invalid', caller: 'a.b.c', url: '/v1/applications' },
    { status: 403, code: 'forbidden', caller: 'administrator', url: '/v1/applications' },
    { status: 404, code: 'not-found', url: `/v1/applications/${nobody}` },
    { status: 404, code: 'not-found', url: '/v1/no-such-thing' },
    { status: 404, code: 'not-found', method: 'POST', url: '/v1/no-such-thing', options: { body: {} } },
    { status: 405, code: 'method-not-allowed', method: 'POST', url: `/v1/applications/${draft.id}` },
    { status: 400, code: 'invalid-fields', url: '/v1/applications?limit=0' },
    { status: 400, code: 'invalid-json', method: 'POST', url: '/v1/applications', options: { body: '{' } },
    {
      status: 400,
      code: 'idempotency-key-missing',
      method: 'POST',
      url: '/v1/applications',
      options: { body, key: null },
    },
    {
      status: 409,
      code: 'state-conflict',
      method: 'POST',
      url: `/v1/applications/${submitted.id}/submission`,
      options: { ifMatch: submitted.version },
    },
    { status: 412, code: 'precondition-failed', method: 'POST', url: submission, options: { ifMatch: 7 } },
    {
      status: 413,
      code: 'payload-too-large',
      method: 'POST',
      url: '/v1/applications',
      options: { body: 'x'.repeat(300_000) },
    },
    {
      status: 415,
      code: 'unsupported-media-type',
      method: 'POST',
      url: '/v1/applications',
      options: { body: 'channel=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    },
    { status: 428, code: 'precondition-missing', method: 'POST', url: submission },
  ];
  for (const { status, code, caller = platform, method = 'GET', url, options = {} } of cases) {
    const { body, headers, ...answer } = await call<Problem & Record<string, unknown>>(
      caller,
      method,
      url,
      options,
    );
    t.equal(answer.status, status, `${method} ${url}`);
    strictMatch(t, body, {
      type: `/problems/${code}`,
      code,
      status,
      title: problems[code as keyof typeof problems].title,
    });
    t.match(body.detail, /\p{Script=Han}.*[。）]$/su, 'says in Chinese what to do');
    t.match(body.requestId, /^[0-9a-f-]{36}$/);
    t.equal(headers['content-type'], 'application/problem+json');
  }
});

t.test('a missing token is answered according to RFC 6750', async (t) => {
  const missing = await call(null, 'GET', '/v1/applications');
  t.equal(missing.headers['www-authenticate'], 'Bearer');
  const invalid = await call('a.b.c', 'GET', '/v1/applications');
  t.equal(invalid.headers['www-authenticate'], 'Bearer error="invalid_token"');
});

t.test('a wrong method is answered with the allowed ones', async (t) => {
  const { headers } = await call(platform, 'POST', `/v1/applications/${nobody}`);
  t.equal(headers['allow'], 'GET, PATCH');
});

t.test('all errors of a request are reported at once, each with its place and what to do', async (t) => {
  const applicant = await resident();
  const good = applicationOf(applicant);
  const { body } = await call<Problem>(platform, 'POST', '/v1/applications', {
    body: {
      ...good,
      channel: 'pigeon',
      quarter: '2025Q5',
      months: ['2025-4'],
      applicant: { ...good.applicant, phone: 139 },
      account: { bank: '农商行', holder: good.account.holder },
      favourite: true,
    },
  });
  t.equal(body.code, 'invalid-fields');
  t.strictSame(body.errors.map(({ pointer, code }) => `${code} ${pointer}`).sort(), [
    'required /body/account/number',
    'unknown-field /body/favourite',
    'unknown-value /body/channel',
    'wrong-format /body/months/0',
    'wrong-format /body/quarter',
    'wrong-type /body/applicant/phone',
  ]);
  for (const { detail } of body.errors) t.match(detail, /\p{Script=Han}.*。$/su);
});

t.test('all errors found by the operation are reported at once too', async (t) => {
  const applicant = await resident();
  const good = applicationOf(applicant);
  const { body } = await call<Problem>(platform, 'POST', '/v1/applications', {
    body: {
      ...good,
      channel: 'wujia2-home',
      months: ['2025-04', '2025-07'],
      applicant: { ...good.applicant, identityNumber: '360299197205110010', name: '\u200b' },
      household: { streetCode: '360203999' },
      account: { ...good.account, number: '1234-5678-9012' },
      work: { ...good.work, since: '2025-07-06' },
      undertaking: { ...good.undertaking, version: 'another', signedAt: '2025-07-05T03:00:00Z' },
    },
  });
  t.equal(body.code, 'invalid-fields');
  const places = new Set(body.errors.map(({ pointer }) => pointer));
  for (const place of [
    '/body/channel',
    '/body/months/1',
    '/body/applicant/identityNumber',
    '/body/applicant/name',
    '/body/household/streetCode',
    '/body/account/number',
    '/body/account/holder',
    '/body/work/since',
    '/body/undertaking/version',
    '/body/undertaking/signedAt',
  ]) {
    t.ok(places.has(place), place);
  }
});

t.test('a problem never repeats the values that were sent', async (t) => {
  const applicant = await resident();
  const good = applicationOf(applicant);
  const canaries = ['36029919720511777X', '6217009999999999', '13987654321'];
  const { body } = await call(platform, 'POST', '/v1/applications', {
    body: {
      ...good,
      applicant: { ...good.applicant, identityNumber: canaries[0], phone: `${canaries[2]}9` },
      account: { ...good.account, number: `${canaries[1]}x` },
      channel: canaries[0],
      months: [canaries[0]],
    },
  });
  for (const canary of canaries) t.notMatch(JSON.stringify(body), canary);
});

t.test('an unexpected error is an opaque 500 with a logged cause', async (t) => {
  const broken = await setup(t);
  const application = await broken.applied();
  // An unexpected error: a table is missing.
  await broken.db.pool.query('alter table case_part rename to case_part_hidden');
  const { status, body, headers } = await broken.call<Problem>(
    'handler-360203',
    'POST',
    `/v1/applications/${application.id}/acceptance`,
    { body: {}, ifMatch: application.version },
  );
  t.equal(status, 500);
  t.equal(headers['content-type'], 'application/problem+json');
  t.strictSame([body.code, body.errors, body.detail], ['internal', [], problems.internal.detail]);
  t.notMatch(JSON.stringify(body), /case_part|relation|select|insert/i);
  const logged = broken.logs.find(({ reqId, level }) => reqId === body.requestId && level === 50);
  // Logs the statement and SQLSTATE, not PostgreSQL's message, which may contain values.
  strictMatch(t, logged, { err: { code: '42P01', stack: /insertCasePart/ } });
  await broken.db.pool.query('alter table case_part_hidden rename to case_part');
  strictMatch(
    t,
    await broken.read(application),
    { state: 'submitted', version: application.version },
    'nothing was stored',
  );
});

t.test('a rejected request leaves one line in the log, without personal values', async (t) => {
  const applicant = await resident();
  const before = city.logs.length;
  const { body } = await call<Problem>(platform, 'POST', '/v1/applications', {
    body: { ...applicationOf(applicant), months: [...secondQuarter, '2025-07'] },
  });
  const lines = city.logs.slice(before);
  t.equal(lines.length, 1);
  strictMatch(t, lines[0], {
    operation: 'createApplication',
    status: 400,
    client: platform,
    reqId: body.requestId,
  });
  t.notMatch(
    JSON.stringify(lines),
    new RegExp(`${applicant.identityNumber}|${applicant.account}|${applicant.name}`),
  );
});

t.test('a delivery with another person’s source key is rejected by row, never as a whole', async (t) => {
  const [first, second] = [await resident(), await resident()];
  const stolen = {
    ...contribution(second, '2025-04'),
    sourceKey: contribution(first, '2025-04')['sourceKey'],
  };
  const { status, body } = await call<{
    refused: { row: number; errors: Problem['errors'] }[];
    totals: object;
  }>('provincial-system', 'POST', '/v1/record-deliveries', {
    body: { source: 'jx-human-resources', rows: [stolen, contribution(second, '2025-03')] },
  });
  t.equal(status, 201);
  strictMatch(t, body, {
    totals: { received: 2, new: 1, refused: 1 },
    refused: [{ row: 1, errors: [{ pointer: '/body/rows/0/identityNumber', code: 'other-person' }] }],
  });
});

t.test('a state conflict names the current state and what to do next', async (t) => {
  const submitted = await applied();
  const { body } = await call<Problem>(
    'reviewer-360203',
    'POST',
    `/v1/applications/${submitted.id}/comparisons`,
  );
  strictMatch(t, body, { code: 'state-conflict', status: 409 });
  const again = await call<Problem>(platform, 'POST', `/v1/applications/${submitted.id}/submission`, {
    ifMatch: submitted.version,
  });
  t.match(again.body.detail, /待受理.*不能提交/);
  const unchanged = await call<Application>(platform, 'GET', `/v1/applications/${submitted.id}`);
  t.equal(unchanged.body.version, submitted.version);
});
