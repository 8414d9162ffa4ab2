// Platforms that cannot fetch a token sign each request: what passes, what does not, and how keys change.

import { createHash, createSecretKey, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import t from 'tap';
import {
  readSignedHeader,
  type SignatureScheme,
  signatureSchemes,
  signText,
  textToSign,
} from '../../src/access/signed-request.ts';
import { materialForm } from '../applications/material-form.ts';
import { type CallOptions, type Problem, setup } from '../helper.ts';
import type { Application } from '../steps.ts';

interface Key {
  readonly appId: string;
  readonly keyNumber: number;
  readonly secret: string;
}

interface Changes {
  readonly scheme?: SignatureScheme;
  readonly app?: string;
  readonly key?: number;
  readonly timestamp?: number;
  readonly nonce?: string;
  readonly secret?: string;
  readonly method?: string;
  readonly url?: string;
  readonly content?: string | Buffer;
}

const city = await setup(t);
const { call, clock, db } = city;

/** The header of a signed request, as a platform makes it; `changes` say what it gets wrong. */
function sign(
  key: Key,
  method: string,
  url: string,
  content: string | Buffer = '',
  changes: Changes = {},
): string {
  const scheme = changes.scheme ?? 'SUBSIDY-HMAC-SM3';
  const digest = createHash(signatureSchemes[scheme])
    .update(changes.content ?? content)
    .digest('hex');
  const { app = key.appId, key: number = key.keyNumber, nonce = randomUUID() } = changes;
  const timestamp = changes.timestamp ?? Math.floor(clock.now().epochMilliseconds / 1_000);
  const head = { scheme, app, key: number, timestamp, nonce, digest };
  const secret = createSecretKey(changes.secret ?? key.secret, 'base64url');
  const signature = signText(scheme, secret, textToSign(head, changes.method ?? method, changes.url ?? url));
  return `${scheme} app=${app}, key=${number}, timestamp=${timestamp}, nonce=${nonce}, digest=${digest}, signature=${signature.toString('hex')}`;
}

async function makeApp(appId: string, scopes: readonly string[]): Promise<Key> {
  const body = { appId, name: '测试平台', scopes };
  return (await call<Key>('administrator', 'POST', '/v1/apps', { body, key: null, status: 201 })).body;
}

const send = <T = Problem>(
  authorization: string,
  method: 'GET' | 'POST',
  url: string,
  options: CallOptions = {},
) => call<T>(null, method, url, { ...options, headers: { ...options.headers, authorization } });

const list = '/v1/applications?state=draft&limit=50';
const all = ['applications:read', 'applications:write', 'eligibility', 'people:look-up'];
const app = await makeApp('batch-one', all);
const other = await makeApp('batch-two', all);

t.test('the text to sign and its signatures are those of the test vectors', async (t) => {
  const secret = createSecretKey('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8', 'base64url');
  const body = '{"identityNumber":"36029919720511103X","quarter":"2025Q2"}';
  const get = ['GET', '/v1/applications?state=submitted&limit=50', ''] as const;
  const post = ['POST', '/v1/eligibility-checks', body] as const;
  const vectors = [
    ['SUBSIDY-HMAC-SM3', get, '85f23fa4e2b018ccba1a1693ceaf3200104bb3b037381b4cb7013e5f1d5c4679'],
    ['SUBSIDY-HMAC-SM3', post, '2484cec5dc28ede9e87f3d7dd836a770b76fe9974697101dac0981fb48f7526a'],
    ['SUBSIDY-HMAC-SHA256', get, '58acef5a14f93d727a0ddbff029bde0ce14ddb0d0ceecfd0889d81aa5151ab7b'],
    ['SUBSIDY-HMAC-SHA256', post, 'ebf3e6788f3c1a2591ad9abb48c9c3f4326704e965aeff0c8427ecfe76d8874c'],
  ] as const;
  for (const [scheme, [method, url, content], expected] of vectors) {
    const digest = createHash(signatureSchemes[scheme]).update(content).digest('hex');
    const head = {
      scheme,
      app: 'ganfutong-batch',
      key: 1,
      timestamp: 1_751_680_800,
      nonce: '0197d8a1-4b00-7000',
      digest,
    };
    t.equal(
      signText(scheme, secret, textToSign(head, method, url)).toString('hex'),
      expected,
      `${scheme} ${method}`,
    );
  }
  const head = {
    scheme: 'SUBSIDY-HMAC-SM3',
    app: 'a-b',
    key: 1,
    timestamp: 1,
    nonce: 'n',
    digest: 'd',
  } as const;
  const text = textToSign(head, 'GET', '/v1/x?b=2&a=1&a=%E4%B8%AD');
  t.equal(
    text,
    'SUBSIDY-HMAC-SM3\na-b\n1\n1\nn\nGET\n/v1/x\na=%E4%B8%AD&a=1&b=2\nd',
    'pairs sorted by their bytes',
  );
});

t.test('a signed request passes, with either hash, and acts as the app', async (t) => {
  for (const scheme of ['SUBSIDY-HMAC-SM3', 'SUBSIDY-HMAC-SHA256'] as const) {
    t.equal((await send(sign(app, 'GET', list, '', { scheme }), 'GET', list)).status, 200, scheme);
  }
  const somebody = await city.resident();
  const body = JSON.stringify(city.applicationOf(somebody));
  const made = await send<Application>(
    sign(app, 'POST', '/v1/applications', body),
    'POST',
    '/v1/applications',
    { body },
  );
  t.equal(made.status, 201);
  const url = `/v1/applications/${made.body.id}`;
  t.equal((await send(sign(app, 'GET', url), 'GET', url)).status, 200);
  t.equal((await send(sign(other, 'GET', url), 'GET', url)).status, 404, 'what it made is its own');
  const { rows } = await db.pool.query(
    'select actor, client_id, role from audit_entry where target_id = $1',
    [made.body.id],
  );
  t.strictSame(rows, [
    { actor: 'urn:subsidy:apps|batch-one', client_id: 'urn:subsidy:apps|batch-one', role: 'platform' },
  ]);
});

t.test('a retry is signed anew and gives the first answer again', async (t) => {
  const body = JSON.stringify(city.applicationOf(await city.resident()));
  const options = { body, key: 'one-key-for-both' };
  const url = '/v1/applications';
  const first = await send<Application>(sign(app, 'POST', url, body), 'POST', url, options);
  const second = await send<Application>(sign(app, 'POST', url, body), 'POST', url, options);
  t.equal(second.headers['idempotency-replayed'], 'true');
  t.strictSame(second.body, first.body);
});

t.test('whatever is not as it was signed is refused, each in the same shape', async (t) => {
  const now = Math.floor(clock.now().epochMilliseconds / 1_000);
  const wrong: Record<string, Changes> = {
    'another method': { method: 'POST' },
    'another path': { url: list.replace('applications', 'disbursements') },
    'another query': { url: `${list}0` },
    'another body': { content: 'x' },
    'another secret': { secret: other.secret },
    'another app': { app: other.appId },
    'an app that does not exist': { app: 'nobody-at-all' },
    'a key that does not exist': { key: 7 },
    'too old': { timestamp: now - 301 },
    'too far ahead': { timestamp: now + 301 },
    'a short nonce': { nonce: 'short' },
  };
  const shapes = new Set<string>();
  for (const [name, changes] of Object.entries(wrong)) {
    const answer = await send(sign(app, 'GET', list, '', changes), 'GET', list);
    t.match(answer, { status: 401, body: { code: 'token-invalid' } }, name);
    const { requestId: _, ...shape } = answer.body;
    shapes.add(JSON.stringify([shape, answer.headers['www-authenticate']]));
  }
  const good = sign(app, 'GET', list);
  const bent = [
    good.replace('SM3', 'MD5'),
    good.replace('SM3', 'SHA256'),
    good.replace(', nonce', '; nonce'),
    `${good}, app=batch-two`,
    `${good}, role=administrator`,
    good.replace(/signature=\w{2}/, 'signature=00'),
    good.replace(/, digest=\w+/, ''),
    `${good.slice(0, -1)}`,
    'SUBSIDY-HMAC-SM3 ',
    'SUBSIDY-HMAC-',
  ];
  for (const authorization of bent) {
    t.match(
      await send(authorization, 'GET', list),
      { status: 401, body: { code: 'token-invalid' } },
      authorization,
    );
  }
  t.equal(shapes.size, 1, 'nothing tells a forger what to mend');
  t.equal((await send(good, 'GET', list)).status, 200, 'and the whole one passes');
});

t.test('a request is taken once, however often and however much at once it comes', async (t) => {
  const header = sign(app, 'GET', list);
  const statuses = await Promise.all(Array.from({ length: 20 }, () => send(header, 'GET', list)));
  t.equal(statuses.filter(({ status }) => status === 200).length, 1);
  t.equal(statuses.filter(({ status }) => status === 401).length, 19);
  const nonce = randomUUID();
  t.equal((await send(sign(app, 'GET', list, '', { nonce }), 'GET', list)).status, 200);
  t.equal(
    (await send(sign(other, 'GET', list, '', { nonce }), 'GET', list)).status,
    200,
    'each app has nonces of its own',
  );
});

t.test('a nonce is kept as long as its time stamp would be taken, and not for ever', async (t) => {
  const start = clock.now();
  const ahead = Math.floor(start.epochMilliseconds / 1_000) + 300;
  const header = sign(app, 'GET', list, '', { timestamp: ahead });
  t.equal((await send(header, 'GET', list)).status, 200);
  clock.set(start.add({ seconds: 600 }).toString());
  t.equal(
    (await send(sign(app, 'GET', list), 'GET', list)).status,
    200,
    'others pass, and clear what has ended',
  );
  t.equal((await send(header, 'GET', list)).status, 401, 'the last second of its time');
  clock.set(start.add({ seconds: 1_200 }).toString());
  for (let round = 0; round < 6; round += 1) await send(sign(app, 'GET', list), 'GET', list);
  const { rows } = await db.pool.query('select count(*)::int as kept from app_nonce');
  t.equal(rows[0].kept, 6);
});

t.test('a body that is not the signed one has no effect, as JSON and as a form', async (t) => {
  const count = async () =>
    (await db.pool.query('select (select count(*) from application) + (select count(*) from material) as n'))
      .rows[0].n;
  const body = JSON.stringify(city.applicationOf(await city.resident()));
  const draft = await send<Application>(
    sign(app, 'POST', '/v1/applications', body),
    'POST',
    '/v1/applications',
    { body },
  );
  const before = await count();
  const url = `/v1/applications/${draft.body.id}/materials`;
  const form = materialForm('identity-card');
  const content = Buffer.isBuffer(form.body) ? form.body : Buffer.alloc(0);
  t.ok(content.length > 0);
  const changed = JSON.stringify(city.applicationOf(await city.resident()));
  const forged = await send(sign(app, 'POST', '/v1/applications', body), 'POST', '/v1/applications', {
    body: changed,
  });
  t.match(forged, { status: 401, body: { code: 'token-invalid' } });
  const other = Buffer.from(content);
  other[other.indexOf('PNG') + 20] = 0x55;
  t.match(await send(sign(app, 'POST', url, content), 'POST', url, { ...form, body: other }), {
    status: 401,
  });
  t.equal(await count(), before);
  t.equal((await send(sign(app, 'POST', url, content), 'POST', url, form)).status, 201, 'the signed one has');
});

t.test('over the wire, in pieces, a signed form passes', async (t) => {
  const body = JSON.stringify(city.applicationOf(await city.resident()));
  const draft = await send<Application>(
    sign(app, 'POST', '/v1/applications', body),
    'POST',
    '/v1/applications',
    { body },
  );
  const url = `/v1/applications/${draft.body.id}/materials`;
  const form = materialForm('identity-card');
  const content = Buffer.isBuffer(form.body) ? form.body : Buffer.alloc(0);
  const status = await new Promise((resolve, reject) => {
    const headers = {
      ...form.headers,
      'idempotency-key': randomUUID(),
      authorization: sign(app, 'POST', url, content),
    };
    const sent = httpRequest(city.origin + url, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    // The end of a form comes by itself when a network wills it.
    const cuts = [0, 40, content.length - 2, content.length];
    cuts
      .slice(1)
      .reduce(
        (previous, end, index) =>
          previous.then(
            () =>
              new Promise<void>((done) => {
                sent.write(content.subarray(cuts[index], end), () => setImmediate(done));
              }),
          ),
        Promise.resolve(),
      )
      .then(() => sent.end(), reject);
  });
  t.equal(status, 201);
});

t.test('an app may do what its scopes say, as a platform, and no more', async (t) => {
  const reader = await makeApp('reader-only', ['applications:read']);
  t.equal((await send(sign(reader, 'GET', list), 'GET', list)).status, 200);
  const url = '/v1/applications';
  const body = JSON.stringify(city.applicationOf(await city.resident()));
  t.match(await send(sign(reader, 'POST', url, body), 'POST', url, { body }), {
    status: 403,
    body: { code: 'forbidden' },
  });
  const create = { appId: 'too-much', name: '测试', scopes: ['decisions'] };
  const refused = await call<Problem>('administrator', 'POST', '/v1/apps', { body: create, key: null });
  t.match(refused.body, { errors: [{ pointer: '/body/scopes/0', code: 'unknown-value' }] });
});

t.test('a new key works at once, the old one to the end of the overlap', async (t) => {
  const old = await makeApp('rotating', ['applications:read']);
  const rotate = async (overlapHours: number) =>
    (
      await call<Key>('administrator', 'POST', '/v1/apps/rotating/keys', {
        body: { overlapHours },
        key: null,
        status: 201,
      })
    ).body;
  const fresh = await rotate(1);
  t.not(fresh.secret, old.secret);
  const passes = async (key: Key) => (await send(sign(key, 'GET', list), 'GET', list)).status;
  t.strictSame([await passes(old), await passes(fresh)], [200, 200]);
  clock.set(clock.now().add({ hours: 1 }).toString());
  t.strictSame([await passes(old), await passes(fresh)], [401, 200]);
  const last = await rotate(0);
  t.strictSame([await passes(fresh), await passes(last)], [401, 200], 'revoked at once');
});

t.test('a secret is shown once, kept sealed, and is in no log', async (t) => {
  const key = await makeApp('secretive', ['applications:read']);
  const taken = await call<Problem>('administrator', 'POST', '/v1/apps', {
    body: { appId: 'secretive', name: '再来', scopes: ['eligibility'] },
    key: null,
  });
  t.match(taken, { status: 409, body: { code: 'state-conflict' } });
  const { body } = await call('administrator', 'GET', '/v1/apps', { status: 200 });
  t.notOk(JSON.stringify(body).includes(key.secret));
  t.notOk(JSON.stringify(city.logs).includes(key.secret));
  for (const table of ['app', 'app_key', 'audit_entry', 'idempotency_key']) {
    const { rows } = await db.pool.query(
      `select 1 from ${table} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0`,
      [key.secret, Buffer.from(key.secret).toString('hex')],
    );
    t.strictSame(rows, [], table);
  }
});

t.test('no header breaks its reader', async (t) => {
  for (const header of [
    '',
    'SUBSIDY-HMAC-SM3',
    'SUBSIDY-HMAC-SM3 =',
    'SUBSIDY-HMAC-SM3 ,,,',
    `SUBSIDY-HMAC-SM3 ${'a=b,'.repeat(10_000)}`,
    'SUBSIDY-HMAC-SM3 __proto__=x',
  ]) {
    t.equal(readSignedHeader(header), null);
  }
});
