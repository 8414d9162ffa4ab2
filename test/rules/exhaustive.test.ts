// Every combination of clear, hit and unknown for the exclusions, in unusual calendar months.

import t from 'tap';
import { assess, type Claim, outcomeOf } from '../../src/rules/assess.ts';
import { type Fact, type Kind, kinds } from '../../src/rules/facts.ts';
import { type Answer, type CheckCode, catalogue } from '../../src/rules/policy/catalogue.ts';
import { firstDayOf, lastDayOf, monthOf } from '../../src/values/days.ts';
import { policyOn } from '../published-policies.ts';

const answers = ['clear', 'hit', 'unknown'] as const;
/** The seven exclusions that a register answers for the month, with the kind of their records. */
const exclusions = {
  'unemployment-benefit': 'unemployment-benefit',
  'skills-training': 'skills-training',
  'public-post': 'public-post',
  imprisonment: 'imprisonment',
  'public-payroll': 'public-payroll',
  'past-retirement': 'pension',
  'employer-insured': 'employer-insurance',
} as const satisfies Partial<Record<CheckCode, Kind>>;

type Happening = { kind: Kind; from: string; to: string };

/**
 * December (the measure's first month), both Februaries and a month of 30 days, each with a day that touches
 * it.
 */
const months = [
  { month: '2024-12', touching: '2024-12-01', decidedOn: '2025-01-01' },
  { month: '2025-02', touching: '2025-02-28', decidedOn: '2025-03-31' },
  { month: '2028-02', touching: '2028-02-29', decidedOn: '2028-03-01' },
  { month: '2025-04', touching: '2025-04-30', decidedOn: '2025-05-10' },
];

function combinations(count: number): readonly (readonly Answer[])[] {
  if (count === 0) return [[]];
  return combinations(count - 1).flatMap((rest) => answers.map((answer) => [...rest, answer]));
}

t.test(
  'all 2,187 combinations of seven exclusions, with every answer on dishonesty and the cap, at four months',
  async (t) => {
    const codes = Object.keys(exclusions) as (keyof typeof exclusions)[];
    const all = combinations(codes.length);
    t.equal(all.length, 2187);
    let assessed = 0;
    for (const { month, touching, decidedOn } of months) {
      for (const combination of all) {
        for (const dishonest of answers) {
          for (const isExhausted of [false, true]) {
            const wanted = new Map<CheckCode, Answer>(
              codes.map((code, at) => [code, combination[at] ?? 'clear']),
            );
            const facts: Happening[] = codes
              .filter((code) => wanted.get(code) === 'hit')
              .map((code) => ({ kind: exclusions[code], from: touching, to: touching }));
            const silent: Kind[] = codes
              .filter((code) => wanted.get(code) === 'unknown')
              .map((code) => exclusions[code]);
            if (dishonest === 'hit') facts.push({ kind: 'dishonesty', from: decidedOn, to: decidedOn });
            if (dishonest === 'unknown') silent.push('dishonesty');
            wanted.set('dishonest', dishonest).set('term-exhausted', isExhausted ? 'hit' : 'clear');
            const claim = claimOf(month, decidedOn, facts, silent, isExhausted ? 36 : 35);
            const [judged] = assess(claim, policyOn(decidedOn, { statutoryAge: 'national' })).months;
            const isAsWanted = judged?.checks.every(
              ({ code, answer }) => answer === (wanted.get(code) ?? 'clear'),
            );
            const isHit = [...wanted.values()].includes('hit');
            const isUnknown = [...wanted.values()].includes('unknown');
            const outcome = isHit ? 'excluded' : isUnknown ? 'undetermined' : 'payable';
            if (!isAsWanted || judged?.outcome !== outcome) {
              t.fail(`${month}: ${JSON.stringify([...wanted])} came out as ${JSON.stringify(judged)}`);
            }
            assessed += 1;
          }
        }
      }
    }
    t.equal(assessed, 4 * 2187 * 3 * 2);
  },
);

t.test('a month is excluded by any hit, else undetermined by any unknown, else payable', async (t) => {
  t.equal(outcomeOf([]), 'payable');
  for (const combination of combinations(7)) {
    const expected = combination.includes('hit')
      ? 'excluded'
      : combination.includes('unknown')
        ? 'undetermined'
        : 'payable';
    const told = outcomeOf(combination.map((answer) => ({ answer })));
    if (told !== expected) t.fail(`${combination} came out as ${told}`);
  }
});

t.test('checks are always reported in the same order', async (t) => {
  const order = Object.keys(catalogue);
  t.strictSame(order.slice(0, 6), [
    'local-household',
    'working-age',
    'hardship-recognised',
    'flexibly-employed',
    'sequence',
    'contributed',
  ]);
  for (const silent of [[], [...kinds]]) {
    const claim = claimOf('2025-04', '2025-05-10', [], silent, 0);
    const [judged] = assess(claim, policyOn('2025-05-10', { statutoryAge: 'national' })).months;
    t.strictSame(
      judged?.checks.map(({ code }) => code),
      order,
    );
  }
});

function claimOf(
  month: string,
  decidedOn: string,
  more: readonly Happening[],
  silent: readonly Kind[],
  usedMonths: number,
): Claim {
  const contribution = { month, scheme: 'employees', payer: 'individual', refunded: false };
  const eligible = [
    { kind: 'household', street: '360203007', from: '1990-01-01', to: null },
    { kind: 'unemployment-registration', from: '2023-06-01', to: null },
    { kind: 'hardship-recognition', category: 'low-income', from: '2023-07-01', to: null },
    { kind: 'flexible-employment', from: '2023-08-01', to: null },
    { kind: 'contribution', from: firstDayOf(month), to: lastDayOf(month), ...contribution },
  ];
  return {
    person: { sex: 'M', born: '1980-05-11' },
    term: {
      firstApprovedOn: '2024-12-20',
      retirementOn: '2042-01-11',
      near: false,
      cap: 36,
      policyVersion: '-',
    },
    liveMonths: [],
    usedMonths,
    months: [month],
    submittedOn: decidedOn,
    decidedOn,
    facts: [...eligible, ...more].map((fact, at) => ({ ...fact, id: `f${at}` }) as Fact),
    coverage: Object.fromEntries(
      kinds.filter((kind) => !silent.includes(kind)).map((kind) => [kind, monthOf(decidedOn)]),
    ),
  };
}
