// The statutory retirement date against the published table, and the table against implementations with known
// errors.

import { readFileSync } from 'node:fs';
import t from 'tap';
import type { FactOf, RetirementCategory } from '../../src/rules/facts.ts';
import { type Person, retirementOf } from '../../src/rules/retirement.ts';
import { addMonths, lastDayOf } from '../../src/values/days.ts';
import { policyOn } from '../published-policies.ts';

type Row = { category: RetirementCategory; birth: string; delay: number; retires: string };

const rows = readFileSync(new URL('retirement-table.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line): Row => {
    const [category, birth = '', delay, , , retires = ''] = line.split(',');
    return { category: category as RetirementCategory, birth, delay: Number(delay), retires };
  });

const asOf = '2025-06-01';
const national = policyOn(asOf, { statutoryAge: 'national' });
const document = policyOn(asOf, { statutoryAge: 'document' });
const isFiftyFive: FactOf<'retirement-category'> = {
  id: 'a',
  kind: 'retirement-category',
  category: 'F55',
  from: '2000-01-01',
  to: null,
};

function personOf(
  category: RetirementCategory,
  born: string,
): { person: Person; facts: FactOf<'retirement-category'>[] } {
  return {
    person: { sex: category === 'M60' ? 'M' : 'F', born },
    facts: category === 'F55' ? [isFiftyFive] : [],
  };
}

t.test(
  'all 417 rows of the published table are reproduced, for the first and last day of each birth month',
  async (t) => {
    t.equal(rows.length, 417);
    for (const { category, birth, retires } of rows) {
      for (const born of [`${birth}-01`, lastDayOf(birth)]) {
        const { person, facts } = personOf(category, born);
        const { on, month } = retirementOf(person, facts, national, asOf);
        const lastDay = lastDayOf(retires);
        const expected =
          born.endsWith('01') || `${retires}${born.slice(7)}` < lastDay
            ? `${retires}${born.slice(7)}`
            : lastDay;
        if (month !== retires || on !== expected)
          t.fail(`${category} ${born}: ${on}, the table says ${expected}`);
      }
    }
  },
);

t.test('by the document’s ages, everybody retires at exactly sixty or fifty', async (t) => {
  for (const { category, birth } of rows) {
    const { person, facts } = personOf(category, `${birth}-15`);
    const expected = addMonths(birth, category === 'M60' ? 720 : 600);
    t.equal(retirementOf(person, facts, document, asOf).month, expected, `${category} ${birth}`);
  }
});

t.test('before 2025 the retirement ages are the document’s in either mode', async (t) => {
  const { person } = personOf('M60', '1970-05-31');
  t.equal(retirementOf(person, [], national, '2024-12-31').on, '2030-05-31');
  t.equal(retirementOf(person, [], national, '2025-01-01').on, '2031-10-31');
  t.equal(retirementOf(person, [], document, '2025-01-01').on, '2030-05-31');
});

t.test('the delay is zero before the table’s first row and the longest after its last', async (t) => {
  for (const [category, years, most] of [
    ['M60', 60, 36],
    ['F55', 55, 36],
    ['F50', 50, 60],
  ] as const) {
    for (const [birth, delay] of [
      ['1930-01', 0],
      ['1990-12', most],
      ['2010-06', most],
    ] as const) {
      const { person, facts } = personOf(category, `${birth}-10`);
      const expected = addMonths(birth, 12 * years + delay);
      t.equal(retirementOf(person, facts, national, asOf).month, expected, `${category} ${birth}`);
    }
  }
});

t.test('a retirement day that its month lacks is the month’s last day', async (t) => {
  t.equal(retirementOf({ sex: 'M', born: '1965-01-31' }, [], national, asOf).on, '2025-02-28');
  t.equal(retirementOf({ sex: 'M', born: '1967-06-30' }, [], national, asOf).on, '2028-02-29');
  t.equal(retirementOf({ sex: 'M', born: '1964-02-29' }, [], national, asOf).on, '2024-02-29');
  t.equal(retirementOf({ sex: 'F', born: '1972-02-29' }, [], national, asOf).on, '2022-02-28');
});

t.test(
  'the category of a woman is what the records of the day say, and the lower age where they disagree',
  async (t) => {
    const woman: Person = { sex: 'F', born: '1972-09-10' };
    const fifty: FactOf<'retirement-category'> = {
      ...isFiftyFive,
      id: 'b',
      category: 'F50',
      from: '2020-01-01',
    };
    const categoryOn = (day: string, ...facts: FactOf<'retirement-category'>[]) =>
      retirementOf(woman, facts, national, day).category;
    t.equal(categoryOn(asOf), 'F50');
    t.equal(categoryOn(asOf, isFiftyFive), 'F55');
    t.equal(categoryOn(asOf, isFiftyFive, fifty), 'F50');
    t.equal(categoryOn('2019-12-31', isFiftyFive, fifty), 'F55');
    t.equal(categoryOn(asOf, { ...isFiftyFive, to: '2025-05-31' }), 'F50');
    t.equal(categoryOn(asOf, { ...isFiftyFive, to: asOf }), 'F55');
    t.equal(retirementOf({ sex: 'M', born: '1972-09-10' }, [isFiftyFive], national, asOf).category, 'M60');
  },
);

t.test('the published table detects every implementation known to be wrong', async (t) => {
  type Column = { years: number; first: string; every: number; most: number };
  const columns: Record<RetirementCategory, Column> = {
    M60: { years: 60, first: '1965-01', every: 4, most: 36 },
    F55: { years: 55, first: '1970-01', every: 4, most: 36 },
    F50: { years: 50, first: '1975-01', every: 2, most: 60 },
  };
  const index = (month: string) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1;
  const name = (at: number) => `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`;
  const delayOf = (birth: string, { first, every, most }: Column) => {
    const late = index(birth) - index(first);
    return late < 0 ? 0 : Math.min(most, Math.floor(late / every) + 1);
  };
  const right = (birth: string, column: Column) =>
    name(index(birth) + 12 * column.years + delayOf(birth, column));
  const wrong: Record<string, (birth: string, column: Column) => string> = {
    'women of fifty capped at 36 months': (birth, column) => right(birth, { ...column, most: 36 }),
    'a step of four months for women of fifty': (birth, column) => right(birth, { ...column, every: 4 }),
    'December as month zero of the next year': (birth, column) => {
      const at = index(birth) + 1 + 12 * column.years + delayOf(birth, column);
      return `${Math.floor(at / 12)}-${String(at % 12).padStart(2, '0')}`;
    },
    'one month too many': (birth, column) =>
      addMonths(right(birth, column), delayOf(birth, column) > 0 ? 1 : 0),
    'one month too few': (birth, column) =>
      addMonths(right(birth, column), delayOf(birth, column) > 0 ? -1 : 0),
    'no delay after a table that ends too early': (birth, column) =>
      birth < '1975-01' || column.years === 50
        ? right(birth, column)
        : name(index(birth) + 12 * column.years),
    'months counted as thirty days': (birth, column) => {
      const days = Temporal.PlainDate.from(`${column.first}-01`).until(`${birth}-01`).days;
      const delay = days < 0 ? 0 : Math.min(column.most, Math.floor(days / 30 / column.every) + 1);
      return name(index(birth) + 12 * column.years + delay);
    },
    'a birthday read as midnight UTC and told in New York': (birth, column) => {
      const midnight = Temporal.Instant.from(`${birth}-01T00:00:00Z`);
      return right(
        midnight.toZonedDateTimeISO('America/New_York').toPlainDate().toString().slice(0, 7),
        column,
      );
    },
  };
  const misses = (implementation: (birth: string, column: Column) => string) =>
    rows.filter(({ category, birth, retires }) => implementation(birth, columns[category]) !== retires)
      .length;
  t.equal(misses(right), 0);
  for (const [mistake, implementation] of Object.entries(wrong)) t.ok(misses(implementation) > 0, mistake);
});
