// A real Prometheus with the configuration and the rules of deploy/observability: it scrapes a started service every
// second, and alerts need not last. Holds no test.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { parse } from 'yaml';
import { comesTrue } from '../program.ts';

export const folder = join(import.meta.dirname, '../../deploy/observability');
const forSeconds = 2;

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

function readRuleFile(): RuleFile {
  return parse(readFileSync(join(folder, 'rules.yml'), 'utf8'));
}

export const readRules = (): readonly Rule[] => readRuleFile().groups.flatMap(({ rules }) => rules);

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

/** The queries of the dashboard, with the title of their panel. */
export function readQueries(): readonly { readonly title: string; readonly expr: string }[] {
  const text = readFileSync(join(folder, 'grafana/dashboards/subsidy.json'), 'utf8');
  const { panels } = JSON.parse(text) as Dashboard;
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}

/** Of Debian's package `prometheus`, which has promtool too. */
export const isInstalled = spawnSync('promtool', ['--version']).status === 0;
export const skip = isInstalled ? false : 'no prometheus and promtool here: apt-get install prometheus';

export interface Prometheus {
  /** The values of a query, without their labels. */
  query(expr: string): Promise<readonly number[]>;
  isFiring(alert: string): Promise<boolean>;
}

export async function startPrometheus(test: Test, metricsPort: number): Promise<Prometheus> {
  const own = mkdtempSync(join(tmpdir(), 'subsidy-prometheus-'));
  const port = await freePort();
  const config = parse(readFileSync(join(folder, 'prometheus.yml'), 'utf8'));
  const [scraping] = config.scrape_configs;
  const { dns_sd_configs: _, ...job } = scraping;
  const quick = {
    ...config,
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    scrape_configs: [{ ...job, static_configs: [{ targets: [`127.0.0.1:${metricsPort}`] }] }],
  };
  const { groups } = readRuleFile();
  const rules = {
    groups: groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) => (rule.for === undefined ? rule : { ...rule, for: `${forSeconds}s` })),
    })),
  };
  writeFileSync(join(own, 'prometheus.yml'), JSON.stringify(quick));
  writeFileSync(join(own, 'rules.yml'), JSON.stringify(rules));
  const process = spawn(
    'prometheus',
    [
      `--config.file=${join(own, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(own, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  test.teardown(async () => {
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    await ended;
    rmSync(own, { recursive: true, force: true });
  });
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  };
  const prometheus: Prometheus = {
    async query(expr) {
      const { result } = await ask<{ result: readonly { value: [number, string] }[] }>(
        `query?${new URLSearchParams({ query: expr })}`,
      );
      return result.map(({ value }) => Number(value[1]));
    },
    async isFiring(alert) {
      const { alerts } = await ask<{
        alerts: readonly { state: string; labels: Readonly<Record<string, string>> }[];
      }>('alerts');
      return alerts.some(({ state, labels }) => state === 'firing' && labels['alertname'] === alert);
    },
  };
  const isScraping = async () => (await prometheus.query('up{job="subsidy"}').catch(() => []))[0] === 1;
  if (!(await comesTrue(isScraping, 30_000))) throw new Error('Prometheus does not scrape the service');
  return prometheus;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
