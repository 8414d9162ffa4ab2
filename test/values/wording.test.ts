// How days, months, quarters and money are written.

import t from 'tap';
import type { Fact } from '../../src/rules/facts.ts';
import {
  dayInWords,
  daysInWords,
  firstDayInWords,
  moneyInWords,
  monthInWords,
  monthsInWords,
  quarterInWords,
} from '../../src/values/wording.ts';

const post = (from: string, to: string | null): Fact => ({ kind: 'public-post', id: from, from, to });

t.test('days, months and quarters are written without leading zeros', async (t) => {
  t.equal(dayInWords('2025-04-09'), '2025年4月9日');
  t.equal(dayInWords('2025-12-30'), '2025年12月30日');
  t.equal(monthInWords('2025-04'), '2025年4月');
  t.equal(monthInWords('2025-10'), '2025年10月');
  t.equal(quarterInWords('2025Q2'), '2025年第2季度');
});

t.test('money is written in yuan, with fen only where there are some', async (t) => {
  t.equal(moneyInWords(50_000), '500元');
  t.equal(moneyInWords(0), '0元');
  t.equal(moneyInWords(51_250), '512.50元');
  t.equal(moneyInWords(50_001), '500.01元');
});

t.test('months that follow one another are written as from and to, others one by one', async (t) => {
  t.equal(monthsInWords([]), '');
  t.equal(monthsInWords(['2025-04']), '2025年4月');
  t.equal(monthsInWords(['2025-04', '2025-05', '2025-06']), '2025年4月至6月');
  t.equal(monthsInWords(['2025-09', '2025-10', '2025-11']), '2025年9月至11月');
  t.equal(monthsInWords(['2024-12', '2025-01']), '2024年12月至2025年1月', 'over the turn of the year');
  t.equal(monthsInWords(['2024-12', '2025-12']), '2024年12月、2025年12月', 'a year lies between them');
  t.equal(monthsInWords(['2025-01', '2025-03', '2025-04', '2025-07']), '2025年1月、3月至4月、7月');
});

t.test('periods are written without repetition, open, as one day, and in order', async (t) => {
  t.equal(daysInWords([post('2025-04-28', '2025-05-03')]), '2025年4月28日至5月3日');
  t.equal(daysInWords([post('2025-04-28', null)]), '2025年4月28日起');
  t.equal(daysInWords([post('2025-04-28', '2025-04-28')]), '2025年4月28日');
  t.equal(daysInWords([{ kind: 'death', from: '2025-04-28', to: null }]), '2025年4月28日');
  t.equal(
    daysInWords([post('2025-06-01', null), post('2025-04-28', '2025-05-03')]),
    '2025年4月28日至5月3日、2025年6月1日起',
  );
  t.equal(
    daysInWords([post('2025-04-01', '2025-12-31'), post('2025-06-01', '2025-06-02')]),
    '2025年4月1日至12月31日、2025年6月1日至2日',
    'in the order in which they began',
  );
});

t.test('the first day of several facts is the earliest, in any order', async (t) => {
  const [april, june] = [post('2025-04-28', null), post('2025-06-01', null)];
  t.equal(firstDayInWords([april, june]), '2025年4月28日');
  t.equal(firstDayInWords([june, april]), '2025年4月28日');
});
