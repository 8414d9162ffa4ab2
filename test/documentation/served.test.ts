// What the documentation serves: the contract as this service can be called, compressed and cached, and the page's files.

import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import t from 'tap';
import { contractOfRoutes } from '../../scripts/openapi.ts';
import { setup } from '../helper.ts';
import { strictMatch } from '../strict-match.ts';

interface Served {
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly security: readonly object[] }>>>
  >;
}

const documented = { SUBSIDY_SWAGGER_UI: 'on' };

t.test('the contract is compact JSON, compressed as the client takes it', async (t) => {
  const { app } = await setup(t, documented);
  const ask = (encoding: string) =>
    app.inject({ url: '/openapi.json', headers: { 'accept-encoding': encoding } });
  const plain = await ask('identity');
  t.equal(plain.headers['content-encoding'], undefined);
  t.equal(plain.body, JSON.stringify(JSON.parse(plain.body)), 'no space between');
  const brotli = await ask('gzip, deflate, br');
  t.equal(brotli.headers['content-encoding'], 'br');
  t.equal(brotliDecompressSync(brotli.rawPayload).toString(), plain.body);
  t.ok(brotli.rawPayload.length * 8 < plain.rawPayload.length, 'an eighth of its size');
  const gzip = await ask('gzip, br;q=0');
  t.equal(gzip.headers['content-encoding'], 'gzip');
  t.equal(gunzipSync(gzip.rawPayload).toString(), plain.body);
  strictMatch(t, gzip.headers, { vary: 'accept-encoding', 'cache-control': 'no-cache' });
});

t.test('a browser that has the contract is told so, until the day changes', async (t) => {
  const { app, clock } = await setup(t, documented);
  const first = await app.inject({ url: '/openapi.json' });
  const headers = { 'if-none-match': String(first.headers.etag) };
  const again = await app.inject({ url: '/openapi.json', headers });
  t.strictSame([again.statusCode, again.body], [304, '']);
  clock.set('2025-07-06');
  const nextDay = await app.inject({ url: '/openapi.json', headers });
  t.equal(nextDay.statusCode, 200, 'the examples name another day');
  t.not(nextDay.headers.etag, first.headers.etag);
  t.ok(nextDay.body.includes('"asOf":"2025-07-05T16:00:00Z"'));
});

t.test('each file of the page is kept for ever, under an address made from all of them', async (t) => {
  const { app } = await setup(t, documented);
  const page = await app.inject({ url: '/docs/' });
  strictMatch(t, page.headers, { 'cache-control': 'no-cache', 'content-type': /^text\/html/ });
  const addresses = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
  const ofFiles = addresses.filter((address) => !/^(\.\.|#)/.test(address));
  t.ok(ofFiles.length >= 6, ofFiles.join(' '));
  for (const address of ofFiles) {
    const file = await app.inject({ url: `/docs/${address}`, headers: { 'accept-encoding': 'br' } });
    t.equal(file.statusCode, 200, address);
    t.equal(file.headers['cache-control'], 'public, max-age=31536000, immutable', address);
    t.equal(file.headers['content-encoding'], 'br', address);
  }
  t.equal((await app.inject({ url: '/docs/of-yesterday/main.js' })).statusCode, 404);
});

t.test('the page may load its own files only, and evaluates no text', async (t) => {
  const { app } = await setup(t, documented);
  const policy = String((await app.inject({ url: '/docs/' })).headers['content-security-policy']);
  t.match(policy, /default-src 'none'.*script-src 'self';.*connect-src 'self';/);
  t.notMatch(policy, /https?:|\*|unsafe-eval/);
});

t.test('the sandbox grants tokens itself, and its contract says where', async (t) => {
  const { app } = await setup(t, documented);
  const { components, paths }: Served = JSON.parse((await app.inject({ url: '/openapi.json' })).body);
  t.strictSame(Object.keys(components.securitySchemes), ['oauth2', 'signature', 'bearer']);
  strictMatch(t, components.securitySchemes['oauth2'], {
    type: 'oauth2',
    flows: { clientCredentials: { tokenUrl: '/sandbox/issuer/token' } },
  });
  t.strictSame(paths['/v1/policies']?.['get']?.security, [
    { oauth2: ['eligibility'] },
    { bearer: [] },
    { signature: [] },
  ]);
  t.strictSame(paths['/health/live']?.['get']?.security, []);
  t.ok(JSON.stringify(await contractOfRoutes()).includes('"bearer":[]'));
});

t.test('the root leads to the documentation, and without one it says that nothing is there', async (t) => {
  const { app } = await setup(t, documented);
  for (const url of ['/', '/docs']) {
    const { statusCode, headers } = await app.inject({ url });
    t.strictSame([statusCode, headers.location], [302, '/docs/'], url);
  }
  const { app: without } = await setup(t);
  const answer = await without.inject({ url: '/' });
  t.equal(answer.statusCode, 404);
  strictMatch(t, answer.json(), { code: 'not-found', detail: '没有这个地址，请查阅接口文档。' });
});
