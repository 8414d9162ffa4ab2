// The term: fixed by the day of the first approval, and what a later parameter would change.

import t from 'tap';
import type { Fact } from '../../src/rules/facts.ts';
import type { Parameters } from '../../src/rules/policy/parameters.ts';
import { versionsOf } from '../../src/rules/policy/policy.ts';
import type { Person } from '../../src/rules/retirement.ts';
import { fixTerm, importTerm } from '../../src/rules/term.ts';
import { parameters, policyOn } from '../published-policies.ts';

const policy = policyOn('2026-07-15', { statutoryAge: 'national' });
const man: Person = { sex: 'M', born: '1970-03-15' };

t.test('a term under five years has no cap, one of exactly five years is capped at 36', async (t) => {
  t.strictSame(fixTerm('2026-07-15', man, [], policy), {
    firstApprovedOn: '2026-07-15',
    retirementOn: '2031-07-15',
    near: false,
    cap: 36,
    policyVersion: 'jdz-2024-139/2025-01-01',
  });
  t.strictSame(fixTerm('2026-07-16', man, [], policy), {
    firstApprovedOn: '2026-07-16',
    retirementOn: '2031-07-15',
    near: true,
    cap: null,
    policyVersion: 'jdz-2024-139/2025-01-01',
  });
});

t.test('the retirement category on the approval day decides the term', async (t) => {
  const woman: Person = { sex: 'F', born: '1978-04-20' };
  const fiftyFive: Fact = {
    id: 'a',
    kind: 'retirement-category',
    category: 'F55',
    from: '2020-01-01',
    to: null,
  };
  t.equal(fixTerm('2026-07-15', woman, [], policy).near, true);
  t.equal(fixTerm('2026-07-15', woman, [fiftyFive], policy).near, false);
  const attestation: Fact = { ...fiftyFive, absent: true };
  t.equal(
    fixTerm('2026-07-15', woman, [attestation], policy).near,
    true,
    'that there is no such record is no record',
  );
});

t.test('a person past retirement has a near term without months', async (t) => {
  t.equal(fixTerm('2026-07-15', { sex: 'M', born: '1950-01-01' }, [], policy).near, true);
});

t.test('an imported term keeps the earlier decision, with the retirement date of that day', async (t) => {
  const there = { firstApprovedOn: '2021-03-10', near: true };
  t.strictSame(importTerm(there, man, [], policy), {
    firstApprovedOn: '2021-03-10',
    retirementOn: '2030-03-15',
    near: true,
    cap: null,
    policyVersion: 'jdz-2024-139/2025-01-01',
  });
  const far = importTerm({ ...there, near: false }, man, [], policy);
  t.strictSame([far.near, far.cap], [false, 36]);
});

t.test('the number of years, whether exactly that is near, and both caps are parameters', async (t) => {
  const why = { from: '2026-01-01', article: '-', source: '-', reason: '-' };
  const fixedBy = (changed: Partial<Parameters>, day: string) => {
    const [latest] = versionsOf({ ...parameters, ...changed }, 'national').toReversed();
    return fixTerm(day, man, [], latest ?? policy);
  };
  const { nearWindowIsStrict, nearWindowYears, nearCapMonths, ordinaryCapMonths } = parameters;
  const inclusive = {
    nearWindowIsStrict: {
      ...nearWindowIsStrict,
      values: [...nearWindowIsStrict.values, { ...why, value: false }],
    },
  };
  t.equal(fixedBy(inclusive, '2026-07-14').near, false);
  t.equal(fixedBy(inclusive, '2026-07-15').near, true);
  t.equal(fixedBy(inclusive, '2026-07-16').near, true);
  const six = {
    nearWindowYears: { ...nearWindowYears, values: [...nearWindowYears.values, { ...why, value: 6 }] },
  };
  t.equal(fixedBy(six, '2026-01-01').near, true);
  const sixty = {
    nearCapMonths: { ...nearCapMonths, values: [...nearCapMonths.values, { ...why, value: 60 }] },
  };
  t.equal(fixedBy(sixty, '2026-07-16').cap, 60);
  const longer = {
    ordinaryCapMonths: { ...ordinaryCapMonths, values: [...ordinaryCapMonths.values, { ...why, value: 48 }] },
  };
  t.equal(fixedBy(longer, '2026-07-15').cap, 48);
  t.equal(fixedBy(longer, '2025-12-31').cap, 36, 'a first approval before the new value keeps the old');
});
