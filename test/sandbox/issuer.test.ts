// The sandbox's issuer over HTTP, with tokens that the service verifies like any others.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { decodeJwt, SignJWT } from 'jose';
import t, { type Test } from 'tap';
import { oauthScopes } from '../../src/platform/access/oauth-scopes.ts';
import { permissions, permit } from '../../src/platform/access/permissions.ts';
import { createTokenVerifier, InvalidToken } from '../../src/platform/access/tokens/tokens.ts';
import { actorOf, authenticate } from '../../src/platform/http/authenticate.ts';
import { answerError } from '../../src/platform/http/problems/answer.ts';
import { sandboxIssuer, sandboxTrust } from '../../src/sandbox/issuer.ts';
import { readPersonas } from '../../src/sandbox/personas.ts';
import { fixedClock } from '../platform/access/loopback-issuer.ts';
import { strictMatch } from '../strict-match.ts';

/** A service that verifies against its own issuer over loopback, as `npm start` does. */
async function setup(
  t: Test,
  keyFile = join(temporaryFolder(t), 'keys', 'issuer.pem'),
  environment = 'test',
) {
  const clock = fixedClock('2025-07-01T08:00:00Z');
  const app = fastify();
  t.teardown(() => app.close());
  const trust = sandboxTrust('http://sandbox.example:8080', () => app.listeningOrigin);
  app.setErrorHandler(answerError);
  await app.register(authenticate, {
    guard: permit,
    tokens: createTokenVerifier({ issuers: [trust], clock: clock.now }),
    verifySignature: async () => {
      throw new InvalidToken('no apps here');
    },
    certificateOf: () => null,
    failuresPerMinute: 300,
    requestsPerAddress: 30_000,
  });
  await app.register(sandboxIssuer, {
    issuer: trust.issuer,
    keyFile,
    clock: clock.now,
    environment,
    mostLifeSeconds: 3_600,
  });
  app.get('/me', async (request) => ({ ...actorOf(request), scopes: [...actorOf(request).scopes] }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const ask = (form: Record<string, string> | string, headers: Record<string, string> = {}) =>
    fetch(`${url}/sandbox/issuer/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  const tokenOf = async (persona: string): Promise<string> => {
    const response = await ask({
      grant_type: 'client_credentials',
      client_id: persona,
      client_secret: 'sandbox',
    });
    return (await body(response))['access_token'];
  };
  const me = async (token: string) => fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } });
  return { app, clock, url, keyFile, ask, tokenOf, me };
}

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'issuer-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Untyped on purpose: what arrives is the subject of these tests.
// biome-ignore lint/suspicious/noExplicitAny: see above
async function body(response: Response): Promise<any> {
  return response.json();
}

t.test('every persona gets a token that the service accepts as that persona', async (t) => {
  const { tokenOf, me } = await setup(t);
  for (const { id, name, role, agency, scopes } of readPersonas().values()) {
    const actor = await body(await me(await tokenOf(id)));
    t.strictSame(
      actor,
      {
        subject: id,
        issuer: 'http://sandbox.example:8080/sandbox/issuer',
        clientId: id,
        name,
        roles: [role],
        agency,
        scopes,
      },
      id,
    );
  }
});

t.test('there is a persona for each role, agency and street', async (t) => {
  const personas = readPersonas();
  const expected = [
    'platform-ganfutong',
    'platform-wujia2',
    'platform-hall',
    'provincial-system',
    'auditor',
    'administrator',
    'second-administrator',
  ];
  for (const agency of ['360202', '360203', '360222', '360281', '3602G1', '3602G2']) {
    for (const post of ['handler', 'reviewer', 'second-reviewer', 'payer', 'finance'])
      expected.push(`${post}-${agency}`);
  }
  t.strictSame(
    [...personas.keys()].filter((id) => !id.startsWith('street-')),
    expected,
  );
  t.ok([...personas.keys()].filter((id) => /^street-3602\d{5}$/.test(id)).length >= 59);
  t.match(personas.get('street-360203001')?.name, /街道 窗口人员$/);
  t.notOk(personas.has('street-360203999'));
});

t.test("a persona's scopes are those that its role's operations require", async (t) => {
  const personas = readPersonas();
  const finance = personas.get('finance-360203');
  t.strictSame([...(finance?.scopes ?? [])].sort(), [
    'disbursements:read',
    'disbursements:write',
    'statistics',
  ]);
  const asked = new Set<string>(Object.values(permissions).map(({ oauthScope }) => oauthScope));
  t.strictSame(
    Object.keys(oauthScopes).filter((scope) => !asked.has(scope)),
    [],
    'no scope that opens nothing',
  );
});

t.test('Swagger UI can get a token by HTTP Basic with the selected scopes', async (t) => {
  const { ask, me } = await setup(t);
  const authorization = `Basic ${Buffer.from('finance-360203:sandbox').toString('base64')}`;
  const response = await ask(
    { grant_type: 'client_credentials', scope: 'eligibility disbursements:read' },
    { authorization },
  );
  t.equal(response.status, 200);
  t.equal(response.headers.get('cache-control'), 'no-store');
  const { access_token: token, scope, token_type: type, expires_in: seconds } = await body(response);
  t.strictSame(
    [scope, type, seconds],
    ['disbursements:read', 'Bearer', 3600],
    'only what it asked for and has',
  );
  t.strictSame((await body(await me(token))).scopes, ['disbursements:read']);
});

t.test('an invalid token request is rejected with an OAuth error', async (t) => {
  const { ask } = await setup(t);
  const good = { grant_type: 'client_credentials', client_id: 'auditor', client_secret: 'sandbox' };
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const grant = { grant_type: 'client_credentials' };
  const wrong: [string, Promise<Response>, number, string][] = [
    ['unknown persona', ask({ ...good, client_id: 'nobody' }), 401, 'invalid_client'],
    ['a property of objects as persona', ask({ ...good, client_id: 'constructor' }), 401, 'invalid_client'],
    ['wrong secret', ask({ ...good, client_secret: 'guess' }), 401, 'invalid_client'],
    ['no client', ask(grant), 401, 'invalid_client'],
    ['wrong secret by Basic', ask(grant, basic('auditor:guess')), 401, 'invalid_client'],
    ['a colon too many', ask(grant, basic('auditor:sandbox:x')), 401, 'invalid_client'],
    ['another scheme', ask(grant, { authorization: 'Digest x' }), 401, 'invalid_client'],
    ['secret in both places', ask(good, basic('auditor:sandbox')), 401, 'invalid_client'],
    ['another grant', ask({ ...good, grant_type: 'password' }), 400, 'unsupported_grant_type'],
    ['nothing', ask({}), 400, 'unsupported_grant_type'],
    ['a scope it does not have', ask({ ...good, scope: 'decisions' }), 400, 'invalid_scope'],
    [
      'a repeated parameter',
      ask('grant_type=client_credentials&client_id=a&client_id=b'),
      400,
      'invalid_request',
    ],
  ];
  for (const [title, asked, status, error] of wrong) {
    const response = await asked;
    t.strictSame([response.status, (await body(response)).error], [status, error], title);
  }
});

t.test('the token endpoint accepts only short forms', async (t) => {
  const { url } = await setup(t);
  const post = (contentType: string, text: string) =>
    fetch(`${url}/sandbox/issuer/token`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: text,
    });
  t.equal((await post('application/json', '{}')).status, 415);
  t.equal((await post('application/x-www-form-urlencoded', 'x'.repeat(5_000))).status, 413);
});

t.test("only the issuer's routes accept forms", async (t) => {
  const { app, url } = await setup(t);
  t.notOk(app.hasContentTypeParser('application/x-www-form-urlencoded'));
  t.ok(app.hasContentTypeParser('application/json'));
  t.equal((await fetch(`${url}/me`)).status, 401, 'and the rest of the service stays closed');
});

t.test('discovery names the addresses, and the key set contains no private key', async (t) => {
  const { url } = await setup(t);
  const discovered = await body(await fetch(`${url}/sandbox/issuer/.well-known/openid-configuration`));
  t.equal(discovered.issuer, 'http://sandbox.example:8080/sandbox/issuer');
  t.equal(discovered.jwks_uri, 'http://sandbox.example:8080/sandbox/issuer/jwks');
  t.equal(discovered.token_endpoint, 'http://sandbox.example:8080/sandbox/issuer/token');
  const { keys } = await body(await fetch(`${url}/sandbox/issuer/jwks`));
  t.equal(keys.length, 1);
  t.strictSame(Object.keys(keys[0]).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

t.test("the issuer's key is readable by its owner only, and it and tokens survive a restart", async (t) => {
  const before = await setup(t);
  const token = await before.tokenOf('auditor');
  t.equal(statSync(before.keyFile).mode & 0o777, 0o600);
  await before.app.close();
  const after = await setup(t, before.keyFile);
  t.equal((await after.me(token)).status, 200);
  after.clock.advance(3_700);
  t.equal((await after.me(token)).status, 401, 'until it expires');
  t.not(decodeJwt(token).jti, decodeJwt(await after.tokenOf('auditor')).jti);
});

t.test('an invalid key file stops the start', async (t) => {
  const keyFile = join(temporaryFolder(t), 'issuer.pem');
  writeFileSync(keyFile, 'nonsense');
  await t.rejects(setup(t, keyFile));
});

t.test("the sandbox's issuer does not start in production", async (t) => {
  await t.rejects(setup(t, undefined, 'production'), /refused in production/);
});

t.test('npm run token prints the token alone, or says what to do and fails', async (t) => {
  const { app, url, me } = await setup(t);
  const run = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const { hostname: HOST, port: PORT } = new URL(url);
      const options = { env: { ...process.env, HOST, PORT } };
      const child = execFile(process.execPath, ['scripts/token.ts', ...args], options, (_error, out, err) =>
        resolve({ code: child.exitCode ?? -1, out, err }),
      );
    });
  const good = await run('handler-360203', '--url', url);
  strictMatch(t, good, { code: 0, err: '', out: /^[\w-]+\.[\w-]+\.[\w-]+\n$/ });
  t.equal((await me(good.out.trim())).status, 200);
  strictMatch(t, await run('handler-360203'), { code: 0, err: '' });
  strictMatch(t, await run('nobody', '--url', url), {
    code: 1,
    out: '',
    err: /^没有测试人员 nobody，.* · there is no persona nobody; there are:\n {2}platform-ganfutong +赣服通\n/,
  });
  strictMatch(t, await run(), { code: 1, out: '', err: /用法/ });
  strictMatch(t, await run('a', 'b'), { code: 1, out: '', err: /用法/ });
  strictMatch(t, await run('auditor', '--uri', url), { code: 1, out: '', err: /用法/ });
  const other = fastify();
  t.teardown(() => other.close());
  const elsewhere = await other.listen({ port: 0, host: '127.0.0.1' });
  strictMatch(t, await run('auditor', '--url', elsewhere), { code: 1, out: '', err: /不签发沙箱令牌/ });
  const otherIssuer = fastify();
  t.teardown(() => otherIssuer.close());
  const access_token = await new SignJWT({ aud: 'something-else' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.alloc(32, 7));
  otherIssuer.addContentTypeParser('*', (_request, _body, done) => done(null));
  otherIssuer.setNotFoundHandler(async (_request, reply) => reply.code(200).send({ access_token }));
  const atIssuer = await otherIssuer.listen({ port: 0, host: '127.0.0.1' });
  strictMatch(t, await run('auditor', '--url', atIssuer), { code: 1, out: '', err: /不签发沙箱令牌/ });
  await app.close();
  strictMatch(t, await run('auditor', '--url', url), { code: 1, out: '', err: /没有服务在运行.*npm start/ });
});
