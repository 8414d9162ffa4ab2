// Metrics of the service: they tell how it is, and name no people.

import { once } from 'node:events';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { chainCounted } from '../../src/payments/reconciliation/operations.ts';
import { permissions } from '../../src/platform/access/permissions.ts';
import { countFigures } from '../../src/platform/figures.ts';
import { problems } from '../../src/platform/problem.ts';
import { writeAsService } from '../../src/platform/write-context.ts';
import { sealAll } from '../../src/runtime/jobs/sealing.ts';
import { taskNames } from '../../src/runtime/jobs/tasks.ts';
import { serveMetrics } from '../../src/runtime/metrics/server.ts';
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

async function metricsOf(t: Test, { app, service }: City) {
  const countEvery = { queues: 200, city: 200 };
  const metrics = await serveMetrics({ host: '127.0.0.1', port: 0, app, db: service, countEvery });
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
  const port = await metricsOf(t, await cityOn(t, database, {}));
  const figure = async (state: string) =>
    (await scrape(t, port)).get(`subsidy_jobs{state="${state}",task="other"}`);
  t.ok(await comesTrue(async () => (await figure('failed')) === 1));
  t.equal(await figure('waiting'), 2);
});

t.test('requests are counted by operation, lane and status, and problems by their code', async (t) => {
  const city = await setup(t);
  const port = await metricsOf(t, city);
  await city.call('handler-360203', 'GET', '/v1/applications', { status: 200 });
  await city.call('handler-360203', 'GET', '/v1/statistics', { status: 200, query: { by: 'quarter' } });
  await city.call(null, 'GET', '/v1/applications', { status: 401 });
  const samples = await scrape(t, port);
  const count = (labels: string) => samples.get(`subsidy_request_duration_seconds_count{${labels}}`);
  t.equal(count('operation="listApplications",lane="short",status="2xx"'), 1);
  t.equal(count('operation="listApplications",lane="short",status="4xx"'), 1);
  t.equal(count('operation="getStatistics",lane="heavy",status="2xx"'), 1);
  t.equal(samples.get('subsidy_problems_total{code="token-missing"}'), 1);
  t.equal(samples.get('subsidy_problems_total{code="internal"}'), 0, 'told before the first');
  t.equal(samples.has('subsidy_cache_lookups_total{cache="tokens",result="hit"}'), true);
  t.equal(samples.get('subsidy_requests{lane="heavy",state="waiting"}'), 0);
  t.equal(samples.get('subsidy_pool_connections_limit'), 6);
});

t.test('metrics tell what waits in each stage, for how long, and what is past its limit', async (t) => {
  const city = await setup(t);
  const { db } = city;
  await city.applied(await city.resident());
  const [accepted, compared] = [await city.accepted(await city.resident()), await city.accepted()];
  await city.compared(compared);
  const days = 24 * 3_600;
  await db.pool.query(
    `update application set accepted_at = now() - interval '3 days' where application_id = $1`,
    [accepted.id],
  );
  await db.pool.query(
    `update application set time_limit_due_on = '2099-01-01' where time_limit_due_on is not null`,
  );
  await db.pool.query(
    `update application set time_limit_due_on = current_date - 2 where application_id = $1`,
    [compared.id],
  );
  await db.pool.query(`update notice set tell_by = current_date - 2`);
  const port = await metricsOf(t, city);
  const stage = async (name: string) =>
    (await scrape(t, port)).get(`subsidy_case_oldest_waiting_seconds{stage="${name}"}`) ?? 0;
  t.ok(await comesTrue(async () => Math.abs((await stage('comparison')) - 3 * days) < 60));
  t.ok((await stage('decision')) > 300 * days, 'in July 2025');
  t.equal(await stage('appeal'), 0);
  const samples = await scrape(t, port);
  const waiting = ['acceptance', 'comparison', 'decision', 'disbursement'].map((name) =>
    samples.get(`subsidy_cases_waiting{stage="${name}"}`),
  );
  t.strictSame(waiting, [1, 1, 1, 0]);
  t.equal(samples.get('subsidy_cases_overdue'), 1);
  const notices = samples.get('subsidy_notices_waiting');
  t.ok((notices ?? 0) > 0);
  t.equal(samples.get('subsidy_notices_overdue'), notices);
});

t.test('metrics tell how late seals, jobs, events and webhooks are', async (t) => {
  const city = await setup(t, { SUBSIDY_WEBHOOK_PRIVATE_ADDRESSES: '127.0.0.0/8' });
  const { db } = city;
  await city.call('platform-ganfutong', 'POST', '/v1/webhooks', {
    body: { url: 'http://127.0.0.1:9/events', description: '' },
    status: 201,
  });
  await city.applied(await city.resident());
  await db.pool.query(`update audit_unsealed set since = now() - interval '100 seconds'`);
  await db.pool.query(
    `select graphile_worker.add_job('count-figures', run_at => now() - interval '200 seconds')`,
  );
  const port = await metricsOf(t, city);
  const figure = async (name: string) => (await scrape(t, port)).get(`subsidy_${name}_seconds`) ?? Number.NaN;
  const isAbout = (seconds: number, expected: number) => seconds >= expected && seconds < expected + 30;
  t.ok(await comesTrue(async () => isAbout(await figure('audit_seal_lag'), 100)));
  t.ok(isAbout(await figure('job_lag'), 200));
  t.ok((await figure('event_lag')) > 3_600, 'it happened in July 2025');
  await city.call('platform-ganfutong', 'GET', '/v1/events', { status: 200 });
  t.ok(await comesTrue(async () => (await figure('event_lag')) === 0));
  t.equal(await figure('webhook_lag'), 0, 'not in line yet');
});

t.test('metrics tell the money of the ledger as counted last, and whether it ties', async (t) => {
  const city = await setup(t);
  const { db } = city;
  await city.approved(await city.resident());
  const port = await metricsOf(t, city);
  const counted = async () => {
    await writeAsService(city.services, 'countFigures', (context) =>
      countFigures(context, chainCounted, () => performance.now()),
    );
  };
  const figure = async (name: string) => (await scrape(t, port)).get(`subsidy_${name}`);
  t.ok(await comesTrue(async () => (await figure('cases_overdue')) === 0));
  t.ok(Number.isNaN(await figure('reconciliation_differences')), 'not counted yet');
  await counted();
  t.ok(await comesTrue(async () => ((await figure('ledger_balance_fen{account="waiting"}')) ?? 0) > 0));
  t.equal(await figure('reconciliation_differences'), 0);
  t.ok((await figure('figures_counted_timestamp_seconds{subject="chain"}')) !== undefined);
  t.equal(await figure('delivery_rows_total{result="refused"}'), 0);
  t.ok(((await figure('delivery_rows_total{result="accepted"}')) ?? 0) > 0);
  await db.pool.query('alter table ledger_entry disable trigger append_only');
  await db.pool.query('update ledger_entry set amount_fen = amount_fen + 1');
  await counted();
  t.ok(await comesTrue(async () => ((await figure('reconciliation_differences')) ?? 0) > 0));
  await db.pool.query(`update figure_count set counted_at = '2025-07-01', as_of = '2025-07-01'`);
  t.ok(await comesTrue(async () => ((await figure('figures_behind_seconds{subject="chain"}')) ?? 0) > 0));
});

t.test('nothing of a request enters a label, and no label has many values', async (t) => {
  const city = await setup(t);
  const somebody = await city.resident();
  const port = await metricsOf(t, city);
  await city.approved(somebody);
  const canary = 'canary-360203';
  for (const path of [`/${canary}`, `/v1/applications/${canary}`, `/v1/${canary}?name=${canary}`])
    await city.app.inject({ url: path, headers: { 'user-agent': canary, 'x-forwarded-for': canary } });
  await city.call('handler-360203', 'GET', '/v1/applications', { query: { state: canary } });
  const before = [...(await scrape(t, port)).keys()];
  for (let index = 0; index < 50; index += 1) await city.app.inject({ url: `/v1/${canary}/${index}` });
  const samples = [...(await scrape(t, port)).keys()];
  const ofRequests = (names: readonly string[]) =>
    names.filter((name) => /^subsidy_(request_duration|problems)/.test(name));
  t.strictSame(ofRequests(samples), ofRequests(before), 'unknown addresses share one label');
  t.ok(samples.some((name) => name.includes('operation="unknown"')));
  const secrets = [canary, 'canary', somebody.identityNumber, somebody.name, '360203', 'ganfutong'];
  t.strictSame(
    samples.filter((name) => secrets.some((secret) => name.includes(secret))),
    [],
  );
  const operations = new Set([...Object.keys(permissions), 'isLive', 'isReady', 'verifyNotice']);
  const allowed = new Map<string, (value: string) => boolean>([
    ['operation', (value) => operations.has(value) || value === 'unknown' || value === 'other'],
    ['code', (value) => Object.hasOwn(problems, value)],
    ['task', (value) => taskNames.includes(value) || value === 'other'],
    ['le', (value) => /^[\d.]+$|^\+Inf$/.test(value)],
    ['version', (value) => value === process.version],
    ...[
      'state',
      'lane',
      'status',
      'cache',
      'result',
      'counts',
      'stage',
      'account',
      'subject',
      'space',
      'type',
      'kind',
      'major',
      'minor',
      'patch',
    ].map((label) => [label, (value: string) => /^[\w-]{1,30}$/.test(value)] as const),
  ]);
  const labels = samples.flatMap((name) => [...name.matchAll(/(\w+)="([^"]*)"/g)]);
  t.strictSame(
    labels.filter(([, label = '', value = '']) => allowed.get(label)?.(value) !== true).map(([text]) => text),
    [],
  );
});

t.test('what is counted in the background says how old it is when it can be counted no more', async (t) => {
  const city = await setup(t);
  const port = await metricsOf(t, city);
  const age = async () =>
    (await scrape(t, port)).get('subsidy_counts_age_seconds{counts="queues"}') ?? Number.NaN;
  const disabled = async () => (await scrape(t, port)).get('subsidy_webhooks_disabled');
  t.ok(await comesTrue(async () => (await disabled()) === 0));
  await city.db.pool.query('alter table webhook rename to hidden');
  t.ok(await comesTrue(async () => (await age()) > 2), 'and the last count stays');
  t.equal(await disabled(), 0);
  await city.db.pool.query('alter table hidden rename to webhook');
  t.ok(await comesTrue(async () => (await age()) < 2));
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
