// `npm run drill:alerts`: plays the fault of every alert on a started service that a real Prometheus scrapes, sees the alert
// fire, mends the fault and sees it silent again. Thresholds and ranges are as shipped; alerts need last for two seconds
// only. Prints a table; when every alert fired, writes it into docs/alerts.md. Takes a quarter of an hour.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { comesTrue } from '../program.ts';
import { type Fault, faults } from './faults.ts';
import { readQueries, readRules, skip } from './prometheus.ts';
import { openStage } from './stage.ts';

if (skip !== false) {
  console.error(`请先安装 · install first: apt-get install prometheus`);
  process.exit(2);
}

t.setTimeout(3_600_000);

const firesWithinMs = 300_000;
const silentWithinMs = 150_000;
const stage = await openStage(t);
const { prometheus } = stage;
const rows = new Map<string, string>();

t.test('the dashboard’s queries are answered', async (t) => {
  for (const { title, expr } of readQueries()) await t.resolves(prometheus.query(expr), title);
});

async function isSilent(alert: string): Promise<boolean> {
  return !(await prometheus.isFiring(alert));
}

const only = process.argv.slice(2);
for (const whole of faults) {
  const group = whole.filter(({ alert }) => only.length === 0 || only.includes(alert));
  if (group.length > 0) t.test(group.map(({ alert }) => alert).join(', '), (t) => play(t, group));
}

async function play(t: Test, group: readonly Fault[]): Promise<void> {
  for (const { alert, lingers } of group)
    if (lingers !== true) t.ok(await isSilent(alert), `${alert} is silent before`);
  const begun = performance.now();
  for (const { begin } of group) await begin(stage);
  const fired = await Promise.all(
    group.map(async ({ alert, what }) => {
      t.ok(await comesTrue(() => prometheus.isFiring(alert), firesWithinMs), `${alert} fires: ${what}`);
      return performance.now() - begun;
    }),
  );
  const mended = performance.now();
  for (const { mend } of group) await mend(stage);
  await Promise.all(
    group.map(async ({ alert, what, lingers }, place) => {
      const isOver = lingers === true || (await comesTrue(() => isSilent(alert), silentWithinMs));
      t.ok(isOver, `${alert} is silent again`);
      const silent = lingers === true ? '–' : seconds(performance.now() - mended);
      rows.set(alert, `| ${[alert, what, seconds(fired[place] ?? 0), silent].join(' | ')} |`);
      t.comment(rows.get(alert));
    }),
  );
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}

t.teardown(() => {
  const rules = readRules();
  const text = rules.flatMap(({ alert }) => rows.get(alert) ?? []).join('\n');
  console.log(text);
  if (!t.passing() || only.length > 0) return;
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(
    join(import.meta.dirname, '../../docs/alerts.md'),
    `# Each alert, fired by its fault

Written by \`npm run drill:alerts\`: a started service, scraped every second by a real Prometheus with the rules of
\`deploy/observability/rules.yml\`. Thresholds and ranges are as shipped; an alert need last for two seconds only. Where a fault
would have to last for minutes or hours, its time stamps are set back in the database. What each alert means and what to do
stands in [operations.md](operations.md) · [operations.en.md](operations.en.md). \`–\`: the alert looks back at a range and stays
for as long.

Seen on ${day}.

| alert | fault | fired after | silent again after |
| --- | --- | ---: | ---: |
${text}
`,
  );
});
