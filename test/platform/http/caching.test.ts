// Cache headers, and that HEAD runs no operation.

import t from 'tap';
import { setup } from '../../helper.ts';
import { passingRequests } from './requests.ts';

t.test('no answer to an authenticated caller may be cached, including problems', async (t) => {
  const { app, call, token, applied } = await setup(t);
  const application = await applied();
  const url = `/v1/applications/${application.id}`;
  for (const [caller, path, status] of [
    ['platform-ganfutong', url, 200],
    ['platform-ganfutong', '/v1/applications', 200],
    ['platform-ganfutong', '/v1/policies', 200],
    ['platform-hall', url, 404],
    ['administrator', url, 403],
    [null, url, 401],
  ] as const) {
    const { headers } = await call(caller, 'GET', path, { status });
    t.equal(headers['cache-control'], 'no-store', `${path} as ${caller}`);
  }
  const authorization = `Bearer ${await token('auditor')}`;
  const { headers } = await app.inject({ url: '/v1/unheard-of', headers: { authorization } });
  t.equal(headers['cache-control'], undefined, 'an address that does not exist is nobody’s secret');
});

t.test('a HEAD request is rejected and runs no operation', async (t) => {
  const city = await setup(t);
  const requests = await passingRequests(city);
  const { app, db, token } = city;
  const count = async () =>
    (await db.pool.query<{ count: number }>('select count(*)::int as count from audit_entry')).rows[0]?.count;
  const before = await count();
  for (const { operation, caller, method, url } of requests) {
    if (method !== 'GET') continue;
    const bearer = caller.includes('.') ? caller : await token(caller);
    const answer = await app.inject({ method: 'HEAD', url, headers: { authorization: `Bearer ${bearer}` } });
    t.equal(answer.statusCode, 405, operation);
    t.match(String(answer.headers['allow']), /^(DELETE, )?GET(, (POST|PATCH))?$/, operation);
  }
  t.equal(await count(), before);
  t.equal((await app.inject({ method: 'HEAD', url: '/health/live' })).statusCode, 200, 'a balancer may ask');
});
