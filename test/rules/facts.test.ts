// On which days a fact holds.

import t from 'tap';
import { type Fact, holdsIn, holdsOn } from '../../src/rules/facts.ts';

const fact: Fact = { id: 'a', kind: 'public-post', from: '2025-04-10', to: '2025-05-01' };

t.test('a fact holds from its first day to its last, both included', async (t) => {
  const days = ['2025-04-09', '2025-04-10', '2025-05-01', '2025-05-02'];
  t.strictSame(
    days.map((day) => holdsOn(fact, day)),
    [false, true, true, false],
  );
  t.equal(holdsOn({ ...fact, to: null }, '2999-12-31'), true);
});

t.test('a fact holds in every month it touches by a day', async (t) => {
  const months = ['2025-03', '2025-04', '2025-05', '2025-06'];
  t.strictSame(
    months.map((month) => holdsIn(fact, month)),
    [false, true, true, false],
  );
  t.strictSame(
    months.map((month) => holdsIn({ ...fact, to: null }, month)),
    [false, true, true, true],
  );
  t.equal(holdsIn({ ...fact, from: '2025-02-28', to: '2025-02-28' }, '2025-02'), true);
});
