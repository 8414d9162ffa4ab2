// Numbers, money and quarters as the page words them.

import t from 'tap';

/** The module of the page, as far as it is used here. */
interface Words {
  yuan(fen: number): string;
  inWords(value: number, kind: 'count' | 'fen'): string;
  brief(value: number): string;
  quarterInWords(quarter: string): string;
  quarterAfter(quarter: string, by: number): string;
  quartersBetween(first: string, last: string): string[];
  timeInWords(instant: string): string;
  daysInWords(band: { fromDays: number; throughDays: number | null }): string;
}
const module: string = '../../src/documentation/dashboard/words.js';
const words = (await import(module)) as Words;

t.test('money is in yuan with thousands separators, and short where there is little room', async (t) => {
  t.equal(words.yuan(123_456_700), '1,234,567');
  t.equal(words.yuan(123_456_789), '1,234,567.89');
  t.equal(words.inWords(50_000, 'fen'), '500.00');
  t.equal(words.inWords(35_407, 'count'), '35,407');
  t.strictSame([9_999, 49_500, 5_589_200, 123_400_000].map(words.brief), [
    '9,999',
    '4.95万',
    '559万',
    '1.23亿',
  ]);
});

t.test('quarters are counted over the turn of the year, times are Jingdezhen’s', async (t) => {
  t.equal(words.quarterAfter('2025Q1', -1), '2024Q4');
  t.equal(words.quarterAfter('2025Q4', 5), '2027Q1');
  t.strictSame(words.quartersBetween('2024Q4', '2025Q2'), ['2024Q4', '2025Q1', '2025Q2']);
  t.strictSame(words.quartersBetween('2025Q2', '2025Q1'), []);
  t.equal(words.quarterInWords('2025Q3'), '2025年第三季度');
  t.equal(words.timeInWords('2025-07-04T18:05:00Z'), '2025年7月5日 02:05');
  t.equal(words.daysInWords({ fromDays: 0, throughDays: 0 }), '当天');
  t.equal(words.daysInWords({ fromDays: 91, throughDays: null }), '91天以上');
});
