// The longest lifetime of tokens is configured; a token without an issue time is rejected.

import t from 'tap';
import { setup } from '../../helper.ts';
import { goodClaims, makeKey, signWith, startIssuer } from './loopback-issuer.ts';

t.test('a token with too long a lifetime, or with no or a future issue time, is rejected', async (t) => {
  const key = await makeKey('ES256', 'ours');
  const { trust } = await startIssuer(t, [key]);
  const { app, clock, logs } = await setup(
    t,
    { SUBSIDY_TOKEN_LIFE_MINUTES: '30' },
    { config: { issuers: [trust], sandbox: false } },
  );
  const now = clock.now().epochMilliseconds / 1_000;
  const statusFor = async (times: { readonly iat: number | undefined; readonly exp: number }) => {
    const { iat: _, ...claims } = goodClaims(trust, clock.now());
    const { iat, exp } = times;
    const token = await signWith(key, { ...claims, exp, ...(iat === undefined ? {} : { iat }) });
    const headers = { authorization: `Bearer ${token}` };
    return (await app.inject({ url: '/v1/applications', headers })).statusCode;
  };
  t.equal(await statusFor({ iat: now, exp: now + 1_800 }), 200, 'the whole half hour');
  t.equal(await statusFor({ iat: now - 1_790, exp: now + 10 }), 200, 'its last seconds');
  const refused = [
    ['lives longer than 1800 s', { iat: now, exp: now + 1_801 }],
    ['lives longer than 1800 s', { iat: now - 86_400, exp: now + 10 }],
    ['lives longer than 1800 s', { iat: 0, exp: now + 10 }],
    ['claim: iat', { iat: undefined, exp: now + 10 }],
    ['issued in the future', { iat: now + 6, exp: now + 10 }],
    ['issued in the future', { iat: now + 86_400, exp: now + 86_410 }],
  ] as const;
  for (const [reason, times] of refused) {
    const before = logs.length;
    t.equal(await statusFor(times), 401, reason);
    const reasons = logs
      .slice(before)
      .flatMap((line) => (line['reason'] === undefined ? [] : [line['reason']]));
    t.strictSame(reasons, [reason]);
  }
});

t.test('the sandbox issues no token that its own service would reject', async (t) => {
  const { app } = await setup(t, { SUBSIDY_TOKEN_LIFE_MINUTES: '30' });
  const issued = await app.inject({
    method: 'POST',
    url: '/sandbox/issuer/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'grant_type=client_credentials&client_id=auditor&client_secret=sandbox',
  });
  const { access_token: token, expires_in: seconds } = issued.json();
  t.equal(seconds, 1_800);
  const read = await app.inject({ url: '/v1/policies', headers: { authorization: `Bearer ${token}` } });
  t.equal(read.statusCode, 200);
});
