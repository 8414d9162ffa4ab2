// Makes the figures of an answer out of the sums of cells. Pure.

import type { states } from '../../applications/application/states.ts';
import { type Sums, sumNamed } from '../../platform/figures.ts';
import type { CaseFigures, Statistics } from './schemas.ts';

/** The first day of each band by which cases are told apart by days. */
const bands = [0, 1, 6, 11, 21, 31, 61, 91] as const;

const open: readonly (keyof typeof states)[] = ['submitted', 'correction-requested', 'accepted'];

/**
 * @param sums of cases, see `cellsOfCases`
 * @param people the number of people by the quarters in which they have a case
 */
export function figuresOf(sums: Sums, people: Sums, quarters: readonly string[]): CaseFigures {
  const of = (name: string) => sumNamed(sums, name);
  return {
    cases: of('cases'),
    people: Object.entries(people)
      .filter(([theirs]) => theirs.split(' ').some((quarter) => quarters.includes(quarter)))
      .reduce((sum, [, count]) => sum + count, 0),
    open: open.reduce((sum, state) => sum + of(state), 0),
    overdue: of('overdue'),
    approved: of('approved'),
    refused: of('refused'),
    notAccepted: of('not-accepted'),
    withdrawn: of('withdrawn'),
    monthsClaimed: of('monthsClaimed'),
    monthsGranted: of('monthsGranted'),
    grantedFen: of('grantedFen'),
    monthsPaid: of('monthsPaid'),
    paidFen: of('paidFen'),
    monthsRecovered: of('monthsRecovered'),
    recoveredFen: of('recoveredFen'),
    repaidFen: of('repaidFen'),
    acceptance: waitOf(sums, 'acceptance'),
    decision: waitOf(sums, 'decision'),
  };
}

/** Cases for each number of days under a name, in order. */
function byDaysOf(sums: Sums, step: string): { days: number; cases: number }[] {
  return Object.entries(sums)
    .filter(([name]) => name.startsWith(`${step} `))
    .map(([name, cases]) => ({ days: Number(name.slice(step.length + 1)), cases }))
    .sort((a, b) => a.days - b.days);
}

/** Open cases by age, and closed ones by how long they took. */
export function daysOf(sums: Sums): Statistics['days'] {
  const counts = {
    submitted: byDaysOf(sums, 'age submitted'),
    correctionRequested: byDaysOf(sums, 'age correction-requested'),
    accepted: byDaysOf(sums, 'age accepted'),
    acceptance: byDaysOf(sums, 'acceptance'),
    decision: byDaysOf(sums, 'decision'),
  };
  return bands.map((fromDays, at) => {
    const next = bands[at + 1];
    const within = (one: keyof typeof counts) =>
      counts[one]
        .filter(({ days }) => days >= fromDays && (next === undefined || days < next))
        .reduce((sum, { cases }) => sum + cases, 0);
    return {
      fromDays,
      throughDays: next === undefined ? null : next - 1,
      submitted: within('submitted'),
      correctionRequested: within('correctionRequested'),
      accepted: within('accepted'),
      acceptance: within('acceptance'),
      decision: within('decision'),
    };
  });
}

function waitOf(sums: Sums, step: 'acceptance' | 'decision'): CaseFigures['acceptance'] {
  const byDays = byDaysOf(sums, step);
  const cases = byDays.reduce((sum, one) => sum + one.cases, 0);
  /** The days that this share of the cases does not exceed. */
  const within = (share: number) => {
    let so = 0;
    for (const one of byDays) {
      so += one.cases;
      if (so >= Math.ceil(share * cases)) return one.days;
    }
    return null;
  };
  return {
    cases,
    medianDays: within(0.5),
    ninthDecileDays: within(0.9),
    longestDays: byDays.at(-1)?.days ?? null,
  };
}

/** Cases and months by the check that they failed. */
export function reasonsOf(sums: Sums): { check: string; cases: number; months: number }[] {
  return Object.entries(sums).flatMap(([name, cases]) => {
    const check = /^reason (.+) cases$/.exec(name)?.[1];
    return check === undefined ? [] : [{ check, cases, months: sumNamed(sums, `reason ${check} months`) }];
  });
}
