// Security headers, rate limits and access to Swagger UI.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../../src/platform/config/config.ts';
import { makeMasterKey } from '../../../src/platform/encryption/data-keys.ts';
import { setup } from '../../helper.ts';
import { questionAbout } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

t.test('security headers forbid loading, framing and reading by other origins', async (t) => {
  const { app } = await setup(t);
  const { headers } = await app.inject({
    url: '/health/live',
    headers: { origin: 'https://elsewhere.example' },
  });
  t.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
  strictMatch(t, headers, {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'no-referrer',
  });
  t.equal(headers['access-control-allow-origin'], undefined);
});

t.test('over TLS only, answers require browsers to use TLS for a year', async (t) => {
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

t.test('a client beyond its rate limit is told when to retry, and others are served', async (t) => {
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

t.test('requests by one client about one person are limited, and about another person not', async (t) => {
  const { call } = await setup(t);
  const ask = (identityNumber: string) =>
    call<{ code: string }>('platform-ganfutong', 'POST', '/v1/people/look-ups', {
      body: questionAbout({ identityNumber, name: '王建国' }),
      key: null,
    });
  for (let question = 0; question < 60; question += 1)
    t.equal((await ask('36029919720511001X')).status === 429, false);
  const spellings = [
    ' 36029919720511001x ',
    '３６０２９９１９７２０５１１００１Ｘ',
    '36029919720511001ｘ\u3000',
  ];
  for (const spelling of spellings) {
    const refused = await ask(spelling);
    t.strictSame([refused.status, refused.body.code], [429, 'too-many-requests'], spelling);
  }
  t.not((await ask('360299197205110016')).status, 429);
});

t.test('Swagger UI works under a content policy without other hosts', async (t) => {
  const { app } = await setup(t, { SUBSIDY_SWAGGER_UI: 'on' });
  const page = await app.inject({ url: '/docs/' });
  t.equal(page.statusCode, 200);
  const policy = String(page.headers['content-security-policy']);
  t.notMatch(policy, /https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  // Everything that the page loads exists, is served by us and is allowed by the policy.
  const named = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
  t.ok(named.length >= 5, named.join(' '));
  t.notMatch(page.body, /<script(?![^>]*\bsrc=)[^>]*>\s*\S|\son\w+=/, 'no script stands in the page itself');
  for (const address of named.filter((one) => !one.startsWith('#'))) {
    const url = new URL(address, 'http://service.example/docs/');
    t.equal(url.host, 'service.example', address);
    const asset = await app.inject({ url: url.pathname });
    t.equal(asset.statusCode, 200, address);
    const isScript = /javascript/.test(String(asset.headers['content-type']));
    if (isScript)
      t.notMatch(asset.body, /(?:fetch|import|importScripts)\(\s*["']https?:/, `${address} calls nobody`);
    if (/css/.test(String(asset.headers['content-type'])))
      t.notMatch(asset.body, /url\(\s*["']?https?:/, `${address} loads nothing of others`);
  }
  t.equal((await app.inject({ url: '/openapi.json' })).statusCode, 200);
});

t.test('in production there is no sandbox, and Swagger UI only when switched on', async (t) => {
  const folder = t.testdir({});
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, makeMasterKey());
  const production = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgresql://h/d',
    SUBSIDY_MASTER_KEY_FILE: keyFile,
    SUBSIDY_TOKEN_ISSUER: 'https://id.example',
    SUBSIDY_TOKEN_AUDIENCE: 'subsidy',
    SUBSIDY_TOKEN_JWKS_URL: 'https://id.example/jwks',
  };
  const usual = await readConfig(production);
  strictMatch(t, usual, { sandbox: false, swaggerUi: false });
  strictMatch(t, await readConfig({ ...production, SUBSIDY_SWAGGER_UI: 'on' }), {
    sandbox: false,
    swaggerUi: true,
  });
  await t.rejects(readConfig({ ...production, SUBSIDY_SANDBOX: 'on' }));
  const { app } = await setup(
    t,
    {},
    {
      config: { issuers: usual.issuers, sandbox: false, swaggerUi: false },
    },
  );
  for (const url of ['/docs/', '/openapi.json', '/sandbox/issuer/jwks', '/sandbox/issuer/token']) {
    t.equal((await app.inject({ url })).statusCode, 404, url);
  }
});

t.test('no answer reveals whether a person exists to a caller without permission', async (t) => {
  const { call, applied } = await setup(t);
  const application = await applied();
  const strip = ({ status, body }: { status: number; body: object }) => {
    const { requestId: _, ...rest } = body as { requestId?: string };
    return { status, ...rest };
  };
  const nobody = '00000000-0000-7000-8000-000000000000';
  const paths = ['/v1/applications/ID', '/v1/people/ID/records', '/v1/people/ID/access-report'];
  for (const path of paths) {
    for (const caller of ['handler-360281', 'platform-wujia2', 'street-360281001']) {
      const id = path.includes('applications') ? application.id : application.personId;
      const [foreign, absent] = await Promise.all(
        [id, nobody].map((one) => call<object>(caller, 'GET', path.replace('ID', one))),
      );
      t.ok(foreign !== undefined && foreign.status >= 400, `${caller} ${path}: ${foreign?.status}`);
      t.strictSame(foreign && strip(foreign), absent && strip(absent), `${caller} ${path}`);
    }
  }
});
