// Days, months and quarters against Temporal, and the civil day whatever the machine's time zone.

import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import t from 'tap';
import * as days from '../../src/values/days.ts';

const seed = 20241206;
const numRuns = Number(process.env['RULES_RUNS'] ?? 5_000);
const anyDay = fc
  .integer({ min: 0, max: 400_000 })
  .map((count) => Temporal.PlainDate.from('1600-01-01').add({ days: count }).toString());
const anyMonth = anyDay.map((day) => day.slice(0, 7));

function isSame<T>(told: T, expected: T, what: string): void {
  if (told !== expected) throw new Error(`${what}: ${told}, Temporal says ${expected}`);
}

t.test(`calendar arithmetic equals that of Temporal, seed ${seed}`, async () => {
  fc.assert(
    fc.property(
      anyDay,
      anyMonth,
      fc.integer({ min: -900, max: 900 }),
      fc.integer({ min: 1, max: 31 }),
      (day, month, count, number) => {
        const plainDay = Temporal.PlainDate.from(day);
        const plainMonth = Temporal.PlainYearMonth.from(month);
        isSame(days.isDay(day), true, 'isDay');
        isSame(days.isMonth(month), true, 'isMonth');
        isSame(days.monthOf(day), plainDay.toPlainYearMonth().toString(), 'monthOf');
        isSame(days.firstDayOf(month), plainMonth.toPlainDate({ day: 1 }).toString(), 'firstDayOf');
        isSame(days.lastDayOf(month), plainMonth.toPlainDate({ day: 31 }).toString(), 'lastDayOf');
        isSame(days.addMonths(month, count), plainMonth.add({ months: count }).toString(), 'addMonths');
        isSame(days.monthAt(days.monthIndex(month)), month, 'monthAt');
        isSame(days.monthIndex(day), days.monthIndex(days.monthOf(day)), 'monthIndex of a day');
        isSame(
          days.addYears(day, Math.trunc(count / 12)),
          plainDay.add({ years: Math.trunc(count / 12) }).toString(),
          'addYears',
        );
        isSame(days.dayIn(month, number), plainMonth.toPlainDate({ day: number }).toString(), 'dayIn');
        const [first, second, third] = days.monthsOfQuarter(days.quarterOf(month));
        isSame([first, second, third].includes(month), true, 'monthsOfQuarter');
        isSame(days.monthIndex(first) % 3, 0, 'a quarter begins in January, April, July or October');
        isSame(third, days.addMonths(first, 2), 'a quarter has three months');
      },
    ),
    { seed, numRuns },
  );
});

t.test('years after 29 February is the 28th in a year without one', async (t) => {
  t.equal(days.addYears('2028-02-29', 5), '2033-02-28');
  t.equal(days.addYears('2028-02-29', 4), '2032-02-29');
  t.equal(days.addYears('2096-02-29', 4), '2100-02-28');
  t.equal(days.addYears('2028-02-28', 5), '2033-02-28');
});

t.test('invalid days, months and quarters are recognised', async (t) => {
  for (const day of [
    '2025-02-29',
    '2100-02-29',
    '2025-04-31',
    '2025-13-01',
    '2025-00-10',
    '2025-01-00',
    '2025-1-01',
    '0999-01-01',
    '2025-01-01 ',
    '2025-01-01T00:00',
    ' 2025-01-01',
    '20250101',
    '',
  ]) {
    t.equal(days.isDay(day), false, `“${day}” is no day`);
  }
  for (const day of [
    '2024-02-29',
    '2000-02-29',
    '1600-02-29',
    '1900-02-28',
    '2025-12-31',
    '1000-01-01',
    '9999-12-31',
  ]) {
    t.equal(days.isDay(day), true, `“${day}” is a day`);
  }
  for (const month of [
    '2025-13',
    '2025-00',
    '2025-1',
    '2025-1-',
    '2025',
    '2025-01-01',
    '0999-12',
    ' 2025-01',
    '2025-01 ',
  ]) {
    t.equal(days.isMonth(month), false, `“${month}” is no month`);
  }
  t.equal(days.isMonth('2025-10'), true);
  t.equal(days.isQuarter('2025Q4'), true);
  for (const quarter of ['2025Q0', '2025Q5', '2025q1', '2025-Q1', '0999Q1', ' 2025Q1', '2025Q1 ']) {
    t.equal(days.isQuarter(quarter), false, `“${quarter}” is no quarter`);
  }
});

t.test('a span is a month with its first and last day', async (t) => {
  t.strictSame(days.spanOf('2028-02'), {
    month: '2028-02',
    index: 2028 * 12 + 1,
    firstDay: '2028-02-01',
    lastDay: '2028-02-29',
  });
});

t.test('the civil day is Shanghai’s, which begins at 16:00 UTC', async (t) => {
  t.equal(days.dayInShanghai(Temporal.Instant.from('2025-06-30T15:59:59.999Z')), '2025-06-30');
  t.equal(days.dayInShanghai(Temporal.Instant.from('2025-06-30T16:00:00Z')), '2025-07-01');
  t.equal(days.dayInShanghai(Temporal.Instant.from('2024-02-28T16:00:00Z')), '2024-02-29');
  // Shanghai kept summer time until 1991: midnight was then at 15:00 UTC.
  t.equal(days.dayInShanghai(Temporal.Instant.from('1990-07-01T15:30:00Z')), '1990-07-02');
});

t.test('the machine’s time zone changes no day or decision', async (t) => {
  const program = `
    const { dayInShanghai } = await import('./src/values/days.ts');
    const { assess } = await import('./src/rules/assess.ts');
    const { policyOn } = await import('./test/published-policies.ts');
    const { claimOf, readCases } = await import('./test/rules/case-file.ts');
    const assessed = [...readCases('cases.yaml'), ...readCases('boundary-cases.yaml')].map((written) => {
      const claim = claimOf(written);
      return assess(claim, policyOn(claim.decidedOn, { statutoryAge: written.mode ?? 'national' }));
    });
    process.stdout.write(dayInShanghai(Temporal.Instant.from('2025-06-30T16:00:00Z')) + JSON.stringify(assessed));
  `;
  const told = ['Asia/Shanghai', 'UTC', 'America/Los_Angeles', 'Pacific/Kiritimati', 'Pacific/Apia'].map(
    (zone) => {
      const run = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
        cwd: new URL('../..', import.meta.url),
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      });
      t.equal(run.status, 0, `${zone}: ${run.stderr}`);
      return run.stdout;
    },
  );
  t.ok((told[0]?.length ?? 0) > 100_000);
  t.equal(new Set(told).size, 1);
});
