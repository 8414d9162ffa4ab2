// The sample client works with tokens and signatures, and signs like the document's test vectors.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { signatureOf } from '../../../examples/client/signed-fetch.ts';
import { setup } from '../../helper.ts';

const root = join(import.meta.dirname, '../../..');

t.test('the sample client computes the test vectors of docs/integration.md', async (t) => {
  const document = readFileSync(join(root, 'docs/integration.md'), 'utf8');
  const said = (pattern: RegExp) => pattern.exec(document)?.[1] ?? '';
  const secret = said(/^Secret `([^`]+)`/m);
  const app = said(/^Secret .*app `([^`]+)`/m);
  const timestamp = Number(said(/^Secret .*timestamp `(\d+)`/m));
  const nonce = said(/^nonce `([^`]+)`/m);
  const content = said(/The body is exactly\s`([^`]+)`/m);
  // This operation needs neither header; they are signed as sent.
  const headersSaid = {
    'content-type': said(/^Content-Type `([^`]+)`/m),
    'idempotency-key': said(/Idempotency-Key `([^`]+)`/m),
    'if-match': said(/If-Match `([^`]+)`/m),
  };
  const rows = [
    ...document.matchAll(/^\| (?:`(\w+) (\S+)`|the same (\w+)).*\| `(\w{64})` \| `(\w{64})` \|$/gm),
  ];
  t.equal(rows.length, 4);
  const addresses: Record<string, string> = {
    GET: 'https://subsidy.example/v1/applications?state=submitted&limit=50',
    POST: 'https://subsidy.example/v1/eligibility-checks',
  };
  rows.forEach(([row, first, path, again, digest, signature], index) => {
    const method = first ?? again ?? '';
    const url = addresses[method] ?? '';
    if (path !== undefined) t.ok(url.endsWith(path), path);
    const scheme = index < 2 ? 'SUBSIDY-HMAC-SM3' : 'SUBSIDY-HMAC-SHA256';
    const headers = new Headers(method === 'GET' ? {} : headersSaid);
    const body = new TextEncoder().encode(method === 'GET' ? '' : content);
    t.equal(
      signatureOf({ app, key: 1, secret, scheme }, { method, url, headers, body }, { timestamp, nonce }),
      `${scheme} version=2, app=${app}, key=1, timestamp=${timestamp}, nonce=${nonce}, digest=${digest}, signature=${signature}`,
      row.slice(0, 40),
    );
  });
});

t.test('a platform gets the same answers by token and by signed requests', async (t) => {
  const { call, clock, origin, token } = await setup(t);
  // The client uses the real clock.
  clock.set(Temporal.Now.instant().toString());
  const body = { apiClientId: 'sample-client', name: '示例平台', scopes: ['eligibility'] };
  const { body: app } = await call<{ keyNumber: number; secret: string }>(
    'administrator',
    'POST',
    '/v1/api-clients',
    {
      body,
      key: null,
      status: 201,
    },
  );
  const run = async (environment: Readonly<Record<string, string>>) => {
    const env = { PATH: process.env['PATH'], BASE_URL: origin, ...environment };
    const program = join(root, 'examples/client/check.ts');
    return (await promisify(execFile)(process.execPath, [program], { env })).stdout;
  };
  const byToken = await run({ TOKEN: await token('platform-ganfutong') });
  t.match(byToken, /^2025-04 undetermined\n2025-05 undetermined\n2025-06 undetermined\n$/);
  const signed = { APP_ID: 'sample-client', APP_KEY: String(app.keyNumber), APP_SECRET: app.secret };
  t.equal(await run(signed), byToken);
  await t.rejects(run({ ...signed, APP_KEY: '2' }), /token-invalid/);
});
