// Makes the figures of an answer out of the sums of cells. Pure.

import type { states } from '../../applications/application/states.ts';
import { type Sums, sumNamed } from '../../platform/figures.ts';
import type { CaseFigures } from './schemas.ts';

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

function waitOf(sums: Sums, step: 'acceptance' | 'decision'): CaseFigures['acceptance'] {
  const byDays = Object.entries(sums)
    .filter(([name]) => name.startsWith(`${step} `))
    .map(([name, cases]) => ({ days: Number(name.slice(step.length + 1)), cases }))
    .sort((a, b) => a.days - b.days);
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
