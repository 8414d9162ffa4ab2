// Reads a case of the case files as a claim: the baseline overridden by the case's own keys.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Assessment, assess, type Claim } from '../../src/rules/assess.ts';
import { type Coverage, type Fact, type Kind, kinds } from '../../src/rules/facts.ts';
import type { StatutoryAgeMode } from '../../src/rules/policy/policy.ts';
import type { Person } from '../../src/rules/retirement.ts';
import type { Day, Month } from '../../src/values/days.ts';
import { firstDayOf, lastDayOf } from '../../src/values/days.ts';
import { policyOn } from '../published-policies.ts';

type WrittenFact = { kind: Kind; from?: Day; to?: Day; month?: Month; [particular: string]: unknown };

export type Case = {
  name: string;
  person?: Person;
  term?: {
    firstApprovedOn: Day;
    near: boolean;
    used: number;
    liveMonths?: Month[];
    recoveredMonths?: Month[];
    claimedMonths?: Month[];
    owedMonths?: { month: Month; owedFen: number }[];
  } | null;
  claim?: Month[];
  submittedOn?: Day;
  decidedOn?: Day;
  mode?: StatutoryAgeMode;
  coverage?: Partial<Record<Kind, Month | null>>;
  drop?: Kind[];
  contributions?: Month[];
  add?: WrittenFact[];
  expect: {
    months: Record<Month, string | string[]>;
    amountFen: number;
    near?: boolean;
    retirement?: Day;
    outcome?: string;
    late?: Month[];
  };
};

export function readCases(file: string): Case[] {
  return parse(readFileSync(new URL(file, import.meta.url), 'utf8'), { schema: 'core' });
}

export function assessCase(written: Case): Assessment {
  const claim = claimOf(written);
  return assess(claim, policyOn(claim.decidedOn, { statutoryAge: written.mode ?? 'national' }));
}

export function claimOf(written: Case): Claim {
  const months = written.claim ?? ['2025-04', '2025-05', '2025-06'];
  const term =
    written.term === undefined ? { firstApprovedOn: '2025-01-10', near: false, used: 3 } : written.term;
  return {
    person: written.person ?? { sex: 'M', born: '1972-05-11' },
    term: term && {
      firstApprovedOn: term.firstApprovedOn,
      near: term.near,
      retirementOn: '2031-01-01',
      cap: term.near ? null : 36,
      policyVersion: 'imported',
    },
    usedMonths: term?.used ?? 0,
    liveMonths: term?.liveMonths ?? [],
    recoveredMonths: term?.recoveredMonths ?? [],
    owedMonths: term?.owedMonths ?? [],
    claimedMonths: term?.claimedMonths ?? [],
    months,
    submittedOn: written.submittedOn ?? '2025-07-05',
    decidedOn: written.decidedOn ?? '2025-07-10',
    facts: factsOf(written, months),
    coverage: coverageOf(written),
  };
}

function factsOf(written: Case, claimed: readonly Month[]): Fact[] {
  const baseline: WrittenFact[] = [
    { kind: 'household', from: '1990-01-01', ...{ street: '360203007' } },
    { kind: 'unemployment-registration', from: '2023-06-01', to: '2024-02-29' },
    { kind: 'hardship-recognition', from: '2024-01-10', ...{ category: 'long-term-unemployed-4050' } },
    { kind: 'flexible-employment', from: '2024-03-01' },
    ...(written.contributions ?? claimed).map((month) => ({ kind: 'contribution' as const, month })),
  ];
  const kept = baseline.filter(({ kind }) => !written.drop?.includes(kind));
  return [...kept, ...(written.add ?? [])].map(factOf);
}

function factOf(written: WrittenFact, index: number): Fact {
  const id = `${written.kind}-${index}`;
  const month = written.month;
  const whole = month === undefined ? {} : { from: firstDayOf(month), to: lastDayOf(month) };
  const contribution = { scheme: 'employees', insurance: 'pension', payer: 'individual', refunded: false };
  const fact = {
    ...(written.kind === 'contribution' ? contribution : {}),
    to: null,
    ...whole,
    ...written,
    id,
  };
  const said = Object.entries(fact).filter(([name, value]) => value !== null || name === 'to');
  return Object.fromEntries(said) as unknown as Fact; // hand-written data, whose shape the cases check
}

function coverageOf(written: Case): Coverage {
  const complete = Object.fromEntries(kinds.map((kind) => [kind, '2999-12']));
  const laidOver = Object.entries({ ...complete, ...written.coverage }).filter(
    ([, through]) => through !== null,
  );
  return Object.fromEntries(laidOver);
}
