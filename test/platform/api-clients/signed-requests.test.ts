// Signed requests: what is accepted, what is rejected, and key rotation.

import { createHash, createSecretKey, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import t from 'tap';
import {
  readSignedHeader,
  type SignatureScheme,
  signatureSchemes,
  signText,
  textToSign,
} from '../../../src/platform/access/signed-request.ts';
import { materialForm } from '../../applications/material-form.ts';
import { type CallOptions, type Problem, setup } from '../../helper.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

interface Key {
  readonly apiClientId: string;
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
  readonly version?: string;
  readonly ifMatch?: string;
  readonly idempotencyKey?: string;
  readonly contentType?: string;
}

/** A header and the Idempotency-Key that it signs. */
interface Signed {
  readonly authorization: string;
  readonly key: string | null;
}

const city = await setup(t);
const { call, clock, db } = city;

/** The Authorization header of a signed request, as a platform makes it, with `changes`. */
function sign(
  key: Key,
  method: string,
  url: string,
  content: string | Buffer = '',
  changes: Changes = {},
): Signed {
  const scheme = changes.scheme ?? 'SUBSIDY-HMAC-SM3';
  const digest = createHash(signatureSchemes[scheme])
    .update(changes.content ?? content)
    .digest('hex');
  const { app = key.apiClientId, key: number = key.keyNumber, nonce = randomUUID() } = changes;
  const timestamp = changes.timestamp ?? Math.floor(clock.now().epochMilliseconds / 1_000);
  const head = { scheme, app, key: number, timestamp, nonce, digest };
  const secret = createSecretKey(changes.secret ?? key.secret, 'base64url');
  const idempotencyKey = changes.idempotencyKey ?? (method !== 'GET' ? randomUUID() : undefined);
  const headers = {
    'if-match': changes.ifMatch,
    'idempotency-key': idempotencyKey,
    'content-type': changes.contentType ?? (content === '' ? undefined : 'application/json'),
  };
  const signed = { method: changes.method ?? method, url: changes.url ?? url, headers };
  const signature = signText(scheme, secret, textToSign(head, signed)).toString('hex');
  const said = { version: changes.version ?? '2', app, key: number, timestamp, nonce, digest, signature };
  const parts = Object.entries(said).map(([name, value]) => `${name}=${value}`);
  return { authorization: `${scheme} ${parts.join(', ')}`, key: idempotencyKey ?? null };
}

/** A form whose content type, with its boundary, is signed. */
function signedForm() {
  const form = materialForm('identity-card');
  return { ...form, signed: { contentType: form.headers?.['content-type'] ?? '' } };
}

async function makeApp(apiClientId: string, scopes: readonly string[], role?: string): Promise<Key> {
  const body = { apiClientId, name: '测试平台', scopes, ...(role === undefined ? {} : { role }) };
  return (await call<Key>('administrator', 'POST', '/v1/api-clients', { body, key: null, status: 201 })).body;
}

const send = <T = Problem>(
  signed: Signed | string,
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  options: CallOptions = {},
) => {
  const { authorization, key } = typeof signed === 'string' ? { authorization: signed, key: null } : signed;
  return call<T>(null, method, url, { key, ...options, headers: { ...options.headers, authorization } });
};

const list = '/v1/applications?state=draft&limit=50';
const all = ['applications:read', 'applications:write', 'eligibility', 'people:look-up'];
const app = await makeApp('batch-one', all);
const other = await makeApp('batch-two', all);

t.test('the text to sign has a line for each part of the request, as sent', (t) => {
  const scheme = 'SUBSIDY-HMAC-SM3';
  const head = { scheme, app: 'a-b', key: 1, timestamp: 1, nonce: 'n', digest: 'd' } as const;
  const url = '/v1/x?b=2&a=1&a=%E4%B8%AD';
  t.equal(
    textToSign(head, { method: 'GET', url, headers: {} }),
    'SUBSIDY-HMAC-SM3\n2\na-b\n1\n1\nn\nGET\n/v1/x\nb=2&a=1&a=%E4%B8%AD\n\n\n\nd',
  );
  const headers = {
    'if-match': '"3"',
    'idempotency-key': 'key-of-eight',
    'content-type': 'application/json',
  };
  t.equal(
    textToSign(head, { method: 'POST', url: '/v1/x', headers }),
    'SUBSIDY-HMAC-SM3\n2\na-b\n1\n1\nn\nPOST\n/v1/x\n\n"3"\nkey-of-eight\napplication/json\nd',
  );
  t.end();
});

t.test(
  'a signature covers If-Match, Idempotency-Key, Content-Type and the order of parameters',
  async (t) => {
    const body = JSON.stringify(city.applicationOf(await city.resident()));
    const draft = await send<Application>(
      sign(app, 'POST', '/v1/applications', body),
      'POST',
      '/v1/applications',
      { body },
    );
    const url = `/v1/applications/${draft.body.id}/withdrawal`;
    const signed = () => sign(app, 'POST', url, '', { ifMatch: '"1"' });
    const refused = async (name: string, authorized: Signed, to: string, options: CallOptions) => {
      const { status, body: problem } = await send(authorized, 'POST', to, options);
      t.strictSame([status, problem.code], [401, 'token-invalid'], name);
    };
    await refused('another If-Match', signed(), url, { ifMatch: 2 });
    await refused('no If-Match', signed(), url, {});
    await refused('another Idempotency-Key', signed(), url, { ifMatch: 1, key: randomUUID() });
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const other = JSON.stringify(city.applicationOf(await city.resident()));
    const application = sign(app, 'POST', '/v1/applications', other);
    await refused('another Content-Type', application, '/v1/applications', { body: other, headers });
    const turned = '/v1/applications?limit=50&state=draft';
    t.equal((await send(sign(app, 'GET', list), 'GET', turned)).status, 401, 'another order');
    const { status } = await send(signed(), 'POST', url, { ifMatch: 1 });
    t.equal(status, 200, 'and as it was signed it passes');
  },
);

t.test('a version 1 signature is rejected with an explanation of version 2', async (t) => {
  const { authorization } = sign(app, 'GET', list);
  for (const header of [authorization.replace('version=2, ', ''), authorization.replace('=2', '=3')]) {
    const { status, body } = await send(header, 'GET', list);
    t.strictSame([status, body.code], [401, 'token-invalid']);
    t.match(body.detail, /^签名不是第 2 版：请按接入文档在 Authorization 中写明版本，/);
  }
});

t.test('many bad signatures query the database once per client name', async (t) => {
  const known = await makeApp('flooded', ['applications:read']);
  let asked = 0;
  const count = () => {
    asked += 1;
  };
  city.service.pool.on('acquire', count);
  t.teardown(() => city.service.pool.off('acquire', count));
  for (let request = 0; request < 20; request += 1) {
    t.equal((await send(sign(known, 'GET', list, '', { app: 'made-up' }), 'GET', list)).status, 401);
    t.equal((await send(sign(known, 'GET', list, '', { secret: app.secret }), 'GET', list)).status, 401);
  }
  t.equal(asked, 2);
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

t.test('a newly signed retry gets the stored answer', async (t) => {
  const body = JSON.stringify(city.applicationOf(await city.resident()));
  const key = { idempotencyKey: 'one-key-for-both' };
  const url = '/v1/applications';
  const first = await send<Application>(sign(app, 'POST', url, body, key), 'POST', url, { body });
  const second = await send<Application>(sign(app, 'POST', url, body, key), 'POST', url, { body });
  t.equal(second.headers['idempotency-replayed'], 'true');
  t.strictSame(second.body, first.body);
});

t.test('every deviation from the signed request is rejected with the same answer', async (t) => {
  const now = Math.floor(clock.now().epochMilliseconds / 1_000);
  const wrong: Record<string, Changes> = {
    'another method': { method: 'POST' },
    'another path': { url: list.replace('applications', 'disbursements') },
    'another query': { url: `${list}0` },
    'another body': { content: 'x' },
    'another secret': { secret: other.secret },
    'another app': { app: other.apiClientId },
    'an app that does not exist': { app: 'nobody-at-all' },
    'a key that does not exist': { key: 7 },
    'too old': { timestamp: now - 301 },
    'too far ahead': { timestamp: now + 301 },
    'a short nonce': { nonce: 'short' },
  };
  const shapes = new Set<string>();
  for (const [name, changes] of Object.entries(wrong)) {
    const answer = await send(sign(app, 'GET', list, '', changes), 'GET', list);
    strictMatch(t, answer, { status: 401, body: { code: 'token-invalid' } }, name);
    const { requestId: _, ...shape } = answer.body;
    shapes.add(JSON.stringify([shape, answer.headers['www-authenticate']]));
  }
  const { authorization: good } = sign(app, 'GET', list);
  const bent = [
    good.replace('SM3', 'MD5'),
    good.replace('SM3', 'SHA256'),
    good.replace(', nonce', '; nonce'),
    `${good}, app=batch-two`,
    `${good}, role=administrator`,
    good.replace(/signature=(\w)/, (_, first) => `signature=${first === '0' ? '1' : '0'}`),
    good.replace(/, digest=\w+/, ''),
    `${good.slice(0, -1)}`,
    'SUBSIDY-HMAC-SM3 ',
    'SUBSIDY-HMAC-',
    sign(app, 'GET', list, '', { ifMatch: '"1"' }).authorization,
    sign(app, 'GET', list, '', { contentType: 'application/json' }).authorization,
  ];
  for (const authorization of bent) {
    strictMatch(
      t,
      await send(authorization, 'GET', list),
      { status: 401, body: { code: 'token-invalid' } },
      authorization,
    );
  }
  t.equal(shapes.size, 1, 'nothing tells a forger what to mend');
  t.equal((await send(good, 'GET', list)).status, 200, 'and the whole one passes');
});

t.test('a signed request is accepted only once, even when sent concurrently', async (t) => {
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

t.test('a nonce is kept only while its time stamp would be accepted', async (t) => {
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
  const { rows } = await db.pool.query('select count(*)::int as kept from api_client_nonce');
  t.equal(rows[0].kept, 6);
});

t.test('a body that differs from the signed one has no effect, as JSON or as a form', async (t) => {
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
  const form = signedForm();
  const content = Buffer.isBuffer(form.body) ? form.body : Buffer.alloc(0);
  t.ok(content.length > 0);
  const changed = JSON.stringify(city.applicationOf(await city.resident()));
  const forged = await send(sign(app, 'POST', '/v1/applications', body), 'POST', '/v1/applications', {
    body: changed,
  });
  strictMatch(t, forged, { status: 401, body: { code: 'token-invalid' } });
  const other = Buffer.from(content);
  other[other.indexOf('PNG') + 20] = 0x55;
  strictMatch(
    t,
    await send(sign(app, 'POST', url, content, form.signed), 'POST', url, { ...form, body: other }),
    {
      status: 401,
    },
  );
  t.equal(await count(), before);
  t.equal(
    (await send(sign(app, 'POST', url, content, form.signed), 'POST', url, form)).status,
    201,
    'the signed one has',
  );
});

t.test('a signed form sent in pieces is accepted', async (t) => {
  const body = JSON.stringify(city.applicationOf(await city.resident()));
  const draft = await send<Application>(
    sign(app, 'POST', '/v1/applications', body),
    'POST',
    '/v1/applications',
    { body },
  );
  const url = `/v1/applications/${draft.body.id}/materials`;
  const form = signedForm();
  const content = Buffer.isBuffer(form.body) ? form.body : Buffer.alloc(0);
  const signed = sign(app, 'POST', url, content, form.signed);
  const status = await new Promise((resolve, reject) => {
    const headers = {
      ...form.headers,
      'idempotency-key': signed.key ?? '',
      authorization: signed.authorization,
    };
    const sent = httpRequest(city.origin + url, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    // On a real network, the end of a form may arrive separately.
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

t.test('an API client may do only what its scopes and the platform role allow', async (t) => {
  const reader = await makeApp('reader-only', ['applications:read']);
  t.equal((await send(sign(reader, 'GET', list), 'GET', list)).status, 200);
  const url = '/v1/applications';
  const body = JSON.stringify(city.applicationOf(await city.resident()));
  strictMatch(t, await send(sign(reader, 'POST', url, body), 'POST', url, { body }), {
    status: 403,
    body: { code: 'forbidden' },
  });
  const create = { apiClientId: 'too-much', name: '测试', scopes: ['decisions'] };
  const refused = await call<Problem>('administrator', 'POST', '/v1/api-clients', {
    body: create,
    key: null,
  });
  strictMatch(t, refused.body, { errors: [{ pointer: '/body/scopes/0', code: 'unknown-value' }] });
});

t.test(
  'the provincial system signs what it delivers and reads, and a platform cannot act as it',
  async (t) => {
    const scopes = ['records:deliver', 'decisions:export', 'events:read'];
    const system = await makeApp('province-one', scopes, 'provincial-system');
    const row = {
      kind: 'flexible-employment',
      sourceKey: 'LH-1',
      version: 1,
      identityNumber: '360299197205111035',
      from: '2024-03-01',
    };
    const deliveries = '/v1/record-deliveries';
    const body = JSON.stringify({ source: 'jx-human-resources', rows: [row] });
    strictMatch(t, await send(sign(system, 'POST', deliveries, body), 'POST', deliveries, { body }), {
      status: 201,
    });
    const application = await city.approved();
    const decisions = '/v1/decisions?limit=200';
    const read = await send<{ items: { applicationId: string }[] }>(
      sign(system, 'GET', decisions),
      'GET',
      decisions,
    );
    t.strictSame(
      read.body.items.map(({ applicationId }) => applicationId),
      [application.id],
    );
    const { rows } = await db.pool.query(
      `select actor, role from audit_entry where operation = 'listDecisions'`,
    );
    t.strictSame(rows, [{ actor: 'urn:subsidy:apps|province-one', role: 'provincial-system' }]);

    const lines = `${JSON.stringify({ source: 'jx-human-resources' })}\n${JSON.stringify({ ...row, sourceKey: 'LH-2' })}\n`;
    const streamed = sign(system, 'POST', deliveries, lines, { contentType: 'application/x-ndjson' });
    const headers = { 'content-type': 'application/x-ndjson' };
    const refused = await send(streamed, 'POST', deliveries, { body: lines, headers });
    t.strictSame(
      [refused.status, refused.body.code],
      [415, 'unsupported-media-type'],
      'as lines it is refused',
    );
    const kept = await db.pool.query(`select from record where source_key = 'LH-2'`);
    t.equal(kept.rows.length, 0, 'before any row is kept');

    t.equal((await send(sign(app, 'GET', decisions), 'GET', decisions)).status, 403);
    t.equal((await send(sign(system, 'GET', list), 'GET', list)).status, 403, 'nor it as a platform');
    for (const [role, scope] of [
      ['platform', 'decisions:export'],
      ['provincial-system', 'applications:read'],
    ] as const) {
      const create = { apiClientId: 'too-much', name: '测试', role, scopes: [scope] };
      const { status, body: problem } = await call<Problem>('administrator', 'POST', '/v1/api-clients', {
        body: create,
        key: null,
      });
      t.equal(status, 400, role);
      strictMatch(t, problem.errors, [{ pointer: '/body/scopes/0', code: 'unknown-value' }], role);
    }
    for (const role of ['handler', 'auditor', 'administrator']) {
      const create = { apiClientId: 'too-much', name: '测试', role, scopes: ['decisions:export'] };
      await call('administrator', 'POST', '/v1/api-clients', { body: create, key: null, status: 400 });
    }
  },
);

t.test('a new signing key works at once, and the old one until the overlap ends', async (t) => {
  const old = await makeApp('rotating', ['applications:read']);
  const rotate = async (overlapHours: number) =>
    (
      await call<Key>('administrator', 'POST', '/v1/api-clients/rotating/keys', {
        body: { overlapHours },
        key: null,
        status: 200,
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

t.test('an API client’s secret is shown once, stored encrypted and never logged', async (t) => {
  const key = await makeApp('secretive', ['applications:read']);
  const taken = await call<Problem>('administrator', 'POST', '/v1/api-clients', {
    body: { apiClientId: 'secretive', name: '再来', scopes: ['eligibility'] },
    key: null,
  });
  strictMatch(t, taken, { status: 409, body: { code: 'state-conflict' } });
  const { body } = await call('administrator', 'GET', '/v1/api-clients', { status: 200 });
  t.notOk(JSON.stringify(body).includes(key.secret));
  t.notOk(JSON.stringify(city.logs).includes(key.secret));
  for (const table of ['api_client', 'api_client_key', 'audit_entry', 'idempotency_key']) {
    const { rows } = await db.pool.query(
      `select 1 from ${table} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0`,
      [key.secret, Buffer.from(key.secret).toString('hex')],
    );
    t.strictSame(rows, [], table);
  }
});

t.test('no malformed Authorization header breaks the verification', async (t) => {
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
