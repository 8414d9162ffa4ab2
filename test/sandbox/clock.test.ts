// The sandbox's clock is moved ahead, and what the time brings happens; the sandbox is emptied when it does not run.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createClient } from '../../scripts/demo/client.ts';
import { notInBothLanguages } from '../both-languages.ts';
import { comesTrue, dataFolder, type Service, serve } from '../program.ts';

t.setTimeout(180_000);

const program = join(import.meta.dirname, '../../scripts/sandbox.ts');
const dataDir = dataFolder(t);

function sandbox(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, SUBSIDY_DATA_DIR: dataDir },
  });
  return { status, stdout, stderr };
}

async function dayOf({ url }: Service): Promise<string> {
  const answer = await fetch(`${url}/sandbox/clock`);
  return ((await answer.json()) as { day: string }).day;
}

interface Contract {
  readonly paths: {
    readonly '/v1/applications': {
      readonly post: {
        readonly requestBody: {
          readonly content: {
            readonly 'application/json': {
              readonly examples: { readonly quarter: { readonly value: object } };
            };
          };
        };
      };
    };
  };
}

const later = (day: string, duration: string) => Temporal.PlainDate.from(day).add(duration).toString();

t.test(
  'the clock moves ahead by a time or to a day, keeps its lead over a restart, and never goes back',
  async (t) => {
    const service = await serve(t, { SUBSIDY_DATA_DIR: dataDir });
    const today = await dayOf(service);
    const moved = sandbox('clock', '--by', 'P30D', '--url', service.url);
    t.equal(moved.status, 0, moved.stderr);
    t.equal(moved.stdout.slice(0, 10), later(today, 'P30D'));
    const fiveYears = later(today, 'P5Y');
    t.equal(sandbox('clock', '--to', fiveYears, '--url', service.url).stdout.slice(0, 10), fiveYears);
    const back = sandbox('clock', '--to', today, '--url', service.url);
    t.strictSame([back.status, back.stdout], [1, '']);
    t.match(back.stderr, /只能向前调/);
    t.strictSame(notInBothLanguages(back.stderr), []);
    for (const wrong of [
      ['--by', 'a month'],
      ['--to', '2026-13-01'],
      ['--by', 'P1D', '--to', fiveYears],
    ]) {
      const { status, stderr } = sandbox('clock', ...wrong, '--url', service.url);
      t.equal(status, 1, wrong.join(' '));
      t.match(stderr, /· the clock did not move/);
    }
    t.equal(await dayOf(service), fiveYears);
    service.process.kill('SIGTERM');
    await service.exit;

    const again = await serve(t, { SUBSIDY_DATA_DIR: dataDir });
    t.equal(await dayOf(again), fiveYears);
    const refused = sandbox('reset');
    t.equal(refused.status, 1);
    t.match(refused.stderr, /is in use by a running PostgreSQL/);
    again.process.kill('SIGTERM');
    await again.exit;

    t.equal(sandbox('reset').status, 0);
    t.notOk(existsSync(join(dataDir, 'postgresql')));
    t.equal(sandbox('reset').status, 0, 'nothing is there to be emptied');
    const anew = await serve(t, { SUBSIDY_DATA_DIR: dataDir });
    t.equal(await dayOf(anew), today);
  },
);

t.test('what is due on the day to which the clock moves is done at once', async (t) => {
  const service = await serve(t, { SUBSIDY_DATA_DIR: dataDir, SUBSIDY_SWAGGER_UI: 'on' });
  const contract = (await (await fetch(`${service.url}/openapi.json`)).json()) as Contract;
  const { quarter } =
    contract.paths['/v1/applications'].post.requestBody.content['application/json'].examples;
  const platform = 'platform-ganfutong';
  const sent = { body: quarter.value };
  const { id } = await createClient(service.url).post<{ id: string }>(platform, '/v1/applications', sent);
  const path = `/v1/applications/${id}`;
  t.equal((await createClient(service.url).try(platform, 'GET', path)).status, 200);
  sandbox('clock', '--by', 'P31D', '--url', service.url);
  // With a token of the new day.
  const client = createClient(service.url);
  t.ok(
    await comesTrue(async () => (await client.try(platform, 'GET', path)).status === 404),
    'the draft is gone',
  );
});
