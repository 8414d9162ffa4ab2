// Contenders for the same work, measured in turn, round after round, so that load on the machine meets all of them alike:
// requests per second, the time they take, and the processor time of the contender's process and of PostgreSQL.

import type { Answered } from '../load.ts';
import { cpuMsOf, serverCpuMs, settled } from '../processes.ts';
import { median } from '../service.ts';

export interface Contender {
  readonly name: string;
  /** Null for one without a process of its own. */
  readonly pid: number | null;
  /** What our own figure is to be at least, in times of this contender's. */
  readonly goal?: number;
  /** Makes what a round needs, unmeasured; then `fire` sends it. */
  readonly prepare?: () => Promise<void>;
  readonly requests: number;
  readonly fire: () => Promise<Pick<Answered, 'perSecond'> & Partial<Answered>>;
}

export interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Of one request. */
  readonly nodeMs: number | null;
  readonly postgresMs: number;
  readonly refused: number;
}

export type Measured = ReadonlyMap<string, readonly Figures[]>;

/** The first round warms caches and connections and is not counted. */
export async function measureInTurn(
  contenders: readonly Contender[],
  { rounds, postmaster }: { rounds: number; postmaster: number },
): Promise<Measured> {
  const measured = new Map(contenders.map(({ name }): [string, Figures[]] => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, pid, requests, prepare, fire } of contenders) {
      await prepare?.();
      await settled(postmaster);
      const [nodeBefore, postgresBefore] = [pid === null ? 0 : cpuMsOf(pid), serverCpuMs(postmaster)];
      const { perSecond, p50Ms = null, p99Ms = null, refused = 0 } = await fire();
      const postgresMs = (serverCpuMs(postmaster) - postgresBefore) / requests;
      const nodeMs = pid === null ? null : (cpuMsOf(pid) - nodeBefore) / requests;
      if (round > 0) measured.get(name)?.push({ perSecond, p50Ms, p99Ms, nodeMs, postgresMs, refused });
    }
  }
  return measured;
}

/** One row for each contender; the first is ours, which the others are compared with round by round. */
export function printTable(what: string, contenders: readonly Contender[], measured: Measured): void {
  const figuresOf = (name: string) => measured.get(name) ?? [];
  const ours = figuresOf(contenders[0]?.name ?? '');
  console.log(`### ${what}\n`);
  console.log(
    '| who | requests/s | spread | ours ÷ theirs | spread | goal | CPU ms, Node | PostgreSQL | ours ÷ theirs by CPU | p50 ms | p99 ms |',
  );
  console.log('| --- | ---: | --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: |');
  for (const [place, { name, goal }] of contenders.entries()) {
    const figures = figuresOf(name);
    const rates = figures.map(({ perSecond }) => perSecond);
    const ratios = rates.map((rate, round) => (ours[round]?.perSecond ?? Number.NaN) / rate);
    const byCpu = figures.flatMap((theirs, round) => {
      const mine = ours[round];
      if (place === 0 || mine === undefined || mine.nodeMs === null || theirs.nodeMs === null) return [];
      return [(theirs.nodeMs + theirs.postgresMs) / (mine.nodeMs + mine.postgresMs)];
    });
    const middle = (of: (one: Figures) => number | null, digits: number) => {
      const all = figures.map(of).filter((one) => one !== null);
      return all.length === 0 ? '–' : median(all).toFixed(digits);
    };
    const cells = [
      name,
      whole(median(rates)),
      `${whole(Math.min(...rates))} to ${whole(Math.max(...rates))}`,
      ...(place === 0 ? ['', ''] : [median(ratios).toFixed(2), spreadOf(ratios)]),
      goal === undefined ? '' : `≥ ${goal.toFixed(2)}`,
      middle(({ nodeMs }) => nodeMs, 2),
      middle(({ postgresMs }) => postgresMs, 2),
      byCpu.length === 0 ? '' : median(byCpu).toFixed(2),
      middle(({ p50Ms }) => p50Ms, 1),
      middle(({ p99Ms }) => p99Ms, 1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log('');
  for (const { name } of contenders) {
    const refused = figuresOf(name).reduce((sum, one) => sum + one.refused, 0);
    if (refused > 0) console.log(`${name}: ${refused} answers asked to come back later.\n`);
  }
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function spreadOf(ratios: readonly number[]): string {
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
}
