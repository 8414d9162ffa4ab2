// Months assessed per second on one core, with every reason, compared with two general rule engines that take
// the same decision: `node bench/rules.ts [--quick]`. Before measuring, all three must agree on every month
// of the sample.

import { assess } from '../src/rules/assess.ts';
import { policyOn } from '../test/published-policies.ts';
import { jsonRulesEngine, type Peer, questionOf, type Reasons, reasonsOf, zenEngine } from './rules-peers.ts';
import { peopleOf } from './rules-people.ts';

export type Measured = { readonly median: number; readonly least: number; readonly most: number };
export type RulesBench = {
  /** Months assessed per second. */
  readonly assess: Measured;
  /**
   * The same per second of one core, by the processor time of the whole process, including garbage
   * collection.
   */
  readonly assessOnOneCore: Measured;
  /** How many times faster than each peer, within each round. */
  readonly ratios: readonly {
    readonly peer: string;
    readonly perSecond: Measured;
    readonly ratio: Measured;
  }[];
};

const people = peopleOf(20241206, 5_000);
const policy = policyOn('2026-07-10', { statutoryAge: 'national' });

/** Rounds alternate: ours, then each peer. */
export async function benchRules({ quick }: { quick: boolean }): Promise<RulesBench> {
  const peers: Peer[] = [jsonRulesEngine(), await zenEngine()];
  const sample = people.slice(0, 300).flatMap((claim) => {
    let used = claim.usedMonths;
    return assess(claim, policy).months.map((month) => {
      const question = questionOf(claim, month.month, used);
      if (month.outcome === 'payable') used += 1;
      return { question, reasons: reasonsOf(month) };
    });
  });
  const questions = sample.map(({ question }) => question);
  for (const peer of peers)
    mustAgree(
      peer.name,
      await peer.decide(questions),
      sample.map(({ reasons }) => reasons),
    );

  const rounds = quick ? 3 : 15;
  const forMs = quick ? 150 : 1_000;
  await perSecond(forMs, assessEverybody);
  const ours: number[] = [];
  const onOneCore: number[] = [];
  const theirs = peers.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    const { rate, months } = await perSecond(forMs, assessEverybody);
    const { user, system } = process.cpuUsage(before);
    ours.push(rate);
    onOneCore.push(months / ((user + system) / 1_000_000));
    for (const [at, peer] of peers.entries()) theirs[at]?.push(await peerPerSecond(peer, questions, forMs));
  }
  return {
    assess: measured(ours),
    assessOnOneCore: measured(onOneCore),
    ratios: peers.map(({ name }, at) => {
      const rates = theirs[at] ?? [];
      return {
        peer: name,
        perSecond: measured(rates),
        ratio: measured(rates.map((rate, round) => (ours[round] ?? 0) / rate)),
      };
    }),
  };
}

function mustAgree(name: string, told: readonly Reasons[], expected: readonly Reasons[]): void {
  for (const [at, reasons] of expected.entries()) {
    const other = told[at]?.join(' ');
    if (other !== reasons.join(' ')) throw new Error(`${name} disagrees: ${other}, not ${reasons.join(' ')}`);
  }
}

async function assessEverybody(): Promise<number> {
  let months = 0;
  for (const claim of people) months += assess(claim, policy).months.length;
  return months;
}

async function peerPerSecond(
  peer: Peer,
  questions: readonly Parameters<Peer['decide']>[0][number][],
  forMs: number,
) {
  return (await perSecond(forMs, async () => (await peer.decide(questions)).length)).rate;
}

/**
 * By wall clock, not processor time, so that a peer benefits from its threads. Load on the machine affects
 * all three alike, so only ratios within a round are compared.
 */
async function perSecond(
  forMs: number,
  work: () => Promise<number>,
): Promise<{ rate: number; months: number }> {
  const start = performance.now();
  let months = 0;
  let elapsed = 0;
  while (elapsed < forMs) {
    months += await work();
    elapsed = performance.now() - start;
  }
  return { rate: (months / elapsed) * 1_000, months };
}

function measured(values: readonly number[]): Measured {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}

if (import.meta.main) {
  const {
    assess: rate,
    assessOnOneCore,
    ratios,
  } = await benchRules({ quick: process.argv.includes('--quick') });
  const written = ({ median, least, most }: Measured, digits = 0) =>
    [median, least, most]
      .map((value) => value.toLocaleString('en', { maximumFractionDigits: digits }))
      .join(' | ');
  console.log('| months assessed with all reasons | median | least | most |\n| --- | --- | --- | --- |');
  console.log(`| per second of one core's time | ${written(assessOnOneCore)} |`);
  console.log(`| per second by the clock | ${written(rate)} |`);
  for (const { peer, perSecond: theirRate, ratio } of ratios) {
    console.log(`| ${peer}, per second by the clock | ${written(theirRate)} |`);
    console.log(`| times faster than ${peer} | ${written(ratio, 1)} |`);
  }
}
