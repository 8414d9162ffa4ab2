// The forecast of the next quarter's payments from existing terms: cap, retirement, pension, gaps.

import fc from 'fast-check';
import t from 'tap';
import { forecastOf, type TermGroup } from '../../src/rules/forecast.ts';
import { changePolicy, versionsOf } from '../../src/rules/policy/policy.ts';
import { addMonths, monthsOfQuarter } from '../../src/values/days.ts';
import { changed, parameters, policyOn } from '../published-policies.ts';

const today = '2025-07-05';
const policy = policyOn(today, { statutoryAge: 'national' });

function group(choice: Partial<TermGroup> = {}): TermGroup {
  const usual = {
    sex: 'M',
    bornMonth: '1980-05',
    recordedCategory: null,
    left: 20,
    pensionFrom: null,
  } as const;
  return { people: 10, lastGranted: '2025-06', ...usual, ...choice };
}

function forecast(choice: Partial<TermGroup>, quarter = '2025Q3') {
  const { expected, ceiling } = forecastOf([group(choice)], quarter, policy, today);
  return { expected: expected.months, ceiling: ceiling.months };
}

t.test('a person who continues has three months in the forecast, at the amount in force', (t) => {
  t.strictSame(forecastOf([group()], '2025Q3', policy, today), {
    expected: { people: 10, months: 30, amountFen: 1_500_000 },
    ceiling: { people: 10, months: 30, amountFen: 1_500_000 },
  });
  t.end();
});

t.test('a forecast has no month before the measure, and each has its last day’s amount', (t) => {
  t.strictSame(
    forecast({ lastGranted: null }, '2024Q4'),
    { expected: 0, ceiling: 10 },
    'December is its first',
  );
  const { monthlyAmountFen } = parameters;
  const [value] = monthlyAmountFen.values;
  const raised = { ...value, from: '2025-08-31', value: 60_000, article: '-', source: '-', reason: '-' };
  const laidOver = {
    ...parameters,
    monthlyAmountFen: { ...monthlyAmountFen, values: [...monthlyAmountFen.values, raised] },
  };
  const later = versionsOf(laidOver, 'national').at(-1) ?? policy;
  t.equal(forecastOf([group()], '2025Q3', later, today).ceiling.amountFen, 10 * (50_000 + 2 * 60_000));
  t.end();
});

t.test('a forecast ends at the cap, which months before the quarter use first', (t) => {
  t.strictSame(forecast({ left: 2 }), { expected: 20, ceiling: 20 });
  t.strictSame(forecast({ left: 0 }), { expected: 0, ceiling: 0 });
  t.strictSame(
    forecast({ left: 4, lastGranted: '2025-03' }),
    { expected: 10, ceiling: 30 },
    'three months come before',
  );
  t.strictSame(forecast({ left: null }), { expected: 30, ceiling: 30 }, 'near retirement there is no cap');
  t.end();
});

t.test('a forecast ends with the month of retirement, by the ages in force for that month', (t) => {
  // A man of August 1965 retires two months after sixty: October 2025, which is still payable.
  t.strictSame(forecast({ bornMonth: '1965-08', left: null }, '2025Q4'), { expected: 10, ceiling: 10 });
  t.strictSame(forecast({ bornMonth: '1965-08', left: null }, '2026Q1'), { expected: 0, ceiling: 0 });
  // A woman of 1976 retires at fifty and some months, or at fifty-five if a record says so.
  const woman = { sex: 'F', bornMonth: '1974-07', left: null } as const;
  t.strictSame(forecast({ ...woman, recordedCategory: 'F50' }), { expected: 0, ceiling: 0 });
  t.strictSame(
    forecast(woman),
    { expected: 0, ceiling: 30 },
    'silence is not expected to be paid, and may be',
  );
  t.strictSame(forecast({ sex: 'F', bornMonth: '1974-07', left: null, recordedCategory: 'F55' }), {
    expected: 30,
    ceiling: 30,
  });
  const document = policyOn(today, { statutoryAge: 'document' });
  const man = group({ bornMonth: '1965-08', left: null });
  t.equal(forecastOf([man], '2025Q4', document, today).ceiling.months, 0, 'sixty in August, by the document');
  t.end();
});

t.test('a forecast ends with a pension, and inactive people are in the upper bound only', (t) => {
  t.strictSame(forecast({ pensionFrom: '2025-08' }), { expected: 10, ceiling: 10 });
  const pensionPays = changePolicy(policy, changed({ pensionMonthPayable: true }));
  const { ceiling } = forecastOf([group({ pensionFrom: '2025-08' })], '2025Q3', pensionPays, today);
  t.equal(ceiling.months, 20, 'were the month of the pension payable');
  t.strictSame(forecast({ lastGranted: '2024-12' }), { expected: 0, ceiling: 30 });
  t.strictSame(forecast({ lastGranted: '2025-01' }), { expected: 30, ceiling: 30 });
  t.strictSame(forecast({ lastGranted: null }), { expected: 0, ceiling: 30 });
  t.strictSame(
    forecast({ lastGranted: '2025-08' }),
    { expected: 10, ceiling: 10 },
    'what is granted is not due again',
  );
  t.end();
});

t.test('no forecast exceeds its upper bound, and a group equals the sum of its people', (t) => {
  const month = fc.integer({ min: -12, max: 9 }).map((away) => addMonths('2025-06', away));
  const groups = fc.record<TermGroup>({
    people: fc.integer({ min: 1, max: 50 }),
    sex: fc.constantFrom('M', 'F'),
    bornMonth: fc.integer({ min: 0, max: 360 }).map((away) => addMonths('1960-01', away)),
    recordedCategory: fc.constantFrom(null, 'F50', 'F55'),
    left: fc.option(fc.integer({ min: 0, max: 36 })),
    lastGranted: fc.option(month),
    pensionFrom: fc.option(month),
  });
  fc.assert(
    fc.property(groups, fc.constantFrom('2025Q3', '2025Q4', '2026Q1'), (one, quarter) => {
      const { expected, ceiling } = forecastOf([one], quarter, policy, today);
      const single = { ...one, people: 1 };
      const apart = forecastOf(
        Array.from({ length: one.people }, () => single),
        quarter,
        policy,
        today,
      );
      return (
        expected.months <= ceiling.months &&
        ceiling.months <= one.people * Math.min(one.left ?? 3, 3) &&
        ceiling.amountFen === ceiling.months * 50_000 &&
        monthsOfQuarter(quarter).length === 3 &&
        JSON.stringify(apart) === JSON.stringify({ expected, ceiling })
      );
    }),
    { numRuns: 500 },
  );
  t.end();
});
