// What becomes of the work when more is asked for than can be done: served and refused at the peak, at three times the
// peak (requests due at a fixed rate), from 800 sockets of which each sends again at once when it is refused, and a second
// after that. With `--against`, an earlier commit takes turns.
// Usage: node bench/overload.ts [--quick] [--against=<git ref>]

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Steps } from '../test/steps.ts';
import type { Shot, Weathered } from './load.ts';
import { cpuMsOf, type RunningService, settled, startServiceProcess } from './processes.ts';
import { checkOut } from './requests/checkout.ts';
import { askAll, makeSample, stepsOf } from './requests/sample.ts';
import { shotsToSubmit } from './requests/writes.ts';
import { median, type Server, startLoad, withPostgres } from './service.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, against: { type: 'string' } },
});
const rounds = values.quick ? 1 : 3;
const seconds = values.quick ? 1 : 5;
const poolSize = 6;
/** What the peak is measured with. */
const clients = 16;
/** Enough that a request is sent when it is due. */
const openClients = 400;
const times = 3;
const hammering = 800;
/** More submissions than are done in a second. */
const mostPerSecond = 400;

interface Opened {
  readonly name: string;
  readonly service: RunningService;
  readonly steps: Steps;
  readonly questions: readonly Shot[];
}

interface Work {
  readonly name: string;
  readonly onceEach: boolean;
  readonly shotsOf: (opened: Opened, count: number) => Promise<readonly Shot[]>;
}

const works: readonly Work[] = [
  {
    name: 'getApplication',
    onceEach: false,
    shotsOf: async ({ questions }, count) => repeated(questions, count),
  },
  {
    name: 'submitApplication',
    onceEach: true,
    shotsOf: ({ service, steps }, count) => shotsToSubmit(service, steps, count),
  },
];

const remark = [
  'The clients, PostgreSQL and the service share the machine’s cores. The goals at three times the load: 0.90 of the peak,',
  'three times its p99, refusals within 100 ms. A dash: nobody was refused. The p99 of 800 sockets counts those that still',
  'waited when the clients stopped sending: they are served last.',
].join('\n');

type Phase = 'peak' | 'thrice' | 'hammered' | 'afterwards';
const phases: Readonly<Record<Phase, string>> = {
  peak: `peak, ${clients} clients`,
  thrice: `${times} times the peak, due at a fixed rate`,
  hammered: `${hammering} sockets that retry at once`,
  afterwards: 'a second later, as at the peak',
};

type Figures = Weathered & { readonly nodeMs: number };

const stops: (() => Promise<void> | void)[] = [];
await withPostgres(async (place) => {
  try {
    await run(place);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
});

async function run(place: Server): Promise<void> {
  const load = startLoad();
  stops.push(load.stop);
  const ours = await openService(place, 'this commit', { name: 'ours' });
  const before = values.against === undefined ? [] : [await openEarlier(place, values.against)];
  const left = new Map<string, readonly Shot[]>();
  for (const work of works) {
    for (const opened of [ours, ...before]) await weather(opened, work); // warms what every process does first
    const measured = new Map<string, Record<Phase, Figures>[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const opened of [ours, ...before]) {
        console.error(`${work.name}, ${opened.name}, round ${round + 1}`);
        const of = measured.get(opened.name) ?? [];
        measured.set(opened.name, of);
        of.push(await weather(opened, work));
      }
    }
    printTable(work.name, measured);
  }
  console.log(remark);

  async function weather(opened: Opened, { name, onceEach, shotsOf }: Work): Promise<Record<Phase, Figures>> {
    const { origin, pid } = opened.service;
    const stock = `${name}, ${opened.name}`;
    const fire = async (connections: number, perSecond?: number): Promise<Figures> => {
      // Each connection has one in hand.
      const count = connections + mostPerSecond * seconds;
      const unsent = left.get(stock) ?? [];
      const shots = [...unsent, ...(await shotsOf(opened, Math.max(0, count - unsent.length)))];
      await settled(place.postmaster);
      const cpuBefore = cpuMsOf(pid);
      const weathered = await load.weather({
        origin,
        connections,
        shots,
        seconds,
        onceEach,
        ...(perSecond === undefined ? {} : { perSecond }),
      });
      left.set(stock, weathered.left);
      if (weathered.left.length === 0) throw new Error('there were not enough requests to send');
      return { ...weathered, nodeMs: (cpuMsOf(pid) - cpuBefore) / seconds };
    };
    const peak = await fire(clients);
    const thrice = await fire(openClients, times * peak.servedPerSecond);
    const hammered = await fire(hammering);
    await delay(1_000);
    return { peak, thrice, hammered, afterwards: await fire(clients) };
  }
}

function printTable(what: string, measured: ReadonlyMap<string, readonly Record<Phase, Figures>[]>): void {
  console.log(`### ${what}\n`);
  console.log(
    '| who | load | served/s | ÷ peak | p50 ms | p99 ms | ÷ peak | refused/s | refused p99 ms | Node, CPU ms/s |',
  );
  console.log('| --- | --- | ---: | --- | ---: | ---: | --- | ---: | ---: | ---: |');
  for (const [name, all] of measured) {
    for (const [phase, load] of Object.entries(phases) as [Phase, string][]) {
      const middle = (of: (one: Figures) => number) => median(all.map((one) => of(one[phase])));
      const ratios = (of: (one: Figures) => number) => all.map((one) => of(one[phase]) / of(one.peak));
      const cells = [
        name,
        load,
        Math.round(middle((one) => one.servedPerSecond)),
        spread(ratios((one) => one.servedPerSecond)),
        middle((one) => one.p50Ms).toFixed(1),
        middle((one) => one.p99Ms).toFixed(1),
        spread(ratios((one) => one.p99Ms)),
        Math.round(middle((one) => one.refusedPerSecond)),
        Number.isNaN(middle((one) => one.refusedP99Ms)) ? '–' : middle((one) => one.refusedP99Ms).toFixed(0),
        Math.round(middle((one) => one.nodeMs)),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
  console.log('');
}

/** The median with its spread. */
function spread(ratios: readonly number[]): string {
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
}

async function openService(
  place: Server,
  name: string,
  options: { name: string; checkout?: string },
): Promise<Opened> {
  const service = await startServiceProcess(place, { ...options, poolSize });
  stops.push(service.stop);
  const steps = stepsOf(service);
  const asked = await askAll(service, await makeSample(service, steps, 2));
  const questions = await Promise.all(
    asked
      .filter(({ status }) => status === 200)
      .map(async ({ path, reader }): Promise<Shot> => {
        const headers = { authorization: `Bearer ${await service.tokenOf(reader)}` };
        return { method: 'GET', path, headers };
      }),
  );
  return { name, service, steps, questions };
}

function repeated(shots: readonly Shot[], count: number): Shot[] {
  return Array.from({ length: count }, (_, index) => shots[index % shots.length] as Shot);
}

async function openEarlier(place: Server, ref: string): Promise<Opened> {
  const { folder, commit, remove } = checkOut(ref);
  stops.push(remove);
  return await openService(place, `commit ${commit}`, { name: 'earlier', checkout: folder });
}
