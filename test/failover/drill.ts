// `npm run drill:failover`: two database machines as deploy/ha describes them, and each way to lose one under clients that
// write under idempotency keys. After each the tables are compared with the clients' log (test/faults/checks.ts). Prints a
// table; when all held, writes it into docs/failover.md. Takes a quarter of an hour, and Debian's programs.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { scopeOfAudit } from '../../src/platform/database/row-scope.ts';
import { transact } from '../../src/platform/database/transaction.ts';
import { testDatabase } from '../database.ts';
import { broken, holds } from '../faults/checks.ts';
import { startReplicas } from '../faults/replicas.ts';
import { randomOf } from '../faults/run.ts';
import { startWriters, type Writers } from '../faults/writers.ts';
import { comesTrue } from '../program.ts';
import { serverVariable } from '../server.ts';
import { type Cluster, missingPrograms, type NodeName, startCluster } from './cluster.ts';

const missing = missingPrograms();
if (missing.length > 0) {
  console.error(
    `请先安装 · install first (patroni, etcd-server, haproxy, postgresql-15): ${missing.join(', ')}`,
  );
  process.exit(2);
}

t.setTimeout(3_600_000);

const followsWithinMs = 90_000;
const betweenFaultsMs = 4_000;
/** More than the leader's place lasts. */
const withoutMs = 40_000;
const laggingMs = 3_000;
const checksWithinMs = 120_000;

const random = randomOf(t);
const folder = mkdtempSync(join(tmpdir(), 'subsidy-failover-'));
// As root, the programs' account passes through it to its own folders.
chmodSync(folder, 0o711);
const cluster = await startCluster(folder);
const stop = async (): Promise<void> => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
};
t.teardown(stop);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stop().finally(() => process.exit(1)));
await cluster.isWell();
process.env[serverVariable] = cluster.url;

const rows: string[] = [];
let faults = 0;

/** One fault. Returns how long it took, once the machine was back, until both were in step again. */
type Fault = (leader: Cluster['nodes'][NodeName], other: Cluster['nodes'][NodeName]) => Promise<number>;

/** Plays a fault several times under the same writers, and asserts what must hold after all of them. */
function play(what: string, times: number, fault: Fault): void {
  faults += 1;
  t.test(what, async (t) => {
    const { replicas, writers, db } = await begin(t);
    const [pauses, notReady, inStep]: [number[], number[], number[]] = [[], [], []];
    for (let time = 0; time < times; time += 1) {
      await delay(betweenFaultsMs);
      const readiness = watchReadiness(replicas.urls[0] ?? '');
      const { name } = await cluster.leader();
      const at = performance.now();
      inStep.push(await fault(cluster.nodes[name], cluster.nodes[otherThan(name)]));
      const before = writers.written.length;
      await becomes('writes go on', async () => writers.written.length > before + 10);
      pauses.push(writers.longestPauseMs(at));
      notReady.push(await readiness.stop());
    }
    await holds(t, { db, replicas, writers });
    t.equal(writers.statuses.get(0), undefined, 'every request was answered');
    addRow(t, [
      what,
      ...[pauses, notReady, inStep].map((all) => all.map(seconds).join(', ')),
      `${writers.written.length} keys, one effect each`,
      refusalsOf(writers),
    ]);
  });
}

function addRow(test: Test, cells: readonly string[]): void {
  rows.push(`| ${cells.join(' | ')} |`);
  test.comment(rows.at(-1));
}

function refusalsOf({ statuses }: Writers): string {
  const refused = [...statuses].filter(([status]) => status >= 400).sort();
  return refused.map(([status, count]) => `${status} × ${count}`).join(', ') || '–';
}

async function begin(test: Test) {
  const { db: usual, serviceUrl } = await testDatabase(test);
  const db = usual.another({ statementTimeoutMs: checksWithinMs });
  test.teardown(() => db.close());
  const replicas = await startReplicas(test, serviceUrl);
  return { db, replicas, writers: await startWriters({ urls: replicas.urls, random }) };
}

const otherThan = (name: NodeName) => (name === 'a' ? 'b' : 'a');
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

async function becomes(what: string, condition: () => Promise<boolean>): Promise<void> {
  if (!(await comesTrue(condition, followsWithinMs))) throw new Error(`not in time: ${what}`);
}

async function leads(name: NodeName): Promise<void> {
  await becomes(`${name} leads`, async () => (await cluster.leader().catch(() => null))?.name === name);
}

async function stillLeads(name: NodeName): Promise<void> {
  const { name: now } = await cluster.leader();
  if (now !== name) throw new Error(`${now} leads instead of ${name}`);
}

/** Adds the time in which the service was not ready. */
function watchReadiness(url: string) {
  const everyMs = 200;
  let notReadyMs = 0;
  const timer = setInterval(async () => {
    const status = await fetch(`${url}/health/ready`).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status !== 200) notReadyMs += everyMs;
  }, everyMs);
  return {
    async stop(): Promise<number> {
      await becomes('it is ready', async () => (await fetch(`${url}/health/ready`)).status === 200);
      clearInterval(timer);
      return notReadyMs;
    },
  };
}

/** Lets a machine be there again, and waits until both are in step. */
async function timeToStep(giveBack: () => void): Promise<number> {
  const begun = performance.now();
  giveBack();
  await cluster.isWell();
  return performance.now() - begun;
}

play('the leader’s machine is lost (`kill -9` of PostgreSQL, Patroni and etcd)', 3, async (leader, other) => {
  await leader.kill();
  await leads(other.name);
  await delay(betweenFaultsMs);
  return await timeToStep(leader.startAll);
});

play('the leader’s machine hangs, and goes on later (SIGSTOP)', 2, async (leader, other) => {
  const goOn = leader.freeze();
  await leads(other.name);
  await delay(betweenFaultsMs);
  const took = await timeToStep(goOn);
  await stillLeads(other.name);
  return took;
});

play('PostgreSQL of the leader ends (`kill -9`)', 2, async (leader, other) => {
  leader.killPostgres();
  await leads(other.name);
  return await timeToStep(() => {});
});

play('`patronictl switchover`', 2, async (leader, other) => {
  await cluster.patronictl('switchover', '--leader', leader.name, '--candidate', other.name, '--force');
  await leads(other.name);
  return await timeToStep(() => {});
});

play('the standby’s machine is lost', 1, async (leader, other) => {
  await other.kill();
  await delay(withoutMs);
  await stillLeads(leader.name);
  return await timeToStep(other.startAll);
});

play('etcd is lost on all three machines', 1, async (leader) => {
  const giveBack = await cluster.loseEtcd();
  await delay(withoutMs);
  const took = await timeToStep(giveBack);
  // Its place in etcd had expired, and it takes it again.
  await delay(betweenFaultsMs);
  await leads(leader.name);
  return took;
});

faults += 1;
t.test('with asynchronous replication an answered write is lost, and the checks say so', async (t) => {
  const configure = (...settings: readonly string[]) =>
    cluster.patronictl('edit-config', '--force', ...settings.flatMap((setting) => ['-s', setting]));
  await configure('synchronous_mode=false', 'maximum_lag_on_failover=1000000000');
  await cluster.isWell('replica');
  const { db, writers } = await begin(t);
  await becomes('no commit waits', async () => {
    const { rows } = await db.pool.query<{ names: string }>(
      `select current_setting('synchronous_standby_names') as names`,
    );
    return rows[0]?.names === '';
  });
  await delay(betweenFaultsMs);
  const { name } = await cluster.leader();
  const leader = cluster.nodes[name];
  leader.stopSending();
  await delay(laggingMs);
  const at = performance.now();
  await leader.kill();
  await leads(otherThan(name));
  const before = writers.written.length;
  await becomes('writes go on', async () => writers.written.length > before);
  await writers.stop();
  const found = await transact(db, scopeOfAudit, (tx) => broken(tx, writers.written), { readOnly: true });
  const lost = found.find((words) => words.startsWith('an answered write is not there'));
  t.ok(lost, found.join('; '));

  const begun = performance.now();
  leader.startAll();
  await cluster.isWell('replica');
  const took = performance.now() - begun;
  t.match(leader.log(), /running pg_rewind/, 'the old leader gives up what nobody else has');
  await configure('synchronous_mode=true', 'maximum_lag_on_failover=1048576');
  await cluster.isWell();
  addRow(t, [
    `as the first, but asynchronous, and the standby ${seconds(laggingMs)} behind`,
    ...[seconds(writers.longestPauseMs(at)), '', seconds(took)],
    `**not held**: ${lost?.split(':', 1)[0]} of ${writers.written.length}`,
    refusalsOf(writers),
  ]);
});

t.teardown(() => {
  const [first] = cpus();
  const day = new Date().toISOString().slice(0, 10);
  const table = [
    '| what | no write was answered for | `/health/ready` was 503 for | both in step again after | what held | told to come back |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
  console.log(`\n${table}`);
  if (!t.passing() || rows.length < faults) return;
  writeFileSync(
    join(import.meta.dirname, '../../docs/failover.md'),
    `${preamble}${day}, ${cpus().length} × ${first?.model.trim() ?? 'unknown'}, Node ${process.version}, PostgreSQL 15, Patroni 3.0\n\n${table}\n`,
  );
});

const preamble = `# When a database machine is lost

Written by \`npm run drill:failover\`: the configuration of \`deploy/ha\` (synchronous, Patroni, etcd, HAProxy) on one machine,
the started program behind HAProxy, and clients that write under idempotency keys with jobs in hand. After each fault the
tables are compared with the clients’ log (test/faults/checks.ts): every answered write is there, no key has two effects,
nothing is half done, the money ties, the audit verifies, no job is lost, the process lives and is ready. What an operator
does is in [operations.en.md](operations.en.md#two-database-machines).

The times are for each time that the fault was played: the longest time in which no write was answered with success, and the
time from the return of the machine until it had every commit again. Clients were told to come back with 503, or 409 while their
key was in hand, always with \`Retry-After\`; any other answer fails the drill.

`;
