// Alerts and the dashboard of deploy/observability: every metric and label in them is exported, each alert has its line in
// the runbook, fires when it should and is silent when it should; a real Prometheus scrapes a started service.
// `npm run drill:alerts` plays the fault of every alert.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { serveMetrics } from '../../src/runtime/metrics/server.ts';
import { setup } from '../helper.ts';
import { faults, quick } from '../observability/faults.ts';
import { folder, readQueries, readRules, skip } from '../observability/prometheus.ts';
import { openStage } from '../observability/stage.ts';
import { comesTrue } from '../program.ts';
import { cases } from './alert-cases.ts';

const root = join(import.meta.dirname, '../..');
const rules = readRules();
const expressions = [
  ...rules.map(({ alert, expr }) => ({ of: alert, expr })),
  ...readQueries().map(({ title, expr }) => ({ of: title, expr })),
];

/** What Prometheus adds to each sample. */
const ofPrometheus = ['job', 'instance'];

/** What a service exports that has answered a request and counted. */
async function scrape(t: Test): Promise<string> {
  const { app, service, call } = await setup(t);
  const metrics = await serveMetrics({ host: '127.0.0.1', port: 0, app, db: service });
  t.teardown(() => metrics.close());
  await call('handler-360203', 'GET', '/v1/applications', { status: 200 });
  const scraped = async () => await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
  await comesTrue(async () => (await scraped()).includes('subsidy_delivery_rows_total{'));
  return await scraped();
}

/** Label values by label, by name of a sample. */
function exportedIn(scraped: string): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const samples = new Map<string, Map<string, Set<string>>>([
    ['up', new Map()],
    ['subsidy_ledger_balance_fen', new Map([['account', new Set()]])],
    ['subsidy_figures_counted_timestamp_seconds', new Map([['subject', new Set()]])],
    ['subsidy_figures_behind_seconds', new Map([['subject', new Set()]])],
  ]);
  for (const [, name = '', labels = ''] of scraped.matchAll(/^([a-z0-9_]+)(?:\{(.*)\})? \S+$/gm)) {
    const ofName = samples.get(name) ?? new Map<string, Set<string>>();
    samples.set(name, ofName);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g))
      ofName.set(label, (ofName.get(label) ?? new Set()).add(value));
  }
  return samples;
}

t.test('every metric, label and value in an alert or a query of the dashboard is exported', async (t) => {
  const samples = exportedIn(await scrape(t));
  const wrong = expressions.flatMap(({ of, expr }) => {
    const names = [...expr.matchAll(/\b((?:subsidy|nodejs|process)_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?/g)];
    const unknown = names.flatMap(([, name = '', selectors = '']) => {
      const labels = samples.get(name);
      if (labels === undefined) return [`${of}: ${name}`];
      return [...selectors.matchAll(/(\w+)="([^"]*)"/g)]
        .filter(
          ([, label = '', value = '']) => !ofPrometheus.includes(label) && !labels.get(label)?.has(value),
        )
        .map(([selector]) => `${of}: ${name}{${selector}}`);
    });
    const known = new Set(names.flatMap(([, name = '']) => [...(samples.get(name)?.keys() ?? [])]));
    const groups = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, ?/));
    return [
      ...unknown,
      ...groups.filter((label) => !known.has(label)).map((label) => `${of}: by (${label})`),
    ];
  });
  t.ok(expressions.length > 40);
  t.strictSame(wrong, []);
});

t.test(
  'each alert has a severity, a summary in both languages, a line in the runbook, and a fault',
  async (t) => {
    t.strictSame(
      rules.map(({ alert }) => alert),
      [...new Set(rules.map(({ alert }) => alert))],
    );
    const runbooks = ['docs/operations.md', 'docs/operations.en.md'].map((path) =>
      readFileSync(join(root, path), 'utf8'),
    );
    for (const { alert, labels, annotations } of rules) {
      t.match(labels['severity'], /^(critical|warning)$/, alert);
      t.match(annotations.summary, /\p{Script=Han}.* · .*[A-Za-z]/u, alert);
      t.equal(annotations.runbook, `docs/operations.md#${alert.toLowerCase()}`);
      for (const text of runbooks) t.ok(new RegExp(`^#### ${alert}\n\n.{20,}$`, 'm').test(text), alert);
    }
    const played = faults.flat().map(({ alert }) => alert);
    t.strictSame(
      [...played].sort(),
      rules.map(({ alert }) => alert).sort(),
      'npm run drill:alerts plays each',
    );
    t.strictSame(Object.keys(cases).sort(), rules.map(({ alert }) => alert).sort(), 'promtool tries each');
  },
);

t.test(
  'promtool: the rules are sound, and each alert fires by its series and is silent without',
  { skip },
  async (t) => {
    const promtool = (asked: readonly string[], input = '') => {
      const { status, stdout, stderr } = spawnSync('promtool', asked, { encoding: 'utf8', input });
      t.equal(status, 0, `${asked.join(' ')}\n${stdout}${stderr}`);
    };
    promtool(['check', 'rules', '--lint=all', '--lint-fatal', join(folder, 'rules.yml')]);
    promtool(['check', 'config', join(folder, 'prometheus.yml')]);
    const ours = (await scrape(t)).split('\n').filter((line) => line.includes('subsidy_'));
    promtool(['check', 'metrics'], `${ours.join('\n')}\n`);
    const tests = rules.flatMap(({ alert, labels, annotations }) => {
      const { fires, silent, at, told, summary } = cases[alert] ?? {
        fires: {},
        silent: {},
        at: '0m',
        told: {},
      };
      const expected = {
        exp_labels: { ...labels, ...told },
        exp_annotations: { ...annotations, summary: summary ?? annotations.summary },
      };
      const series = (values: Readonly<Record<string, string>>) =>
        Object.entries(values).map(([name, all]) => ({ series: name, values: all }));
      const test = (values: Readonly<Record<string, string>>, isFiring: boolean) => ({
        interval: '1m',
        input_series: series(values),
        alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: isFiring ? [expected] : [] }],
      });
      return [test(fires, true), test(silent, false)];
    });
    const own = t.testdir({});
    writeFileSync(join(own, 'tests.yml'), JSON.stringify({ rule_files: [join(folder, 'rules.yml')], tests }));
    promtool(['test', 'rules', join(own, 'tests.yml')]);
  },
);

t.test(
  'a real Prometheus scrapes a started service, answers the dashboard, and sees faults come and go',
  { skip, timeout: 180_000 },
  async (t) => {
    const stage = await openStage(t);
    const { prometheus } = stage;
    for (const { title, expr } of readQueries())
      await t.resolves(prometheus.query(expr), `${title}: ${expr}`);
    t.strictSame(await prometheus.query('sum(scrape_samples_scraped) > 100').then(({ length }) => length), 1);
    // Those of the database's rows together: they are counted every ten seconds.
    for (const group of [quick.slice(0, 2), ...quick.slice(2).map((fault) => [fault])]) {
      for (const { alert } of group) t.notOk(await prometheus.isFiring(alert), `${alert} is silent`);
      for (const { begin } of group) await begin(stage);
      for (const { alert, what } of group)
        t.ok(await comesTrue(() => prometheus.isFiring(alert), 60_000), `${alert} fires: ${what}`);
      for (const { mend } of group) await mend(stage);
    }
  },
);
