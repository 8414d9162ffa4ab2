// Entitlements: months left, claimable months, and the end.

import t from 'tap';
import type { Claim } from '../../src/rules/assess.ts';
import { entitlementOf, type Standing } from '../../src/rules/entitlement.ts';
import type { Fact } from '../../src/rules/facts.ts';
import type { Parameters } from '../../src/rules/policy/parameters.ts';
import { versionsOf } from '../../src/rules/policy/policy.ts';
import { parameters, policyOn } from '../published-policies.ts';
import { strictMatch } from '../strict-match.ts';

const today = '2025-07-10';
const policy = policyOn(today, { statutoryAge: 'national' });
const term: NonNullable<Claim['term']> = {
  firstApprovedOn: '2025-01-10',
  retirementOn: '2034-04-11',
  near: false,
  cap: 36,
  policyVersion: policy.version,
};

function standing(changed: Partial<Standing> = {}): Standing {
  const person = { sex: 'M', born: '1972-05-11' } as const;
  return { person, term, liveMonths: [], usedMonths: 0, facts: [], coverage: {}, ...changed };
}

function months(changed: Partial<Standing> = {}, on = today): readonly string[] {
  return entitlementOf(standing(changed), on, policy).claimable.map(({ month }) => month);
}

const pension: Fact = { id: 'p', kind: 'pension', from: '2025-06-20', to: null };

t.test('months that have ended and are not granted can be claimed, late ones flagged', async (t) => {
  const { claimable } = entitlementOf(
    standing({ liveMonths: ['2024-12', '2025-01', '2025-05'] }),
    today,
    policy,
  );
  t.strictSame(claimable, [
    { month: '2025-02', lateClaim: true },
    { month: '2025-03', lateClaim: true },
    { month: '2025-04', lateClaim: false },
    { month: '2025-06', lateClaim: false },
  ]);
  t.equal(months({}, '2025-07-01').at(-1), '2025-06');
  t.equal(months({}, '2025-06-30').at(-1), '2025-05');
});

t.test(
  'imported months and months recovered twice cannot be claimed, months recovered once can',
  async (t) => {
    const prior: Fact = {
      id: 'b',
      kind: 'prior-benefit',
      from: '2024-12-01',
      to: null,
      months: ['2024-12'],
      firstApprovedOn: '2024-12-10',
      near: false,
    };
    const recoveredMonths = ['2025-01', '2025-02', '2025-02'];
    t.strictSame(months({ facts: [prior], recoveredMonths }), [
      '2025-01',
      '2025-03',
      '2025-04',
      '2025-05',
      '2025-06',
    ]);
    t.ok(months({ facts: [{ ...prior, absent: true }] }).includes('2024-12'));
  },
);

t.test('a month that is still owed cannot be claimed until it is repaid', async (t) => {
  const recoveredMonths = ['2025-02'];
  const owed = standing({ recoveredMonths, owedMonths: [{ month: '2025-02', owedFen: 1 }] });
  const repaid = standing({ recoveredMonths });
  const claimable = (one: Standing) =>
    entitlementOf(one, today, policy).claimable.some(({ month }) => month === '2025-02');
  t.strictSame([claimable(owed), claimable(repaid)], [false, true]);
  t.equal(
    entitlementOf(owed, today, policy).lastPossibleMonth,
    entitlementOf(repaid, today, policy).lastPossibleMonth,
  );
});

t.test('a woman’s entitlement ends at fifty only if her category is known', async (t) => {
  const person = { sex: 'F' as const, born: '1974-12-20' };
  const lastOf = (coverage: Standing['coverage'], facts: readonly Fact[] = []) =>
    entitlementOf(standing({ person, facts, coverage }), today, policy).lastPossibleMonth;
  t.equal(lastOf({}), '2031-03', 'silence goes on to fifty-five');
  t.equal(lastOf({ 'retirement-category': '2025-05' }), '2031-03');
  t.equal(lastOf({ 'retirement-category': '2025-06' }), '2024-12');
  const recorded = { id: 'c', kind: 'retirement-category' as const, from: '2015-01-01', to: null };
  t.equal(lastOf({}, [{ ...recorded, category: 'F50' }]), '2024-12');
  t.equal(lastOf({}, [{ ...recorded, category: 'F55' }]), '2031-03');
  const younger = standing({ person: { sex: 'F', born: '1980-06-01' } });
  t.equal(
    entitlementOf(younger, today, policy).lastPossibleMonth,
    '2033-03',
    'before fifty it ends with fifty',
  );
});

t.test('a month in an open application cannot be claimed again', async (t) => {
  const claimed = months({ claimedMonths: ['2025-02'] });
  t.strictSame([claimed.includes('2025-01'), claimed.includes('2025-02')], [true, false]);
});

t.test('with a cap, the last possible month is retirement’s, and without gaps the cap’s', async (t) => {
  const entitlement = entitlementOf(
    standing({ liveMonths: ['2025-06', '2025-04', '2025-05'], usedMonths: 3 }),
    today,
    policy,
  );
  strictMatch(t, entitlement.term, { cap: 36, used: 3, left: 33, forecast: false, near: false });
  t.equal(entitlement.retirement.month, '2034-04');
  t.equal(entitlement.lastPossibleMonth, '2034-04');
  t.equal(entitlement.endMonthIfUnbroken, '2028-03');
  const last = entitlementOf(standing({ liveMonths: ['2025-06'], usedMonths: 35 }), today, policy);
  t.equal(last.endMonthIfUnbroken, '2025-07', 'the one month left is the next');
});

t.test('the unbroken end is counted from the latest granted month, however they are listed', async (t) => {
  const { endMonthIfUnbroken } = entitlementOf(
    standing({ liveMonths: ['2025-06', '2025-02'], usedMonths: 2 }),
    today,
    policy,
  );
  t.equal(endMonthIfUnbroken, '2028-04');
});

t.test('before any granted month the unbroken end is counted from this month', async (t) => {
  t.equal(entitlementOf(standing({ usedMonths: 34 }), today, policy).endMonthIfUnbroken, '2025-08');
});

t.test('near retirement, the entitlement ends with the month of retirement', async (t) => {
  const person = { sex: 'M', born: '1965-06-20' } as const;
  const entitlement = entitlementOf(
    standing({ person, term: { ...term, near: true, cap: null }, usedMonths: 40 }),
    today,
    policy,
  );
  strictMatch(t, entitlement, {
    lastPossibleMonth: '2025-08',
    endMonthIfUnbroken: '2025-08',
    term: { left: null, used: 40 },
  });
});

t.test('a pension ends the entitlement with the month before it begins', async (t) => {
  t.equal(entitlementOf(standing({ facts: [pension] }), today, policy).lastPossibleMonth, '2025-05');
  t.equal(
    entitlementOf(standing({ facts: [{ ...pension, absent: true }] }), today, policy).lastPossibleMonth,
    '2034-04',
  );
  t.equal(
    entitlementOf(standing({ facts: [{ ...pension, from: '2040-01-01' }] }), today, policy).lastPossibleMonth,
    '2034-04',
  );
});

t.test('with the cap used or every month granted, no month is left', async (t) => {
  const used = entitlementOf(standing({ usedMonths: 36 }), today, policy);
  t.strictSame(
    [used.lastPossibleMonth, used.endMonthIfUnbroken, used.claimable, used.term.left],
    [null, null, [], 0],
  );
  const over = entitlementOf(standing({ usedMonths: 40 }), today, policy);
  t.equal(over.term.left, 0);
  const early = { ...pension, from: '2024-01-01' };
  strictMatch(t, entitlementOf(standing({ facts: [early] }), today, policy), {
    lastPossibleMonth: null,
    endMonthIfUnbroken: null,
  });
});

t.test('no end month is given once the last possible month is granted', async (t) => {
  const entitlement = entitlementOf(
    standing({ facts: [pension], liveMonths: ['2025-05'], usedMonths: 1 }),
    today,
    policy,
  );
  strictMatch(t, entitlement, { lastPossibleMonth: '2025-04', endMonthIfUnbroken: null });
});

t.test('before any approval, the entitlement’s term is a forecast as of today', async (t) => {
  const { term } = entitlementOf(standing({ term: null }), today, policy);
  strictMatch(t, term, { forecast: true, firstApprovedOn: today, near: false, cap: 36, left: 36 });
});

t.test(
  'waiting time, deadline and the last months by age and pension are parameters of the entitlement',
  async (t) => {
    const why = { from: '2025-02-01', article: '-', source: '-', reason: '-' };
    const by = (changed: Partial<Parameters>, facts: Fact[] = []) => {
      const [latest] = versionsOf({ ...parameters, ...changed }, 'national').toReversed();
      return entitlementOf(standing({ facts }), today, latest ?? policy);
    };
    const { claimDeadlineMonths, claimableAfterMonths, retirementMonthPayable, pensionMonthPayable } =
      parameters;
    const deadline = {
      claimDeadlineMonths: {
        ...claimDeadlineMonths,
        values: [...claimDeadlineMonths.values, { ...why, value: 3 }],
      },
    };
    t.strictSame(
      by(deadline).claimable.map(({ month }) => month),
      ['2025-04', '2025-05', '2025-06'],
    );
    const wait = {
      claimableAfterMonths: {
        ...claimableAfterMonths,
        values: [...claimableAfterMonths.values, { ...why, value: 2 }],
      },
    };
    t.equal(by(wait).claimable.at(-1)?.month, '2025-05');
    const before = {
      retirementMonthPayable: {
        ...retirementMonthPayable,
        values: [...retirementMonthPayable.values, { ...why, value: false }],
      },
    };
    t.equal(by(before).lastPossibleMonth, '2034-03');
    const first = {
      pensionMonthPayable: {
        ...pensionMonthPayable,
        values: [...pensionMonthPayable.values, { ...why, value: true }],
      },
    };
    t.equal(by(first, [pension]).lastPossibleMonth, '2025-06');
  },
);
