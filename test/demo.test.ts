// npm run demo on its own service, twice on a running one, and when it must fail.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type Expectation, readCity } from '../scripts/demo/city.ts';
import { createClient } from '../scripts/demo/client.ts';
import { createPlay } from '../scripts/demo/play.ts';
import { readChains, tieChains } from '../scripts/demo/report.ts';
import { startService } from '../scripts/demo/service.ts';

// Three whole quarters on a machine that may be busy with other tests.
t.setTimeout(400_000);

/** The whole city's quarter, added up by hand. */
const quarter = {
  people: 47,
  applications: 48,
  monthsPayable: 92,
  monthsExcluded: 44,
  amountFen: 4_600_000,
  paidFen: 4_000_000,
  failedFen: 450_000,
  recoveredFen: 50_000,
  balanced: true,
};

function demo(args: readonly string[], environment: Record<string, string> = {}): SpawnSyncReturns<string> {
  const program = join(import.meta.dirname, '../scripts/demo.ts');
  return spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

function lastLine({ stdout }: SpawnSyncReturns<string>): unknown {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

t.test('the demo starts its own service, plays the quarter and leaves nothing behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'subsidy-demo-test-'));
  chmodSync(folder, 0o711);
  t.teardown(() => rmSync(folder, { recursive: true }));
  // Would be used if the environment reached the service.
  const run = demo([], { TMPDIR: folder, DATABASE_URL: 'postgresql://127.0.0.1:1/of-somebody-else' });
  t.equal(run.stderr, '');
  t.equal(run.status, 0);
  t.strictSame(lastLine(run), quarter);
  t.strictSame(readdirSync(folder), []);
});

t.test('on a running sandbox, the demo uses new people each time', async (t) => {
  const service = await startService();
  t.teardown(() => service.stop());
  for (const time of ['first', 'second']) {
    const run = demo(['--url', service.url]);
    t.equal(run.stderr, '', time);
    t.equal(run.status, 0, time);
    t.strictSame(lastLine(run), quarter, time);
  }

  const city = readCity(0);
  const play = createPlay(city, createClient(service.url), () => {});
  const chains = await readChains(play.client, city);
  tieChains(play, chains, chains, []);
  const ofAgencies = city.agencies.length;
  t.equal(play.fieldErrors.length, 2 * ofAgencies, 'where nothing moved, neither chain nor payments tie');
  t.match(play.fieldErrors[0], /360203 的资金对账：得到 .*"approved":0.*应为 .*"approved":1200000/);
});

t.test(
  'the people of docs/sandbox.md are those of the city, with what is expected of each month',
  async (t) => {
    const text = readFileSync(join(import.meta.dirname, '../docs/sandbox.md'), 'utf8');
    const rows = [...text.matchAll(/^\| ([^|]+) \| `(\d{17}[\dX])` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|/gm)];
    t.ok(rows.length > 20);
    const residents = new Map(readCity(0).residents.map((one) => [one.name, one]));
    const months = ['2025-04', '2025-05', '2025-06'];
    for (const [, name = '', ...cells] of rows) {
      const resident = residents.get(name);
      const given: Expectation['months'] = resident?.expect.months ?? {};
      const expected = months.map((month) => given[month]?.map((code) => `\`${code}\``).join(', ') ?? '–');
      t.strictSame(cells, [resident?.identityNumber, ...expected], name);
    }
  },
);

t.test('the demo reports an outcome that differs from the expected one', async (t) => {
  const { tie, fieldErrors } = createPlay(readCity(0), createClient('http://127.0.0.1:1'), () => {});
  tie('月份', { '2025-04': ['payable'] }, { '2025-04': ['payable'] });
  tie('金额', 150_000, 100_000);
  t.strictSame(fieldErrors, ['金额：得到 150000，应为 100000']);
});

t.test('the demo fails with a short message when it cannot continue', async (t) => {
  const help = demo(['--help']);
  t.equal(help.status, 0);
  t.match(help.stdout, /npm run demo/);

  const unknown = demo(['--city', 'x']);
  t.equal(unknown.status, 1);
  t.match(unknown.stderr, /^用法/);

  const nobody = demo(['--url', 'http://127.0.0.1:1']);
  t.equal(nobody.status, 1);
  t.match(nobody.stderr, /^http:\/\/127\.0\.0\.1:1: 没有服务应答.* · .*\n$/);
});
