// What becomes of the work when more is asked for than can be done: served and refused at the peak, at three times the
// peak (requests due at a fixed rate), from 800 sockets of which each sends again at once when it is refused, of another
// client beside these, and a second after that. With `--against`, an earlier commit takes turns.
// Usage: node bench/overload.ts [--quick] [--against=<git ref>]

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Shot, Storm, Weathered } from './load.ts';
import { cpuMsOf, settled } from './processes.ts';
import { type Opened, type Place, repeated, shotOf, withServices } from './requests/opened.ts';
import { shotsToSubmit } from './requests/writes.ts';
import { median, startLoad } from './service.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, against: { type: 'string' } },
});
const rounds = values.quick ? 1 : 3;
const seconds = values.quick ? 1 : 5;
/** What the peak is measured with. */
const clients = 16;
/** Enough that a request is sent when it is due. */
const openClients = 400;
const times = 3;
const hammering = 800;
/** Another client meanwhile, whose every socket asks once a second. */
const gentle = 5;
const gentleReader = 'reviewer-360203';
/** More submissions than are done in a second. */
const mostPerSecond = 400;

interface Work {
  readonly name: string;
  readonly onceEach: boolean;
  readonly shotsOf: (opened: Opened, count: number) => Promise<readonly Shot[]>;
}

const works: readonly Work[] = [
  {
    name: 'getApplication',
    onceEach: false,
    shotsOf: async (opened, count) => repeated(await readings(opened), count),
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

type Phase = 'peak' | 'thrice' | 'hammered' | 'beside' | 'afterwards';
const phases: Readonly<Record<Phase, string>> = {
  peak: `peak, ${clients} clients`,
  thrice: `${times} times the peak, due at a fixed rate`,
  hammered: `${hammering} sockets that retry at once`,
  beside: `beside them another client, ${gentle} reads a second`,
  afterwards: 'a second later, as at the peak',
};

/** Without processor time where others were measured meanwhile. */
type Figures = Weathered & { readonly nodeMs?: number };

await withServices({ against: values.against, ofEach: 2 }, run);

async function run({ postmaster, all, load, stops }: Place): Promise<void> {
  const others = startLoad();
  stops.push(others.stop);
  const left = new Map<string, readonly Shot[]>();
  for (const work of works) {
    for (const opened of all) await weather(opened, work); // warms what every process does first
    const measured = new Map<string, Record<Phase, Figures>[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const opened of all) {
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
    const prepare = async (connections: number, perSecond?: number): Promise<Storm> => {
      // Each connection has one in hand.
      const count = connections + mostPerSecond * seconds;
      const unsent = left.get(stock) ?? [];
      const shots = [...unsent, ...(await shotsOf(opened, Math.max(0, count - unsent.length)))];
      await settled(postmaster);
      const storm = { origin, connections, shots, seconds, onceEach };
      return perSecond === undefined ? storm : { ...storm, perSecond };
    };
    const fire = async (storm: Storm): Promise<Figures> => {
      const cpuBefore = cpuMsOf(pid);
      const weathered = await load.weather(storm);
      left.set(stock, weathered.left);
      if (weathered.left.length === 0) throw new Error('there were not enough requests to send');
      return { ...weathered, nodeMs: (cpuMsOf(pid) - cpuBefore) / seconds };
    };
    const peak = await fire(await prepare(clients));
    const thrice = await fire(await prepare(openClients, times * peak.servedPerSecond));
    const crowd = await prepare(hammering);
    const gently: Storm = {
      origin,
      connections: gentle,
      shots: repeated(await readings(opened, gentleReader), gentle * (seconds + 1)),
      seconds,
      onceEach: false,
      perSecond: gentle,
    };
    const [hammered, beside] = await Promise.all([fire(crowd), others.weather(gently)]);
    await delay(1_000);
    return { peak, thrice, hammered, beside, afterwards: await fire(await prepare(clients)) };
  }
}

function printTable(what: string, measured: ReadonlyMap<string, readonly Record<Phase, Figures>[]>): void {
  console.log(`### ${what}\n`);
  console.log(
    '| who | load | served/s | ÷ peak | p50 ms | p99 ms | ÷ peak | refused/s | refused p99 ms | Node, CPU ms/s | clients, CPU ms/s |',
  );
  console.log('| --- | --- | ---: | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |');
  for (const [name, all] of measured) {
    for (const [phase, load] of Object.entries(phases) as [Phase, string][]) {
      const middle = (of: (one: Figures) => number) => median(all.map((one) => of(one[phase])));
      const ratios = (of: (one: Figures) => number) => all.map((one) => of(one[phase]) / of(one.peak));
      const shown = (of: (one: Figures) => number | undefined, digits = 0) => {
        const value = middle((one) => of(one) ?? Number.NaN);
        return Number.isNaN(value) ? '–' : value.toFixed(digits);
      };
      const cells = [
        name,
        load,
        shown((one) => one.servedPerSecond),
        spread(ratios((one) => one.servedPerSecond)),
        shown((one) => one.p50Ms, 1),
        shown((one) => one.p99Ms, 1),
        spread(ratios((one) => one.p99Ms)),
        shown((one) => one.refusedPerSecond),
        shown((one) => one.refusedP99Ms),
        shown((one) => one.nodeMs),
        shown((one) => one.clientsMs),
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

/** What is seen of the cases; with a reader, by that one instead of those who see them. */
async function readings({ questions, service }: Opened, reader?: string): Promise<readonly Shot[]> {
  const seen = questions.filter(({ status }) => status === 200);
  return await Promise.all(
    seen.map(async (question) => {
      const shot = await shotOf(question, service.tokenOf);
      if (reader === undefined) return shot;
      return { ...shot, headers: { authorization: `Bearer ${await service.tokenOf(reader)}` } };
    }),
  );
}
