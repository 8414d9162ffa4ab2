// Authentication over HTTP: the answers, and that reasons appear in the log only.

import fastify, { type FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { permit } from '../../../src/platform/access/permissions.ts';
import { createTokenVerifier, InvalidToken } from '../../../src/platform/access/tokens/tokens.ts';
import { actorOf, authenticate } from '../../../src/platform/http/authenticate.ts';
import { answerError, answerNotFound } from '../../../src/platform/http/problems/answer.ts';
import { fixedClock, goodClaims, makeKey, signWith, startIssuer } from './loopback-issuer.ts';

const key = await makeKey('EdDSA', 'one');

async function setup(t: Test) {
  const issuer = await startIssuer(t, [key]);
  const clock = fixedClock('2025-07-01T08:00:00Z');
  const log: string[] = [];
  const app = fastify({ logger: { level: 'info', stream: { write: (line: string) => log.push(line) } } });
  t.teardown(() => app.close());
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  await app.register(authenticate, {
    guard: permit,
    tokens: createTokenVerifier({ issuers: [issuer.trust], clock: clock.now }),
    verifySignature: async () => {
      throw new InvalidToken('no apps here');
    },
    certificateOf: () => null,
    failuresPerMinute: 300,
    requestsPerAddress: 30_000,
  });
  await app.register(features);
  const claims = goodClaims(issuer.trust, clock.now());
  const get = (url: string, authorization?: string) =>
    app.inject({ url, headers: authorization === undefined ? {} : { authorization } });
  return { issuer, claims, log, get, good: await signWith(key, claims) };
}

async function features(app: FastifyInstance): Promise<void> {
  app.get('/cases', async (request) => ({ subject: actorOf(request).subject }));
  app.get('/open', { config: { public: true } }, async (request) => ({ actor: request.actor }));
  app.get('/confused', { config: { public: true } }, async (request) => actorOf(request));
}

t.test('a protected route has its actor, whatever the case of the scheme', async (t) => {
  const { get, good } = await setup(t);
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const response = await get('/cases', `${scheme} ${good}`);
    t.strictSame([response.statusCode, response.json()], [200, { subject: 'officer-7' }]);
  }
});

t.test('a request without a token gets 401 with a challenge', async (t) => {
  const { get } = await setup(t);
  const response = await get('/cases');
  t.equal(response.statusCode, 401);
  t.equal(response.json().code, 'token-missing');
  t.equal(response.headers['www-authenticate'], 'Bearer');
});

t.test('every invalid token gets the same answer, and the reason only goes to the log', async (t) => {
  const { issuer, claims, log, get, good } = await setup(t);
  const stranger = await makeKey('EdDSA', 'one');
  const bad: [string, string][] = [
    [`Bearer ${await signWith(key, { ...claims, exp: 1 })}`, 'ERR_JWT_EXPIRED'],
    [`Bearer ${await signWith(key, { ...claims, aud: 'another' })}`, 'claim: aud'],
    [`Bearer ${await signWith(key, { ...claims, iss: 'https://elsewhere.example' })}`, 'unknown issuer'],
    [`Bearer ${await signWith(stranger, claims)}`, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    [`Bearer ${await signWith({ ...stranger, kid: 'two' }, claims)}`, 'ERR_JWKS_NO_MATCHING_KEY'],
    [`Bearer ${'x'.repeat(10_000)}`, 'too long'],
    [`Basic ${Buffer.from('a:b').toString('base64')}`, 'not a bearer token'],
    [`Bearer ${good}, Bearer ${good}`, 'not a bearer token'],
    ['Bearer', 'not a bearer token'],
    [good, 'not a bearer token'],
  ];
  const answers = new Set<string>();
  for (const [authorization, reason] of bad) {
    log.length = 0;
    const response = await get('/cases', authorization);
    const { requestId, ...problem } = response.json();
    t.type(requestId, 'string');
    answers.add(JSON.stringify([response.statusCode, response.headers['www-authenticate'], problem]));
    t.ok(
      log.some((line) => JSON.parse(line).reason === reason),
      reason,
    );
    t.notOk(
      log.some((line) => line.includes(good)),
      'no token in the log',
    );
  }
  t.equal(answers.size, 1);
  t.match([...answers][0], /^\[401,"Bearer error=\\"invalid_token\\"",\{.*"code":"token-invalid"/);
  t.equal(issuer.fetches, 1);
});

t.test('a token with incompatible roles is rejected with the reason in Chinese', async (t) => {
  const { claims, get } = await setup(t);
  const response = await get(
    '/cases',
    `Bearer ${await signWith(key, { ...claims, roles: ['handler', 'reviewer'] })}`,
  );
  t.equal(response.statusCode, 403);
  t.equal(response.json().code, 'roles-incompatible');
  t.match(response.json().detail, /经办、审核、发放/);
});

t.test('while the issuer’s keys are unavailable the answer is 503, not an invalid token', async (t) => {
  const { issuer, get, good } = await setup(t);
  issuer.status = 500;
  const response = await get('/cases', `Bearer ${good}`);
  t.equal(response.statusCode, 503);
  t.equal(response.headers['retry-after'], '5');
});

t.test('public routes and unknown paths need no token', async (t) => {
  const { get } = await setup(t);
  t.strictSame((await get('/open')).json(), { actor: null });
  t.strictSame((await get('/open', 'Bearer nonsense')).json(), { actor: null });
  t.equal((await get('/nowhere')).statusCode, 404);
});

t.test('a public route whose handler asks for the actor fails', async (t) => {
  const { get, good } = await setup(t);
  t.equal((await get('/confused', `Bearer ${good}`)).statusCode, 500);
});

t.test('one request does not inherit the actor of another', async (t) => {
  const { get, good } = await setup(t);
  await get('/cases', `Bearer ${good}`);
  t.equal((await get('/cases')).statusCode, 401);
  t.strictSame((await get('/open')).json(), { actor: null });
});
