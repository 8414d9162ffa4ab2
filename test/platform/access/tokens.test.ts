// Token verification against an issuer on loopback with real keys.

import { exportSPKI, type JWTPayload } from 'jose';
import t, { type Test } from 'tap';
import { type Role, roles } from '../../../src/platform/access/actor.ts';
import { IncompatibleRoles } from '../../../src/platform/access/tokens/claims.ts';
import { KeysUnavailable } from '../../../src/platform/access/tokens/key-set.ts';
import { createTokenVerifier, InvalidToken } from '../../../src/platform/access/tokens/tokens.ts';
import {
  audience,
  fixedClock,
  goodClaims,
  makeKey,
  type SigningKey,
  signWith,
  startIssuer,
} from './loopback-issuer.ts';

const start = '2025-07-01T08:00:00Z';
const ours = await makeKey('ES256', 'ours');
const strange = await makeKey('ES256', 'ours');

const invalid = (reason: string) => ({ name: 'InvalidToken', reason });

async function setup(t: Test, published: readonly SigningKey[] = [ours]) {
  const issuer = await startIssuer(t, published);
  const clock = fixedClock(start);
  const tokens = createTokenVerifier({ issuers: [issuer.trust], clock: clock.now, cacheLimit: 3 });
  const claims = (changes: Record<string, unknown> = {}): JWTPayload => {
    const all = Object.entries({ ...goodClaims(issuer.trust, clock.now()), ...changes });
    return Object.fromEntries(all.filter(([, value]) => value !== undefined));
  };
  const token = (changes: Record<string, unknown> = {}) => signWith(ours, claims(changes));
  return { issuer, clock, tokens, claims, token };
}

t.test('a valid token names its holder', async (t) => {
  const { issuer, tokens, token } = await setup(t);
  const { scopes, ...actor } = await tokens.verify(await token());
  t.strictSame(actor, {
    subject: 'officer-7',
    issuer: issuer.trust.issuer,
    clientId: 'portal',
    name: '王芳',
    roles: ['handler'],
    agency: '360203',
  });
  t.strictSame([...scopes].sort(), ['applications:read', 'decisions', 'openid']);
});

t.test('each pinned algorithm verifies, and one audience of several suffices', async (t) => {
  const keys = await Promise.all(['RS256', 'PS256', 'ES256', 'EdDSA'].map((alg) => makeKey(alg, alg)));
  const { tokens, claims } = await setup(t, keys);
  for (const key of keys) {
    const { subject } = await tokens.verify(await signWith(key, claims({ aud: ['another', audience] })));
    t.equal(subject, 'officer-7', key.alg);
  }
});

t.test('an invalid token is rejected with its specific reason', async (t) => {
  const { clock, tokens, claims, token } = await setup(t, [ours, await makeKey('RS512', 'weak')]);
  const weak = await makeKey('RS512', 'weak');
  const seconds = clock.now().epochMilliseconds / 1000;
  const good = await token();
  const [head = '', body = '', signature = ''] = good.split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const publicPem = new TextEncoder().encode(await exportSPKI(ours.publicKey));
  const bad: [string, string | Promise<string>, string][] = [
    ['empty', '', 'malformed'],
    ['no JWT', 'abc', 'malformed'],
    ['four parts', `${good}.x`, 'malformed'],
    ['longer than 8 kB', signWith(ours, claims({ padding: 'x'.repeat(10_000) })), 'too long'],
    ['alg none', `${encode({ alg: 'none', typ: 'at+jwt' })}.${body}.`, 'ERR_JOSE_ALG_NOT_ALLOWED'],
    [
      'HS256 with the public key',
      signWith({ alg: 'HS256', kid: 'ours', privateKey: publicPem }, claims()),
      'ERR_JOSE_ALG_NOT_ALLOWED',
    ],
    ['an algorithm not pinned', signWith(weak, claims()), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['another key under the same id', signWith(strange, claims()), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['no signature', `${head}.${body}.`, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    [
      'other claims under the signature',
      `${head}.${encode(claims({ roles: ['auditor'], agency: undefined }))}.${signature}`,
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    ],
    ['a key in the header', signWith(strange, claims(), { jwk: strange.jwk }), 'key in header: jwk'],
    [
      'a key address in the header',
      signWith(ours, claims(), { jku: 'http://127.0.0.1:1/' }),
      'key in header: jku',
    ],
    ['a certificate in the header', signWith(ours, claims(), { x5c: ['AA=='] }), 'key in header: x5c'],
    [
      'a certificate address in the header',
      signWith(ours, claims(), { x5u: 'http://127.0.0.1:1/' }),
      'key in header: x5u',
    ],
    ['an unknown key id', signWith({ ...ours, kid: 'unknown' }, claims()), 'ERR_JWKS_NO_MATCHING_KEY'],
    ['an ID token', signWith(ours, claims(), { typ: 'JWT' }), 'claim: typ'],
    ['no type', signWith(ours, claims(), { typ: undefined }), 'claim: typ'],
    ['a wrong issuer', token({ iss: 'https://elsewhere.example' }), 'unknown issuer'],
    ['no issuer', token({ iss: undefined }), 'unknown issuer'],
    ['an issuer that is a list', token({ iss: ['x'] }), 'unknown issuer'],
    ['a wrong audience', token({ aud: 'another-service' }), 'claim: aud'],
    ['no audience', token({ aud: undefined }), 'claim: aud'],
    ['expired', token({ exp: seconds - 6 }), 'ERR_JWT_EXPIRED'],
    ['no expiry', token({ exp: undefined }), 'claim: exp'],
    ['an expiry in words', token({ exp: '2030-01-01' }), 'claim: exp'],
    ['not yet valid', token({ nbf: seconds + 6 }), 'claim: nbf'],
    ['issued in the future', token({ iat: seconds + 6 }), 'issued in the future'],
    [
      'issued for longer than an hour',
      token({ exp: seconds + 3_601, iat: seconds }),
      'lives longer than 3600 s',
    ],
    ['no time of issue', token({ iat: undefined }), 'claim: iat'],
    ['a time of issue in words', token({ iat: 'now' }), 'claim: iat'],
    ['no subject', token({ sub: undefined }), 'claim: sub'],
    ['an empty subject', token({ sub: '' }), 'claim: sub: not a short text'],
    ['a NUL in the subject', token({ sub: 'a\0b' }), 'claim: sub: not a short text'],
    ['a subject that is a number', token({ sub: 7 }), 'claim: sub: not a short text'],
    ['no client', token({ client_id: undefined }), 'claim: client_id'],
    ['no token id', token({ jti: undefined }), 'claim: jti'],
    ['a scope list that is no text', token({ scope: ['decisions'] }), 'claim: scope: not a text'],
    ['no roles', token({ roles: undefined }), 'claim: roles: not a list of roles'],
    ['an empty list of roles', token({ roles: [] }), 'claim: roles: not a list of roles'],
    ['roles as a text', token({ roles: 'handler' }), 'claim: roles: not a list of roles'],
    ['a role that does not exist', token({ roles: ['Handler'] }), 'claim: roles: unknown role'],
    [
      'a role named like a property of objects',
      token({ roles: ['constructor'] }),
      'claim: roles: unknown role',
    ],
    ['a handler without an agency', token({ agency: undefined }), 'claim: agency: not a place of this role'],
    ['a handler of a street', token({ agency: '360203001' }), 'claim: agency: not a place of this role'],
    [
      'a street officer of a county',
      token({ roles: ['street-officer'], agency: '360203' }),
      'claim: agency: not a place of this role',
    ],
    ['a platform with an agency', token({ roles: ['platform'] }), 'claim: agency: not a place of this role'],
    ['a line break in the name', token({ name: '王\n芳' }), 'claim: name: not a short text'],
    ['bound to a key of its holder', token({ cnf: { jkt: 'x' } }), 'claim: cnf: not a certificate alone'],
    [
      'bound to a certificate and a key',
      token({ cnf: { 'x5t#S256': 'A'.repeat(43), jkt: 'x' } }),
      'claim: cnf: not a certificate alone',
    ],
    ['bound to nothing', token({ cnf: null }), 'claim: cnf: not a certificate alone'],
    ['bound to a short text', token({ cnf: { 'x5t#S256': 'A' } }), 'claim: cnf: not a certificate alone'],
  ];
  for (const [title, made, reason] of bad) {
    await t.rejects(tokens.verify(await made), invalid(reason), title);
  }
  t.equal(tokens.cachedTokens, 0, 'none of them is remembered');
});

t.test('tokens without a certificate are rejected where the issuer must bind them', async (t) => {
  const { issuer, clock, claims } = await setup(t);
  const strict = { ...issuer.trust, senderConstrained: true };
  const tokens = createTokenVerifier({ issuers: [strict], clock: clock.now });
  const reason = 'not bound to a certificate, which its issuer must do';
  await t.rejects(tokens.verify(await signWith(ours, claims())), invalid(reason));
  const thumbprint = 'A'.repeat(43);
  const bound = await signWith(ours, claims({ cnf: { 'x5t#S256': thumbprint } }));
  t.equal((await tokens.verify(bound, thumbprint)).subject, 'officer-7');
  await t.rejects(tokens.verify(bound, 'B'.repeat(43)), invalid('cnf: another certificate'));
  await t.rejects(tokens.verify(bound), invalid('cnf: no certificate'));
});

t.test('five seconds of clock skew are tolerated, no more', async (t) => {
  const { clock, tokens, token } = await setup(t);
  const seconds = clock.now().epochMilliseconds / 1000;
  await tokens.verify(await token({ exp: seconds - 4 }));
  await tokens.verify(await token({ iat: seconds + 5, nbf: seconds + 5 }));
  await t.rejects(tokens.verify(await token({ exp: seconds - 5 })), InvalidToken);
});

t.test('no pair of roles may be held by one person', async (t) => {
  const { tokens, token } = await setup(t);
  const pairs = roles.flatMap((one, index) =>
    roles.slice(index + 1).map((other): [Role, Role] => [one, other]),
  );
  t.equal(pairs.length, 36);
  for (const pair of pairs) {
    await t.rejects(tokens.verify(await token({ roles: pair })), IncompatibleRoles, pair.join(' and '));
  }
  t.strictSame((await tokens.verify(await token({ roles: ['handler', 'handler'] }))).roles, ['handler']);
});

t.test('each role requires its kind of place', async (t) => {
  const { tokens, token } = await setup(t);
  const places: [Role, string | undefined][] = [
    ['platform', undefined],
    ['provincial-system', undefined],
    ['street-officer', '360203001'],
    ['handler', '3602G1'],
    ['reviewer', '360203'],
    ['payer', '360203'],
    ['finance', '360203'],
    ['auditor', undefined],
    ['auditor', '360203'],
    ['administrator', undefined],
  ];
  for (const [role, agency] of places) {
    const actor = await tokens.verify(await token({ roles: [role], agency }));
    t.equal(actor.agency, agency ?? null, `${role} ${agency}`);
  }
});

t.test('a storm of unknown key ids fetches the keys once in 30 seconds', async (t) => {
  const { issuer, clock, tokens, claims } = await setup(t);
  const storm = async () => {
    const forged = Array.from({ length: 50 }, (_, index) =>
      signWith({ ...strange, kid: `kid-${index}` }, claims()),
    );
    const results = await Promise.allSettled(
      (await Promise.all(forged)).map((token) => tokens.verify(token)),
    );
    t.ok(results.every(({ status }) => status === 'rejected'));
  };
  await storm();
  t.equal(issuer.fetches, 1, 'the first fetch of all');
  for (let elapsed = 0; elapsed < 29; elapsed += 1) {
    clock.advance(1);
    await storm();
  }
  t.equal(issuer.fetches, 1, 'at 29 s');
  clock.advance(1);
  await storm();
  t.equal(issuer.fetches, 2, 'at 30 s');
});

t.test('many tokens do not cause many requests to a failing issuer', async (t) => {
  const { issuer, clock, tokens, claims, token } = await setup(t);
  await tokens.verify(await token());
  issuer.status = 500;
  for (let elapsed = 0; elapsed < 60; elapsed += 1) {
    clock.advance(1);
    await t.rejects(
      tokens.verify(await signWith({ ...strange, kid: `kid-${elapsed}` }, claims())),
      InvalidToken,
    );
  }
  t.equal(issuer.fetches, 3, 'the first, and one at 30 s and at 60 s');
});

t.test('a stranger who names an unknown issuer causes no request at all', async (t) => {
  const { issuer, tokens, token } = await setup(t);
  await t.rejects(tokens.verify(await token({ iss: 'http://127.0.0.1:1' })), InvalidToken);
  t.equal(issuer.fetches, 0);
});

t.test('a new signing key is fetched when first seen, and a withdrawn one stops working', async (t) => {
  const { issuer, clock, tokens, claims, token } = await setup(t);
  const next = await makeKey('ES256', 'next');
  await tokens.verify(await token());
  issuer.published = [ours, next];
  clock.advance(31);
  await tokens.verify(await signWith(next, claims()));
  t.equal(issuer.fetches, 2);

  const early = await token();
  await tokens.verify(early);
  issuer.published = [next];
  clock.advance(10 * 60);
  await t.rejects(
    tokens.verify(early),
    invalid('ERR_JWKS_NO_MATCHING_KEY'),
    'verified anew, not from memory',
  );
});

t.test('during an issuer’s outage, cached keys work for an hour', async (t) => {
  const { issuer, clock, tokens, token } = await setup(t);
  await tokens.verify(await token());
  issuer.status = 503;
  clock.advance(59 * 60);
  await tokens.verify(await token());
  clock.advance(60);
  await t.rejects(tokens.verify(await token()), KeysUnavailable);
  issuer.status = 200;
  clock.advance(1);
  await tokens.verify(await token());
});

t.test('before the issuer’s first answer no token is accepted, and it is asked once a second', async (t) => {
  const { issuer, clock, tokens, token } = await setup(t);
  issuer.status = 503;
  const good = await token();
  for (let attempt = 0; attempt < 20; attempt += 1) await t.rejects(tokens.verify(good), KeysUnavailable);
  t.equal(issuer.fetches, 1);
  issuer.status = 200;
  clock.advance(1);
  await tokens.verify(good);
});

t.test('with an invalid key set, no token is accepted', async (t) => {
  const { issuer, tokens, token } = await setup(t);
  issuer.published = [{ ...ours, jwk: { kty: 'EC', kid: 'ours', crv: 'P-256', x: '!', y: '!' } }];
  await t.rejects(tokens.verify(await token()), InvalidToken);
});

t.test('verified tokens are cached until they expire, up to a limit', async (t) => {
  const { clock, tokens, token } = await setup(t);
  const first = await token({ jti: 'first' });
  const actor = await tokens.verify(first);
  t.equal(await tokens.verify(first), actor, 'the same actor, not a new one');
  for (const jti of ['a', 'b', 'c', 'd', 'e']) await tokens.verify(await token({ jti }));
  t.equal(tokens.cachedTokens, 3);
  t.not(await tokens.verify(first), actor, 'long unused, it was forgotten and verified anew');
  clock.advance(310);
  await t.rejects(tokens.verify(first), invalid('ERR_JWT_EXPIRED'));
});

t.test('a cached token expires at its own time', async (t) => {
  const { clock, tokens, token } = await setup(t);
  const short = await token({ exp: clock.now().epochMilliseconds / 1000 + 60 });
  await tokens.verify(short);
  clock.advance(59);
  await tokens.verify(short);
  clock.advance(6);
  await t.rejects(tokens.verify(short), invalid('ERR_JWT_EXPIRED'));
});

t.test('the least recently used token is evicted from the cache first', async (t) => {
  const { tokens, token } = await setup(t);
  const [a, b] = [await token({ jti: 'a' }), await token({ jti: 'b' })];
  const [actorA, actorB] = [await tokens.verify(a), await tokens.verify(b)];
  await tokens.verify(await token({ jti: 'c' }));
  t.equal(await tokens.verify(a), actorA);
  await tokens.verify(await token({ jti: 'd' }));
  t.equal(await tokens.verify(a), actorA);
  t.not(await tokens.verify(b), actorB);
});

t.test('a clock set back makes no cached token valid', async (t) => {
  const { clock, tokens, token } = await setup(t);
  const good = await token({ nbf: clock.now().epochMilliseconds / 1000 });
  await tokens.verify(good);
  clock.advance(-60);
  await t.rejects(tokens.verify(good), invalid('claim: nbf'));
});

t.test('a clock set back does not prevent fetching new keys', async (t) => {
  const { issuer, clock, tokens, claims, token } = await setup(t);
  await tokens.verify(await token());
  clock.advance(-3_600);
  const next = await makeKey('ES256', 'next');
  issuer.published = [next];
  await tokens.verify(await signWith(next, claims()));
  t.equal(issuer.fetches, 2);
});

t.test('one issuer’s key does not verify another issuer’s token', async (t) => {
  const theirs = await makeKey('ES256', 'theirs');
  const one = await startIssuer(t, [ours]);
  const two = await startIssuer(t, [theirs]);
  const clock = fixedClock(start);
  const tokens = createTokenVerifier({ issuers: [one.trust, two.trust], clock: clock.now });
  t.equal(
    (await tokens.verify(await signWith(theirs, goodClaims(two.trust, clock.now())))).issuer,
    two.trust.issuer,
  );
  await t.rejects(
    tokens.verify(await signWith(theirs, goodClaims(one.trust, clock.now()))),
    invalid('ERR_JWKS_NO_MATCHING_KEY'),
  );
});

t.test('a token verifier needs at least one issuer, each named once', async (t) => {
  const { issuer, clock } = await setup(t);
  t.throws(() => createTokenVerifier({ issuers: [], clock: clock.now }), /no token issuer/);
  t.throws(() => createTokenVerifier({ issuers: [issuer.trust, issuer.trust], clock: clock.now }), /twice/);
});
