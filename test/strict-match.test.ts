// The assertion that most tests use can fail.

import t, { Test } from 'tap';
import { strictMatch } from './strict-match.ts';

/** Whether the assertion passes, in a test whose result is not reported. */
function passes(found: unknown, expected: object): boolean {
  return strictMatch(new Test({ name: 'tried' }), found, expected);
}

t.test(
  'strictMatch rejects a list with more or fewer items or in another order, at every depth',
  async (t) => {
    const held = (expected: object) =>
      passes(
        {
          items: [
            { id: 1, months: [4, 5] },
            { id: 2, months: [] },
          ],
        },
        expected,
      );
    t.ok(held({ items: [{ id: 1 }, { id: 2 }] }));
    t.ok(held({ items: [{ months: [4, 5] }, { months: [] }] }));
    for (const items of [[{ id: 1 }], [{ id: 2 }, { id: 1 }], [{ id: 1 }, { id: 2 }, { id: 3 }], []])
      t.notOk(held({ items }), JSON.stringify(items));
    for (const months of [[4], [5, 4], [4, 5, 6], []])
      t.notOk(held({ items: [{ months }, { id: 2 }] }), JSON.stringify(months));
    t.notOk(passes([1, 2], [1]));
    t.notOk(passes({ items: { 0: 1 } }, { items: [1] }));
  },
);

t.test('strictMatch compares amounts, states and codes strictly', async (t) => {
  const different: [found: unknown, expected: unknown][] = [
    ['50000', 50_000],
    [50_000, '50000'],
    ['unpaid', 'paid'],
    ['paid', ''],
    [null, undefined],
    [true, 1],
    [0, false],
    [{}, null],
    [null, { state: 'paid' }],
  ];
  for (const [found, expected] of different)
    t.notOk(passes({ value: found }, { value: expected }), `${JSON.stringify(found)} is no ${expected}`);
  t.notOk(passes({}, { value: null }), 'a missing field is not null');
  t.ok(passes({}, { value: undefined }));
  t.ok(passes({ value: null, other: 1 }, { value: null }));
});

t.test('strictMatch accepts a regular expression for a matching text', async (t) => {
  t.ok(passes({ codes: ['a-1', 'b-2'] }, { codes: [/^a/, /^b/] }));
  t.notOk(passes({ codes: ['a-1', 'b-2'] }, { codes: [/^a/] }));
  t.notOk(passes({ code: 'b-2' }, { code: /^a/ }));
  t.notOk(passes({ code: 12 }, { code: /1/ }));
  t.notOk(passes({}, { code: /undefined/ }));
});
