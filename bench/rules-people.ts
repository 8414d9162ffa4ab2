// The people of the rules benchmark: a seeded quarter of ordinary claims, three months each; about seven in
// ten pass, and the others fail or are undetermined for various reasons.

import type { Claim } from '../src/rules/assess.ts';
import { type Coverage, type Fact, type Kind, kinds } from '../src/rules/facts.ts';
import { firstDayOf, lastDayOf, type Month } from '../src/values/days.ts';

const months: readonly Month[] = ['2026-04', '2026-05', '2026-06'];
const everything: Coverage = Object.fromEntries(kinds.map((kind) => [kind, '2026-06']));

export function peopleOf(seed: number, count: number): readonly Claim[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => personOf(index, random));
}

function personOf(index: number, random: (below: number) => number): Claim {
  const sex = random(2) === 0 ? 'M' : 'F';
  const born = `${(sex === 'M' ? 1965 : 1974) + random(10)}-${two(1 + random(12))}-${two(1 + random(28))}`;
  const facts: Fact[] = [];
  const add = (kind: Kind, from: string, to: string | null, more: object = {}) => {
    // Built by kind; each has the shape in facts.ts.
    facts.push({ id: `${index}-${facts.length}`, kind, from, to, ...more } as unknown as Fact);
  };
  add('household', '1990-01-01', null, { street: random(50) === 0 ? '330102001' : '360203007' });
  add('unemployment-registration', '2023-06-01', '2024-02-29');
  add('hardship-recognition', random(30) === 0 ? '2026-05-20' : '2024-01-10', null, {
    category: 'low-income',
  });
  add('flexible-employment', '2024-03-01', random(30) === 0 ? '2026-04-30' : null);
  for (const month of ['2026-01', '2026-02', '2026-03', ...months]) {
    if (random(40) === 0) continue;
    const contribution = {
      month,
      scheme: 'employees',
      insurance: 'pension',
      payer: 'individual',
      refunded: random(60) === 0,
    };
    add('contribution', firstDayOf(month), lastDayOf(month), contribution);
  }
  if (random(8) === 0) add('employer-insurance', '2019-01-01', random(3) === 0 ? '2026-04-02' : '2023-05-31');
  if (random(20) === 0)
    add('unemployment-benefit', '2023-06-01', random(2) === 0 ? '2026-05-31' : '2024-02-29');
  if (random(30) === 0) add('skills-training', '2026-05-06', '2026-05-10');
  if (random(50) === 0) add('pension', '2026-06-01', null);
  const used = random(37);
  const near = random(3) === 0;
  return {
    person: { sex, born },
    term: {
      firstApprovedOn: '2025-01-10',
      retirementOn: '2030-01-01',
      near,
      cap: near ? null : 36,
      policyVersion: 'jdz-2024-139/2025-01-01',
    },
    liveMonths: months.slice(0, 0),
    usedMonths: used,
    months,
    submittedOn: '2026-07-05',
    decidedOn: '2026-07-10',
    facts,
    coverage: random(20) === 0 ? { ...everything, 'employer-insurance': '2026-05' } : everything,
  };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Mulberry32: small, fast and the same on every machine. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}
