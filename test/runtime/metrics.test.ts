// Metrics of the service: they name problems, and no people.

import { once } from 'node:events';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { serveMetrics } from '../../src/runtime/health/metrics.ts';
import { sealAll } from '../../src/runtime/jobs/sealing.ts';
import { testDatabase } from '../database.ts';
import { type City, cityOn, setup } from '../helper.ts';
import { comesTrue, dataFolder, serve } from '../program.ts';

/** Samples by name with labels, as scraped. */
async function scrape(t: Test, port: number): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  t.equal(answer.status, 200);
  t.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

async function metricsOf(t: Test, { app }: City) {
  const metrics = await serveMetrics({ host: '127.0.0.1', port: 0, look: app.lastLook, load: app.load });
  t.teardown(() => metrics.close());
  return metrics.port;
}

t.test('metrics count audit entries that wait longer than a minute to be sealed', async (t) => {
  const city = await setup(t);
  const { db } = city;
  const port = await metricsOf(t, city);
  const unsealed = async () => (await scrape(t, port)).get('subsidy_audit_entries_unsealed');
  await city.approved(await city.resident());
  t.equal(await unsealed(), 0, 'they are younger');
  await db.pool.query(`update audit_unsealed set since = since - interval '61 seconds'`);
  const { rows } = await db.pool.query('select count(*)::int as waiting from audit_unsealed');
  t.ok(rows[0].waiting > 0);
  t.ok(await comesTrue(async () => (await unsealed()) === rows[0].waiting), 'with the next look');
  await sealAll(db, 'sha256');
  t.ok(await comesTrue(async () => (await unsealed()) === 0));
});

t.test('metrics count waiting and permanently failed jobs', async (t) => {
  const database = await testDatabase(t);
  const { db } = database;
  await db.pool.query(`select graphile_worker.add_job('of-a-test', job_key => key, max_attempts => 2)
    from unnest(array['one', 'two', 'three']) as key`);
  await db.pool.query(`update graphile_worker._private_jobs set attempts = 2 where key = 'three'`);
  // By the first check; later ones count jobs every ten seconds.
  const port = await metricsOf(t, await cityOn(t, database, {}));
  const figure = async (state: string) => (await scrape(t, port)).get(`subsidy_jobs{state="${state}"}`);
  t.ok(await comesTrue(async () => (await figure('failed')) === 1));
  t.equal(await figure('waiting'), 2);
});

t.test('no metric label contains a person, an agency or a caller, and none has many values', async (t) => {
  const city = await setup(t);
  await city.approved(await city.resident());
  const samples = [...(await scrape(t, await metricsOf(t, city))).keys()];
  const labels = samples.flatMap((name) => [...name.matchAll(/(\w+)="([^"]*)"/g)].map(([label]) => label));
  const allowed =
    /^(state="(waiting|failed|dead|in-progress)"|version="v[\d.]+"|(major|minor|patch)="\d+"|space="\w+"|type="\w+"|kind="\w+"|le="[\d.+Inf]+")$/;
  t.strictSame(
    labels.filter((label) => !allowed.test(label)),
    [],
  );
  t.ok(samples.length > 30, `${samples.length} samples`);
  t.ok(samples.length < 150, `${samples.length} samples`);
});

t.test('the program serves metrics on their own port only', async (t) => {
  const port = await freePort();
  const { url, process, exit } = await serve(t, {
    DATABASE_URL: (await testDatabase(t)).serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataFolder(t),
    SUBSIDY_METRICS_PORT: String(port),
  });
  t.ok(await comesTrue(async () => (await scrape(t, port)).get('subsidy_database_up') === 1));
  const status = async (to: string, method = 'GET') => (await fetch(to, { method })).status;
  t.equal(await status(`${url}/metrics`), 404);
  t.equal(await status(`http://127.0.0.1:${port}/health/ready`), 404);
  t.equal(await status(`http://127.0.0.1:${port}/metrics`, 'POST'), 405);
  t.equal((await scrape(t, port)).get('subsidy_requests_refused_total'), 0);
  process.kill('SIGTERM');
  t.equal(await exit, 0);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
