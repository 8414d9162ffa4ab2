// clients/typescript against the running service: signs like the document's test vectors, comes in by token, by client credentials and by
// signature. What it retries is in retries.test.ts.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { type ApiClientKey, signatureOf } from '../../clients/typescript/src/signing.ts';
import { setup } from '../helper.ts';

type Scheme = NonNullable<ApiClientKey['scheme']>;

const root = join(import.meta.dirname, '../..');

/** What the program printed. */
async function runExample(
  name: string,
  environment: Readonly<Record<string, string>>,
  ...options: string[]
): Promise<string> {
  const env = { PATH: process.env['PATH'], ...environment };
  const program = join(root, 'clients/typescript/examples', name);
  return (await promisify(execFile)(process.execPath, [program, ...options], { env })).stdout;
}

t.test('the TypeScript client computes the test vectors of docs/integration.md', async (t) => {
  const document = readFileSync(join(root, 'docs/integration.md'), 'utf8');
  const said = (pattern: RegExp) => pattern.exec(document)?.[1] ?? '';
  const secret = said(/^\| 密钥.* \| `(\S+)` \|$/m);
  const app = said(/^\| `app` \| `(\S+)` \|$/m);
  const key = Number(said(/^\| `key` \| `(\d+)` \|$/m));
  const timestamp = Number(said(/^\| `timestamp` \| `(\d+)` \|$/m));
  const nonce = said(/^\| `nonce` \| `(\S+)` \|$/m);
  const [head = '', content = ''] = said(/^```http\n([^`]*)\n```$/m).split('\n\n');
  // This operation needs no key and no precondition; they are signed as sent.
  const headersSaid = head.split('\n').map((line): [string, string] => {
    const [name = '', value = ''] = line.split(': ');
    return [name, value];
  });
  t.equal(headersSaid.length, 3);
  const vectors = document.matchAll(/^\| `(SUBSIDY-\S+)` \| `(\w+) (\S+)` \| `(\w{64})` \| `(\w{64})` \|$/gm);
  const computed = [...vectors].map(([, scheme = '', method = '', path = '', digest, signature]) => {
    t.ok(scheme === 'SUBSIDY-HMAC-SM3' || scheme === 'SUBSIDY-HMAC-SHA256', scheme);
    const headers = new Headers(method === 'GET' ? [] : headersSaid);
    const body = new TextEncoder().encode(method === 'GET' ? '' : content);
    const request = { method, url: `https://subsidy.example${path}`, headers, body };
    t.equal(
      signatureOf({ app, key, secret, scheme: scheme as Scheme }, request, { timestamp, nonce }),
      `${scheme} version=2, app=${app}, key=1, timestamp=${timestamp}, nonce=${nonce}, digest=${digest}, signature=${signature}`,
    );
    return `${scheme} ${method}`;
  });
  t.strictSame(computed.sort(), [
    'SUBSIDY-HMAC-SHA256 GET',
    'SUBSIDY-HMAC-SHA256 POST',
    'SUBSIDY-HMAC-SM3 GET',
    'SUBSIDY-HMAC-SM3 POST',
  ]);
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
  const run = (environment: Readonly<Record<string, string>>) =>
    runExample('check.ts', { BASE_URL: origin, ...environment });
  const byToken = await run({ TOKEN: await token('platform-ganfutong') });
  t.match(byToken, /^2025-04 undetermined\n2025-05 undetermined\n2025-06 undetermined\n$/);
  const signed = { APP_ID: 'sample-client', APP_KEY: String(app.keyNumber), APP_SECRET: app.secret };
  t.equal(await run(signed), byToken);
  await t.rejects(run({ ...signed, APP_KEY: '2' }), /token-invalid/);
});

t.test('a submission passes by client credentials, and by signed requests', async (t) => {
  const { call, clock, origin } = await setup(t);
  // The client uses the real clock.
  clock.set(Temporal.Now.instant().toString());
  const body = {
    apiClientId: 'sample-client',
    name: '示例平台',
    scopes: ['applications:write', 'applications:read'],
  };
  const { body: app } = await call<{ keyNumber: number; secret: string }>(
    'administrator',
    'POST',
    '/v1/api-clients',
    { body, key: null, status: 201 },
  );
  const submitted = /^(JDZ\S+) draft\n\1 submitted\n$/;
  const signed = { APP_ID: 'sample-client', APP_KEY: String(app.keyNumber), APP_SECRET: app.secret };
  t.match(await runExample('submit.ts', { BASE_URL: origin, ...signed }), submitted);
  // Without other settings, the credentials of a persona at the sandbox's issuer.
  t.match(await runExample('submit.ts', { BASE_URL: origin }, '360299197205110016', '王建国'), submitted);
});
