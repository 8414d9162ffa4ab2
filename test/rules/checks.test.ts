// The records on which each check rests, as named on an evidence sheet.

import t from 'tap';
import { assess } from '../../src/rules/assess.ts';
import type { Fact } from '../../src/rules/facts.ts';
import type { CheckCode } from '../../src/rules/policy/catalogue.ts';
import type { Parameters } from '../../src/rules/policy/parameters.ts';
import { versionsOf } from '../../src/rules/policy/policy.ts';
import { parameters, policyOn } from '../published-policies.ts';
import { type Case, claimOf, readCases } from './case-file.ts';

const [ordinary] = readCases('cases.yaml');
const may: Partial<Case> = { claim: ['2025-05'] };

/** The answer of a check for May and its records, for the ordinary person with changes. */
function may2025(
  code: CheckCode,
  changed: Partial<Case>,
  order: (facts: readonly Fact[]) => readonly Fact[] = (facts) => facts,
) {
  if (ordinary === undefined) throw new Error('no case');
  const claim = claimOf({ ...ordinary, ...may, ...changed });
  const policy = policyOn(claim.decidedOn, { statutoryAge: 'national' });
  const [month] = assess({ ...claim, facts: order(claim.facts) }, policy).months;
  const check = month?.checks.find((one) => one.code === code);
  return [check?.answer, ...(check?.facts ?? [])];
}

t.test('the household check names registrations of both days and, when failing, all of them', async (t) => {
  const drop = ['household'] as const;
  const households = (...spans: [from: string, to?: string][]) => ({
    drop: [...drop],
    add: spans.map(([from, to]) => ({
      kind: 'household' as const,
      street: '360203007',
      from,
      ...(to === undefined ? {} : { to }),
    })),
  });
  // Ids number the records in order: four of the baseline, then the added ones.
  t.strictSame(
    may2025(
      'local-household',
      households(['1990-01-01', '2025-05-30'], ['2025-05-31', '2025-06-10'], ['2025-06-11']),
    ),
    ['clear', 'household-5', 'household-6'],
  );
  t.strictSame(may2025('local-household', households(['1990-01-01', '2025-05-30'], ['2025-06-11'])), [
    'hit',
    'household-4',
    'household-5',
  ]);
  t.strictSame(may2025('local-household', { add: [{ kind: 'death', from: '2025-07-04' }] }), [
    'hit',
    'death-5',
    'household-0',
  ]);
  t.strictSame(may2025('local-household', { add: [{ kind: 'death', from: '2025-07-05' }] }), [
    'clear',
    'household-0',
  ]);
});

t.test('a prerequisite names records in the month and, when not met, all there are', async (t) => {
  const recognitions = (...spans: [from: string, to: string][]) => ({
    drop: ['hardship-recognition' as const],
    add: spans.map(([from, to]) => ({
      kind: 'hardship-recognition' as const,
      category: 'disabled',
      from,
      to,
    })),
  });
  t.strictSame(
    may2025(
      'hardship-recognised',
      recognitions(['2024-01-01', '2025-05-01'], ['2025-05-31', '2025-12-31'], ['2025-06-01', '2025-06-02']),
    ),
    ['clear', 'hardship-recognition-4', 'hardship-recognition-5'],
  );
  t.strictSame(
    may2025('hardship-recognised', recognitions(['2024-01-01', '2025-04-30'], ['2025-06-01', '2025-06-02'])),
    ['hit', 'hardship-recognition-4', 'hardship-recognition-5'],
  );
});

t.test('the sequence check names its earliest chain, and always the same of two equal ones', async (t) => {
  const twice = {
    add: [{ kind: 'hardship-recognition' as const, category: 'disabled', from: '2024-01-10' }],
  };
  const chain = ['clear', 'unemployment-registration-1', 'hardship-recognition-2', 'flexible-employment-3'];
  t.strictSame(may2025('sequence', twice), chain);
  t.strictSame(
    may2025('sequence', twice, (facts) => facts.toReversed()),
    chain,
  );
  const broken = {
    drop: ['hardship-recognition' as const],
    add: [{ kind: 'hardship-recognition' as const, category: 'disabled', from: '2024-06-01' }],
  };
  t.strictSame(may2025('sequence', broken), [
    'hit',
    'flexible-employment-2',
    'hardship-recognition-4',
    'unemployment-registration-1',
  ]);
});

t.test('a registration on the day of submission is in time for the order', async (t) => {
  const drop = ['unemployment-registration' as const, 'flexible-employment' as const];
  const unemployed = { kind: 'unemployment-registration' as const, from: '2023-06-01' };
  const registered = { kind: 'flexible-employment' as const, from: '2025-07-05' };
  t.strictSame(may2025('sequence', { drop, add: [unemployed, registered] }), [
    'clear',
    'unemployment-registration-3',
    'hardship-recognition-1',
    'flexible-employment-4',
  ]);
  const silent = { coverage: { 'unemployment-registration': null } };
  t.equal(may2025('sequence', { drop, add: [registered], ...silent })[0], 'unknown');
  t.equal(may2025('sequence', { drop, add: [{ ...registered, from: '2025-07-06' }], ...silent })[0], 'hit');
});

t.test('a registration that may yet be reported must begin by the last day of the month', async (t) => {
  const drop = ['hardship-recognition' as const, 'flexible-employment' as const];
  const told = (from: string) =>
    may2025('sequence', {
      drop,
      add: [{ kind: 'hardship-recognition', category: 'disabled', from }],
      coverage: { 'flexible-employment': null },
    })[0];
  t.equal(told('2025-05-31'), 'unknown');
  t.equal(told('2025-06-01'), 'hit');
});

t.test('the contribution check names contributions of the month only', async (t) => {
  const add = [
    { kind: 'contribution' as const, month: '2025-05', refunded: true },
    { kind: 'contribution' as const, month: '2025-04' },
  ];
  t.strictSame(may2025('contributed', { add }), ['clear', 'contribution-4']);
  t.strictSame(may2025('contributed', { contributions: [], add }), ['hit', 'contribution-4']);
  const residents = [
    { kind: 'contribution' as const, month: '2025-05', scheme: 'residents' },
    { kind: 'contribution' as const, month: '2025-04' },
  ];
  t.strictSame(may2025('contributed', { contributions: [], add: residents }), ['hit', 'contribution-4']);
});

t.test('an exclusion names its records only when it hits', async (t) => {
  const add = [
    { kind: 'employer-insurance' as const, from: '2025-05-31' },
    { kind: 'contribution' as const, month: '2025-05', payer: 'employer' },
    { kind: 'employer-insurance' as const, from: '2025-06-01' },
  ];
  t.strictSame(may2025('employer-insured', { add }), ['hit', 'contribution-6', 'employer-insurance-5']);
  t.strictSame(may2025('employer-insured', {}), ['clear']);
  t.strictSame(may2025('employer-insured', { coverage: { 'employer-insurance': null } }), ['unknown']);
  t.strictSame(may2025('dishonest', { add: [{ kind: 'dishonesty', from: '2025-07-10' }] }), [
    'hit',
    'dishonesty-5',
  ]);
});

t.test('the retirement check names the pensions and the category that decide', async (t) => {
  const person = { sex: 'F', born: '1972-09-10' } as const;
  const add = [
    { kind: 'retirement-category' as const, category: 'F50', from: '2020-01-01', to: '2025-05-31' },
    { kind: 'retirement-category' as const, category: 'F55', from: '2020-01-01', to: '2025-05-30' },
    { kind: 'pension' as const, from: '2025-05-31' },
    { kind: 'pension' as const, from: '2025-06-01' },
  ];
  t.strictSame(may2025('past-retirement', { person, add }), ['hit', 'pension-7', 'retirement-category-5']);
});

t.test('the cap check names months granted elsewhere', async (t) => {
  const add = [
    {
      kind: 'prior-benefit' as const,
      from: '2024-12-01',
      months: ['2024-12'],
      firstApprovedOn: '2024-12-10',
      near: false,
    },
  ];
  t.strictSame(may2025('term-exhausted', { add }), ['clear', 'prior-benefit-5']);
});

t.test('a check names the attestation that settles it', async (t) => {
  const absent = { from: '2025-05-01', to: '2025-05-31', absent: true };
  const coverage = { 'public-post': null, 'hardship-recognition': null, dishonesty: null };
  const told = (code: CheckCode) =>
    may2025(code, {
      coverage,
      drop: ['hardship-recognition'],
      add: [
        { kind: 'public-post', ...absent },
        { kind: 'hardship-recognition', ...absent },
        { kind: 'dishonesty', from: '2025-07-10', to: '2025-07-10', absent: true },
        { kind: 'hardship-recognition', category: 'disabled', from: '2025-06-01' },
      ],
    });
  t.strictSame(told('public-post'), ['clear', 'public-post-4']);
  t.strictSame(told('hardship-recognised'), ['hit', 'hardship-recognition-5', 'hardship-recognition-7']);
  t.strictSame(told('dishonest'), ['clear', 'dishonesty-6']);
  const alone = [{ kind: 'dishonesty' as const, from: '2025-07-10', to: '2025-07-10', absent: true }];
  t.strictSame(may2025('dishonest', { coverage, add: alone }), ['clear', 'dishonesty-5']);
  const recordFirst = [
    { kind: 'hardship-recognition' as const, category: 'disabled', from: '2025-06-01' },
    { kind: 'hardship-recognition' as const, ...absent },
  ];
  t.strictSame(
    may2025('hardship-recognised', { coverage, drop: ['hardship-recognition'], add: recordFirst }),
    ['hit', 'hardship-recognition-4', 'hardship-recognition-5'],
  );
});

t.test('a finding that is only attested counts even against complete registers', async (t) => {
  const drop = [
    'household',
    'unemployment-registration',
    'hardship-recognition',
    'flexible-employment',
  ] as const;
  const attested = [{ kind: 'contribution' as const, month: '2025-05', attested: true }];
  const changed = { drop: [...drop], contributions: [], add: attested };
  t.strictSame(may2025('contributed', changed), ['hit']);
  t.strictSame(may2025('contributed', { ...changed, coverage: { contribution: null } }), [
    'clear',
    'contribution-0',
  ]);
});

t.test('a month is assessed by the retirement ages in force on its last day', async (t) => {
  const { statutoryAges, workingAgeYears } = parameters;
  const why = { from: '2025-05-15', article: '-', source: '-', reason: '-' };
  const at60 = { baseYears: 60, delay: null };
  const value = { M60: { baseYears: 40, delay: null }, F50: at60, F55: at60 };
  const changes: Partial<Parameters>[] = [
    { statutoryAges: { ...statutoryAges, values: [...statutoryAges.values, { ...why, value }] } },
    { workingAgeYears: { ...workingAgeYears, values: [...workingAgeYears.values, { ...why, value: 60 }] } },
  ];
  for (const changed of changes) {
    const policy = versionsOf({ ...parameters, ...changed }, 'national').at(-1);
    if (ordinary === undefined || policy === undefined) throw new Error('no case or version');
    const { months } = assess(claimOf(ordinary), policy);
    t.strictSame(
      months.map(({ outcome }) => outcome),
      ['payable', 'excluded', 'excluded'],
    );
  }
});
