// What a request costs: a case is read, a draft submitted, its submission replayed, a case decided, through the whole service
// in a process of its own (token, scope, row security, trace of the disclosure, log line, durable commit) beside peers that
// give the same answers byte for byte, checked before anything is measured; and, with `--against`, beside an earlier
// commit of this repository.
// Usage: node bench/requests.ts [--quick] [--against=<git ref>]

import { parseArgs } from 'node:util';
import { connectClient } from '../src/platform/database/connect.ts';
import type { Shot } from './load.ts';
import { startPeer } from './processes.ts';
import { mustSubmitAlike } from './requests/effects.ts';
import { type Opened, type Place, poolSize, repeated, shotOf, withServices } from './requests/opened.ts';
import { hasPgbench, openPgbench } from './requests/pgbench.ts';
import { type Contender, measureInTurn, printTable } from './requests/rounds.ts';
import { mustAnswerAlike, type Question, readers } from './requests/sample.ts';
import { settingsOf } from './requests/settings.ts';
import { shotsToDecide, shotsToSubmit } from './requests/writes.ts';
import { median, platform } from './service.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, against: { type: 'string' } },
});
const rounds = values.quick ? 1 : 5;
const ofEach = values.quick ? 1 : 4;
const reads = values.quick ? 100 : 3_000;
const submissions = values.quick ? 32 : 300;
const decisions = values.quick ? 8 : 100;
const readClients = 8;
const submitClients = 32;
const decideClients = 8;
/** At half of the peak, for so many seconds. */
const openSeconds = values.quick ? 1 : 15;
const openClients = 64;

await withServices({ against: values.against, ofEach }, run);

async function run({ postmaster, dataDir, ownerUrl, ours, all, load, stops }: Place): Promise<void> {
  const settings = await settingsOf(ours.service, { poolSize, questions: ours.questions });

  /** Our own figures, by their medians. */
  const measure = async (what: string, contenders: readonly Contender[]) => {
    console.error(what);
    const measured = await measureInTurn(contenders, { rounds, postmaster });
    printTable(what, contenders, measured);
    const figures = measured.get(ours.name) ?? [];
    return {
      perSecond: median(figures.map(({ perSecond }) => perSecond)),
      p50Ms: median(figures.map(({ p50Ms }) => p50Ms ?? Number.NaN)),
      p99Ms: median(figures.map(({ p99Ms }) => p99Ms ?? Number.NaN)),
    };
  };
  const services = (
    shotsOf: (opened: Opened) => Promise<Shot[]>,
    requests: number,
    connections: number,
    goal?: number,
  ) =>
    all.map((opened): Contender => {
      const { name, service } = opened;
      let shots: Shot[] = [];
      return {
        name,
        pid: service.pid,
        requests,
        ...(opened === ours || goal === undefined ? {} : { goal }),
        prepare: async () => {
          shots = await shotsOf(opened);
        },
        fire: () => load.fire({ origin: service.origin, connections, shots }),
      };
    });

  const peers = await readingPeers({ dataDir, load, stops }, ours, settings);
  const read = await measure(`getApplication, ${readClients} clients`, [
    ...services((opened) => readingShots(opened), reads, readClients),
    ...peers,
  ]);
  if (!hasPgbench())
    console.log('pgbench (postgresql-contrib) is not installed here: PostgreSQL alone was not measured.\n');

  await measure('What a read is made of', await stepsOfARead(ours, load));

  const byHand = await startPeer('requests/by-hand.ts', settings);
  stops.push(byHand.stop);
  await mustSubmitAlike(ours.service, ours.steps, byHand.origin);
  const draftsOf = ({ service, steps }: Opened) => shotsToSubmit(service, steps, submissions);
  let drafts: Shot[] = [];
  const hand: Contender = {
    name: 'the same effects by hand, one pipelined transaction',
    goal: 0.5,
    pid: byHand.pid,
    requests: submissions,
    prepare: async () => {
      drafts = await draftsOf(ours);
    },
    fire: () => load.fire({ origin: byHand.origin, connections: submitClients, shots: drafts }),
  };
  const submitted = await measure(`submitApplication, durable, ${submitClients} clients`, [
    ...services(draftsOf, submissions, submitClients, 3),
    hand,
  ]);

  const times = (submitted.p99Ms / submitted.p50Ms).toFixed(1);
  console.log(`p99 is ${submitted.p99Ms.toFixed(0)} ms, ${times} times p50 (goal ≤ 60 ms or ≤ 3.0 times).\n`);

  const replayed: Contender[] = services(draftsOf, submissions, submitClients).map((contender) => ({
    ...contender,
    // Submitted once beforehand; the same requests again are measured.
    prepare: async () => {
      await contender.prepare?.();
      await contender.fire();
    },
  }));
  const again = await measure(`submitApplication replayed, ${submitClients} clients`, replayed);
  console.log(
    `A replayed submission beside a first one: ${(again.perSecond / submitted.perSecond).toFixed(2)} times (goal ≥ 2.00).\n`,
  );

  const casesOf = ({ service, steps }: Opened) => shotsToDecide(service, steps, decisions);
  await measure(
    `decideApplication, ${decideClients} clients`,
    services(casesOf, decisions, decideClients, 2.5),
  );

  await analyse(ownerUrl, 'ours');
  await measureLatency(ours, load, { read: read.perSecond, submitted: submitted.perSecond });
}

/** As autovacuum does within a minute: until then plans are those of tables that were a tenth as large. */
async function analyse(ownerUrl: string, database: string): Promise<void> {
  const url = new URL(ownerUrl);
  url.pathname = database;
  const client = await connectClient(url.href, 'subsidy bench');
  await client.query('analyze');
  await client.end();
}

async function measureLatency(
  ours: Opened,
  load: Place['load'],
  peaks: { readonly read: number; readonly submitted: number },
): Promise<void> {
  console.log('### Latency at half of the peak, requests due at a fixed rate\n');
  console.log('| work | requests/s | p50 ms | p99 ms | p99.9 ms |');
  console.log('| --- | ---: | ---: | ---: | ---: |');
  const { service, steps } = ours;
  for (const [work, peak, shotsOf] of [
    ['getApplication', peaks.read, (count: number) => readingShots(ours, count)],
    ['submitApplication', peaks.submitted, (count: number) => shotsToSubmit(service, steps, count)],
  ] as const) {
    const perSecond = Math.max(1, Math.round(peak / 2));
    const shots = await shotsOf(perSecond * openSeconds);
    const { origin } = service;
    const { p50Ms, p99Ms, p999Ms } = await load.fire({ origin, connections: openClients, shots, perSecond });
    const cells = [work, perSecond, p50Ms.toFixed(1), p99Ms.toFixed(1), p999Ms.toFixed(1)];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log('| goal | | ≤ 5.0 | ≤ 25.0 | ≤ 80.0 |');
}

/** The same service with less to do each time: the differences are what a step costs. */
async function stepsOfARead(
  { name, service: { pid, origin, tokenOf }, questions }: Opened,
  load: Place['load'],
): Promise<Contender[]> {
  const contender = (what: string, asked: readonly Shot[]): Contender => ({
    name: what,
    pid,
    requests: reads,
    fire: () => load.fire({ origin, connections: readClients, shots: repeated(asked, reads) }),
  });
  const shotsOf = (some: readonly Question[]) => Promise.all(some.map((one) => shotOf(one, tokenOf)));
  const headers = { authorization: `Bearer ${await tokenOf(platform)}` };
  const whole = questions.filter(({ status }) => status === 200);
  const foreign = questions.filter(({ status }) => status === 404);
  return [
    contender(name, await shotsOf(whole)),
    contender('a foreign case: not found, nothing described or traced', await shotsOf(foreign)),
    contender('listPolicies: token, permission, an answer from memory', [
      { method: 'GET', path: '/v1/policies', headers },
    ]),
    contender('GET /health/live: HTTP, hooks and a log line', [
      { method: 'GET', path: '/health/live', headers: {} },
    ]),
  ];
}

/** Checked to give the service's answers. None verifies the token, or keeps a trace of the disclosure. */
async function readingPeers(
  { dataDir, load, stops }: Pick<Place, 'dataDir' | 'load' | 'stops'>,
  ours: Opened,
  settings: Awaited<ReturnType<typeof settingsOf>>,
): Promise<Contender[]> {
  const shots = await readingShots(ours);
  const peers: Contender[] = [];
  for (const [name, file, goal] of [
    ['bare Fastify, one statement', 'requests/bare-fastify.ts', 0.6],
    ['Express and TypeORM', 'requests/typeorm.ts', 1.5],
  ] as const) {
    const { pid, origin, stop } = await startPeer(file, settings);
    stops.push(stop);
    await mustAnswerAlike(name, origin, ours.questions, ours.service.tokenOf);
    const fire = () => load.fire({ origin, connections: readClients, shots });
    peers.push({ name, goal, pid, requests: reads, fire });
  }
  if (!hasPgbench()) return peers;
  const asked = mixed(ours.questions).map(({ path, reader }) => ({
    id: path.slice(path.lastIndexOf('/') + 1),
    reader: readers.indexOf(reader),
  }));
  const pgbench = openPgbench(dataDir, settings, asked);
  peers.push({
    name: 'PostgreSQL alone (pgbench), that statement',
    goal: 0.3,
    pid: null,
    requests: reads,
    fire: async () => ({ perSecond: pgbench({ clients: readClients, transactions: reads }) }),
  });
  return peers;
}

/** Every case by those who see it, and one in ten by somebody who does not. */
function mixed(questions: readonly Question[]): Question[] {
  const whole = questions.filter(({ status }) => status === 200);
  const foreign = questions.filter(({ status }) => status !== 200);
  return [...whole, ...foreign.slice(0, Math.ceil(whole.length / 9))];
}

async function readingShots({ questions, service }: Opened, count = reads): Promise<Shot[]> {
  const asked = await Promise.all(mixed(questions).map((question) => shotOf(question, service.tokenOf)));
  return repeated(asked, count);
}
