// How days, months and money are written.

import t from 'tap';
import { dayInWords, moneyInWords, monthInWords } from '../../src/rules/wording.ts';

t.test('days and months are written without leading zeros', async (t) => {
  t.equal(dayInWords('2025-04-09'), '2025年4月9日');
  t.equal(dayInWords('2025-12-30'), '2025年12月30日');
  t.equal(monthInWords('2025-04'), '2025年4月');
});

t.test('money is written in yuan, with fen only where there are some', async (t) => {
  t.equal(moneyInWords(50_000), '500元');
  t.equal(moneyInWords(0), '0元');
  t.equal(moneyInWords(51_250), '512.50元');
  t.equal(moneyInWords(50_001), '500.01元');
});
