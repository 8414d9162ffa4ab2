// What the door adds to every answer, and whom it keeps waiting.

import t from 'tap';
import { setup } from '../helper.ts';

t.test('an answer may load nothing, be framed by nobody and be read by no other origin', async (t) => {
  const { app } = await setup(t);
  const { headers } = await app.inject({
    url: '/health/live',
    headers: { origin: 'https://elsewhere.example' },
  });
  t.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
  t.match(headers, {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'no-referrer',
  });
  t.equal(headers['access-control-allow-origin'], undefined);
});

t.test('behind TLS, and only there, browsers are told to come by TLS for a year', async (t) => {
  const { app } = await setup(t, { SUBSIDY_TRUSTED_PROXIES: '10.1.0.0/16, ::1' });
  const from = async (remoteAddress: string, protocol: string) => {
    const { headers } = await app.inject({
      url: '/health/live',
      remoteAddress,
      headers: { 'x-forwarded-proto': protocol },
    });
    return headers['strict-transport-security'];
  };
  t.equal(await from('10.1.2.3', 'https'), 'max-age=31536000; includeSubDomains');
  t.equal(await from('::1', 'https'), 'max-age=31536000; includeSubDomains');
  t.equal(await from('10.1.2.3', 'http'), undefined);
  t.equal(await from('10.2.2.3', 'https'), undefined, 'a stranger says so');
});

t.test('a client beyond its limit is told when to come back, and others are served', async (t) => {
  const { call } = await setup(t, { SUBSIDY_RATE_LIMIT: '5' });
  for (let request = 0; request < 5; request += 1) {
    await call('auditor', 'GET', '/v1/policies', { status: 200 });
  }
  const { body, headers } = await call<{ code: string }>('auditor', 'GET', '/v1/policies', { status: 429 });
  t.equal(body.code, 'too-many-requests');
  t.match(headers['retry-after'], /^[1-9]\d*$/);
  await call('platform-ganfutong', 'GET', '/v1/policies', { status: 200 });
  await call(null, 'GET', '/health/live', { status: 200 });
});

t.test(
  'one person can be asked about only so often by one client, and another person still can',
  async (t) => {
    const { call } = await setup(t);
    const ask = (identityNumber: string) =>
      call<{ code: string }>('platform-ganfutong', 'POST', '/v1/people/look-ups', {
        body: { identityNumber },
        key: null,
      });
    for (let question = 0; question < 60; question += 1)
      t.equal((await ask('36029919720511001X')).status === 429, false);
    const refused = await ask(' 36029919720511001x ');
    t.match(refused, { status: 429, body: { code: 'too-many-requests' } });
    t.not((await ask('360299197205110016')).status, 429);
  },
);
