// What the page of figures is served with: its files, small and kept, a strict policy, and only where somebody can log in.

import { brotliDecompressSync } from 'node:zlib';
import t from 'tap';
import { permissions } from '../../src/platform/access/permissions.ts';
import { setup } from '../helper.ts';
import { strictMatch } from '../strict-match.ts';

/** All that a first visit transfers, answers of the service apart. */
const mostBytes = 500_000;

t.test('the page and its files are small, compressed, and its files kept for ever', async (t) => {
  const { app } = await setup(t);
  const headers = { 'accept-encoding': 'br' };
  const page = await app.inject({ url: '/dashboard/', headers });
  strictMatch(t, page.headers, { 'cache-control': 'no-cache', 'content-type': /^text\/html/ });
  const html = brotliDecompressSync(page.rawPayload).toString();
  const addresses = new Set([...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address));
  let bytes = page.rawPayload.length;
  for (const address of addresses) {
    const file = await app.inject({ url: `/dashboard/${address}`, headers });
    t.equal(file.statusCode, 200, address);
    t.equal(file.headers['cache-control'], 'public, max-age=31536000, immutable', address);
    bytes += file.rawPayload.length;
  }
  t.ok(bytes < mostBytes, `${bytes} bytes`);
  t.strictSame((await app.inject('/dashboard')).headers.location, '/dashboard/');
});

t.test('the page may load its own files only, evaluates no text and sets no style in HTML', async (t) => {
  const { app } = await setup(t);
  const policy = String((await app.inject({ url: '/dashboard/' })).headers['content-security-policy']);
  t.equal(
    policy,
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self';font-src 'self';connect-src 'self';" +
      "form-action 'none';base-uri 'none';frame-ancestors 'none'",
  );
});

t.test('the page is told who may ask for what, as the service itself decides', async (t) => {
  const { app } = await setup(t);
  const html = (await app.inject({ url: '/dashboard/' })).body;
  const settings = /data-settings="([^"]*)"/.exec(html)?.[1]?.replaceAll('&quot;', '"') ?? '';
  const { operations } = JSON.parse(settings) as {
    operations: Record<keyof typeof permissions, { scope: string; roles: string[] }>;
  };
  for (const id of ['getStatistics', 'getForecast', 'getReconciliation', 'getWorkSummary'] as const) {
    t.equal(operations[id].scope, permissions[id].oauthScope, id);
    t.strictSame(operations[id].roles, Object.keys(permissions[id].roles), id);
  }
});

t.test('where nobody can log in there is no page; an issuer that knows the page has one', async (t) => {
  const trusted = {
    issuer: 'http://127.0.0.1:9',
    audience: 'a',
    jwksUrl: new URL('http://127.0.0.1:9/jwks'),
  };
  const served = async (issuer: typeof trusted & { docsClientId?: string }) => {
    const config = { sandbox: false, swaggerUi: false, issuers: [issuer] };
    const { app } = await setup(t, {}, { config });
    const status = async (url: string) => (await app.inject({ url })).statusCode;
    return [await status('/dashboard/'), await status('/login/after-login.html'), await status('/docs/')];
  };
  t.strictSame(await served(trusted), [404, 404, 404]);
  t.strictSame(await served({ ...trusted, docsClientId: 'subsidy-pages' }), [200, 200, 404]);
});
