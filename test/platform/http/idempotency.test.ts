// An Idempotency-Key makes a request safe to repeat: one effect and one answer, whatever happened to the
// connection.

import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { subjectOfOfficer } from '../../../src/platform/access/actor.ts';
import { type CallOptions, type Problem, patient, setup } from '../../helper.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { operationsOfContract } from './contract.ts';
import { fingerprint } from './fingerprint.ts';
import { passingRequests } from './requests.ts';

const city = await setup(t);
const { db, call, resident, drafted, applicationOf } = city;
const platform = 'platform-ganfutong';
const requests = await passingRequests(city);
const keyed = new Set(
  operationsOfContract().flatMap(({ isKeyed, operationId }) => (isKeyed ? [operationId] : [])),
);

async function count(table: string): Promise<number> {
  const { rows } = await db.pool.query(`select count(*)::int as n from ${table}`);
  return rows[0].n;
}

/** A body as sent: text unchanged, anything else as JSON. */
function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** A proxy that forwards every request and drops every answer. */
async function startCuttingProxy(t: Test): Promise<string> {
  const { port } = new URL(city.origin);
  const proxy = createServer((client) => {
    const service = connect(Number(port), '127.0.0.1');
    client.pipe(service);
    // The first byte of an answer arrives after the COMMIT.
    service.once('data', () => client.destroy());
    client.on('error', () => {}).on('close', () => service.destroy());
    service.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    proxy.close();
  });
  const { port: own } = proxy.address() as AddressInfo; // the cast: a TCP server's address is no pipe name
  return `http://127.0.0.1:${own}`;
}

/** Number of audit entries, and number of duplicates for one target and request. */
async function auditEntries() {
  const { rows } = await db.pool.query(`
    select coalesce(sum(n), 0)::int as entries, count(*) filter (where n > 1)::int as twice
    from (
      select count(*) as n from audit_entry group by request_id, operation, target_kind, target_id, change
    ) as said`);
  return rows[0];
}

t.test('an answer lost after the COMMIT is replayed, marked as such, and audited once', async (t) => {
  const proxy = await startCuttingProxy(t);
  for (const { operation, caller, method, url, options } of requests.filter((one) =>
    keyed.has(one.operation),
  )) {
    const key = `lost-${operation}`;
    const before = await auditEntries();
    const { body, ifMatch, headers, query } = options;
    const asked = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    const lost = fetch(`${proxy}${url}${asked}`, {
      method,
      headers: {
        authorization: `Bearer ${await city.token(caller)}`,
        'idempotency-key': key,
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? new Uint8Array(body) : textOf(body) }),
    });
    await t.rejects(lost, `${operation}: the client saw no answer`);
    const after = await auditEntries();
    t.ok(after.entries > before.entries, `${operation} was audited`);
    t.equal(after.twice, before.twice, `${operation} said nothing twice`);
    const first = await call(caller, method, url, { ...options, key });
    t.match(first.status, /^20[01]$/, `${operation} is answered`);
    t.equal(first.headers['idempotency-replayed'], 'true', `${operation} is marked`);
    const second = await call(caller, method, url, { ...options, key });
    t.strictSame(second.body, first.body, `${operation} gives the same answer`);
    for (const name of ['etag', 'location']) t.equal(second.headers[name], first.headers[name], name);
    t.equal(second.status, first.status);
    t.strictSame(await auditEntries(), after, `${operation} is audited once`);
  }
});

t.test('an Idempotency-Key belongs to one request of one client', async (t) => {
  const [applicant, another] = [await resident(), await resident()];
  const key = 'a-key-of-mine-0001';
  const body = applicationOf(applicant);
  const first = await call<Application>(platform, 'POST', '/v1/applications', { key, body, status: 201 });
  const submission = `/v1/applications/${first.body.id}/submission`;
  const submitted = { key: 'a-key-of-mine-0002', ifMatch: 1 };
  await call(platform, 'POST', submission, { ...submitted, status: 200 });

  const table: [
    what: string,
    caller: string,
    url: string,
    options: CallOptions,
    status: number,
    code?: string,
  ][] = [
    ['the same again', platform, '/v1/applications', { key, body }, 201],
    [
      'another body',
      platform,
      '/v1/applications',
      { key, body: applicationOf(another) },
      422,
      'idempotency-key-reused',
    ],
    [
      'the same body with a space',
      platform,
      '/v1/applications',
      { key, body: `${JSON.stringify(body)} ` },
      422,
      'idempotency-key-reused',
    ],
    ['another route', platform, submission, { key, ifMatch: 2 }, 422, 'idempotency-key-reused'],
    [
      'another precondition',
      platform,
      submission,
      { ...submitted, ifMatch: 2 },
      422,
      'idempotency-key-reused',
    ],
    [
      'another client',
      'platform-hall',
      '/v1/applications',
      { key, body: { ...applicationOf(another) } },
      201,
    ],
  ];
  for (const [what, caller, url, options, status, code] of table) {
    const before = await fingerprint(db);
    const answer = await call<Problem>(caller, 'POST', url, options);
    t.strictSame([answer.status, answer.body.code], [status, code], what);
    if (what !== 'another client') t.strictSame(await fingerprint(db), before, `${what} stores nothing`);
    if (what === 'another client') t.equal(answer.headers['idempotency-replayed'], undefined);
  }
});

t.test('two officers of one client may use the same Idempotency-Key', async (t) => {
  const cases = [await city.applied(), await city.applied()];
  for (const [index, one] of cases.entries()) {
    const officer = await city.tokenOf({ subject: `handler-${index}`, role: 'handler', agency: '360203' });
    const url = `/v1/applications/${one.id}/acceptance`;
    const { status, headers } = await call(officer, 'POST', url, {
      body: {},
      key: 'key-of-the-office',
      ifMatch: 2,
    });
    strictMatch(
      t,
      { status, replayed: headers['idempotency-replayed'] },
      { status: 200, replayed: undefined },
    );
  }
});

t.test('fifty parallel requests with one new Idempotency-Key have one effect', async (t) => {
  const body = applicationOf(await resident());
  const [applications, audited] = [await count('application'), await count('audit_entry')];
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      patient(call)<Application>(platform, 'POST', '/v1/applications', { key: 'fifty-at-once', body }),
    ),
  );
  t.equal(await count('application'), applications + 1);
  t.equal(await count('audit_entry'), audited + 1);
  const made = answers.filter(({ status }) => status === 201);
  t.equal(
    made.filter(({ headers }) => headers['idempotency-replayed'] !== 'true').length,
    1,
    'one is the first',
  );
  t.equal(new Set(made.map((answer) => JSON.stringify(answer.body))).size, 1, 'all others are its copies');
  for (const { status, headers, body } of answers.filter((answer) => answer.status !== 201)) {
    strictMatch(t, { status, body }, { status: 409, body: { code: 'idempotency-key-in-flight' } });
    t.match(headers['retry-after'], /^[1-9]\d*$/);
  }
});

t.test('a rejected request leaves its Idempotency-Key free', async (t) => {
  const body = applicationOf(await resident());
  const key = 'first-wrong-then-right';
  const wrong = await call(platform, 'POST', '/v1/applications', {
    key,
    body: { ...body, months: ['2025-07'] },
  });
  t.equal(wrong.status, 400);
  const right = await call(platform, 'POST', '/v1/applications', { key, body });
  strictMatch(t, right, { status: 201, headers: { 'idempotency-replayed': undefined } });
});

t.test('a replay returns the original answer, not the current state', async (t) => {
  const applicant = await resident();
  const draft = await drafted(applicant);
  const url = `/v1/applications/${draft.id}/submission`;
  const first = await call<Application>(platform, 'POST', url, {
    key: 'submit-once',
    ifMatch: 1,
    status: 200,
  });
  await city.act('handler-360203', first.body, 'acceptance');
  const again = await call<Application>(platform, 'POST', url, {
    key: 'submit-once',
    ifMatch: 1,
    status: 200,
  });
  t.strictSame(again.body, first.body);
  t.equal(again.body.state, 'submitted');
});

t.test('every operation with an effect requires an Idempotency-Key, and no other does', async (t) => {
  for (const { operation, caller, method, url, options } of requests) {
    if (method !== 'POST') continue;
    const { status, body } = await call<Problem>(caller, method, url, { ...options, key: null });
    if (keyed.has(operation))
      strictMatch(t, { status, body }, { status: 400, body: { code: 'idempotency-key-missing' } }, operation);
    else t.match(status, /^20[01]$/, operation);
  }
});

t.test('callers whose joined names would be equal share no answer, case or signature', async (t) => {
  const names = [
    { clientId: 'a|b', subject: 'c' },
    { clientId: 'a', subject: 'b|c' },
    { clientId: 'a\\', subject: 'b|c' },
  ];
  const made = await Promise.all(
    names.map(async (name) => {
      const caller = await city.tokenOf({ ...name, role: 'platform' });
      const body = applicationOf(await resident());
      const options = { key: 'the-same-key', body, status: 201 };
      return (await call<Application>(caller, 'POST', '/v1/applications', options)).body.id;
    }),
  );
  t.equal(new Set(made).size, names.length);
  const { rows } = await db.pool.query(
    `select actor, client_id from audit_entry
    where target_id = any ($1) and operation = 'createApplication'`,
    [made],
  );
  t.equal(new Set(rows.map((row) => row.client_id)).size, names.length);
  t.strictSame([...new Set(rows.map((row) => subjectOfOfficer(row.actor)))].sort(), ['b|c', 'c']);
});

t.test('an Idempotency-Key has 8 to 200 visible characters', async (t) => {
  const body = applicationOf(await resident());
  for (const key of ['short', 'x'.repeat(201), 'with a space', 'tab\tinside', 'größer-als-ascii']) {
    const { status, body: answer } = await call<Problem>(platform, 'POST', '/v1/applications', { key, body });
    const errors = [{ pointer: '/headers/idempotency-key', code: 'wrong-format' }];
    strictMatch(t, { status, errors: answer.errors }, { status: 400, errors }, key.slice(0, 20));
  }
});
