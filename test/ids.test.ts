// Ids increase, so that lists ordered by id are in order of creation.
import t from 'tap';
import { createIds } from '../src/platform/ids.ts';

const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

t.test(
  'each id is greater than the one before, within a millisecond and after the clock was set back',
  async (t) => {
    let nowMs = 1_751_356_800_000;
    const newId = createIds(() => nowMs);
    const ids: string[] = [];
    for (let index = 0; index < 20_000; index++) {
      if (index === 5_000) nowMs += 60_000;
      if (index === 10_000) nowMs -= 3_600_000;
      ids.push(newId());
    }
    t.strictSame(ids, ids.toSorted());
    t.equal(new Set(ids).size, ids.length);
    t.match(ids[0], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  },
);

t.test('an id contains its millisecond', async (t) => {
  const newId = createIds(() => 1_751_356_800_123);
  t.equal(timeOf(newId()), 1_751_356_800_123);
});

t.test('two generators never produce the same id', async (t) => {
  const [first, second] = [createIds(() => 1), createIds(() => 1)];
  const ids = Array.from({ length: 5_000 }, () => [first(), second()]).flat();
  t.equal(new Set(ids).size, ids.length);
});
