// clients/java: compiled with the JDK that JAVA_HOME or PATH has, checked by its own self-test, and run against the service. Without a
// JDK the tests are skipped.

import { execFile, execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { setup } from '../helper.ts';

const root = join(import.meta.dirname, '../..');
const sources = join(root, 'clients/java');

const home = process.env['JAVA_HOME'];
const tool = (name: string) => (home === undefined ? name : join(home, 'bin', name));

/** Why the tests cannot run; false when they can. */
function reasonToSkip(): string | false {
  try {
    execFileSync(tool('javac'), ['-version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'no JDK: neither JAVA_HOME nor PATH has javac (Debian: apt-get install openjdk-17-jdk-headless)';
  }
}

const skip = reasonToSkip();
const build = mkdtempSync(join(tmpdir(), 'subsidy-java-'));
t.teardown(() => rmSync(build, { recursive: true }));
if (skip === false) {
  const files = globSync('subsidy/*.java', { cwd: sources });
  const strict = ['-encoding', 'UTF-8', '--release', '17', '-Xlint:all', '-Werror'];
  execFileSync(tool('javac'), [...strict, '-d', build, ...files], { cwd: sources });
}

/** What the sample printed. */
async function run(environment: Readonly<Record<string, string>>, ...options: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...environment };
  const utf8 = ['-Dfile.encoding=UTF-8', '-Dsun.jnu.encoding=UTF-8', '-cp', build, 'subsidy.Sample'];
  return (await promisify(execFile)(tool('java'), [...utf8, ...options], { env })).stdout;
}

t.test('the Java sample computes SM3 and the test vectors of docs/integration.md', { skip }, async (t) => {
  t.match(await run({}, '--self-test'), /^(ok .+\n){5}5 passed, 0 failed\n$/);
  const document = readFileSync(join(root, 'docs/integration.md'), 'utf8');
  const sample = readFileSync(join(sources, 'subsidy/Sample.java'), 'utf8');
  const vectors = [
    ...document.matchAll(/^\| `SUBSIDY-HMAC-SM3` \| .* \| `(\w{64})` \| `(\w{64})` \|$/gm),
  ].flatMap(([, digest = '', signature = '']) => [digest, signature]);
  t.equal(vectors.length, 4);
  t.strictSame(
    vectors.filter((vector) => !sample.includes(vector)),
    [],
    'the self-test has the vectors of the document',
  );
});

t.test(
  'the Java sample asks and submits, by client credentials and by signed requests',
  { skip },
  async (t) => {
    const { call, clock, origin } = await setup(t);
    // The sample uses the real clock.
    clock.set(Temporal.Now.instant().toString());
    const scopes = ['eligibility', 'applications:write', 'applications:read'];
    const { body: app } = await call<{ keyNumber: number; secret: string }>(
      'administrator',
      'POST',
      '/v1/api-clients',
      { body: { apiClientId: 'java-shop', name: '示例平台', scopes }, key: null, status: 201 },
    );
    const signed = { APP_ID: 'java-shop', APP_KEY: String(app.keyNumber), APP_SECRET: app.secret };
    const people = [
      ['360299197205111035', '王建国', signed],
      ['360299197205110016', '李"秀\\兰', {}],
    ] as const;
    for (const [identityNumber, name, credentials] of people) {
      const environment = { BASE_URL: origin, ...credentials };
      t.match(await run(environment, 'check', identityNumber, name), /^(2025-0[456] undetermined\n){3}$/);
      t.match(await run(environment, 'submit', identityNumber, name), /^(JDZ\S+) draft\n\1 submitted\n$/);
    }
    await t.rejects(run({ BASE_URL: origin, ...signed, APP_KEY: '2' }, 'check'), /401 token-invalid/);
  },
);

t.test('the Java sample keeps its key over retries, and signs each attempt anew', { skip }, async (t) => {
  const answers = [
    { status: 503, code: 'unavailable' },
    { status: 409, code: 'idempotency-key-in-flight' },
    { status: 200, assessment: { months: [{ month: '2025-04', outcome: 'payable' }] } },
    { status: 409, code: 'state-conflict', detail: 'no retry helps' },
  ];
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers);
    const answer = answers[heard.length - 1] ?? { status: 500 };
    request.resume();
    response.writeHead(answer.status, { 'retry-after': '0' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const secret = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
  const environment = { BASE_URL: `http://127.0.0.1:${port}`, APP_ID: 'java-shop', APP_SECRET: secret };
  t.equal(await run(environment, 'check'), '2025-04 payable\n');
  t.equal(heard.length, 3);
  t.equal(new Set(heard.map((headers) => headers['idempotency-key'])).size, 1);
  const nonces = heard.map(({ authorization }) => /nonce=([^,]+)/.exec(authorization ?? '')?.[1]);
  t.equal(new Set(nonces).size, 3);
  await t.rejects(run(environment, 'check'), /409 state-conflict: no retry helps/);
  t.equal(heard.length, 4);
});
