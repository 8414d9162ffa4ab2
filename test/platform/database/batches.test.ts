// Reading a table by key: batches are consecutive, and errors reach the caller.

import t from 'tap';
import { batchesOf, keyRangesOf } from '../../../src/platform/database/batches.ts';

const rows = [1, 2, 3, 4, 5];
const listAfter = (asked: (number | null)[]) => async (after: number | null, limit: number) => {
  asked.push(after);
  return rows.filter((row) => after === null || row > after).slice(0, limit);
};

t.test('batches contain every row once, and reading stops after a batch that is not full', async (t) => {
  const asked: (number | null)[] = [];
  t.strictSame(await Array.fromAsync(batchesOf(listAfter(asked), 2)), [[1, 2], [3, 4], [5]]);
  t.strictSame(asked, [null, 2, 4]);
});

t.test('the next batch is fetched while the current one is processed', async (t) => {
  const asked: (number | null)[] = [];
  for await (const _ of batchesOf(listAfter(asked), 2)) break;
  t.strictSame(asked, [null, 2]);
});

t.test('an error in reading a batch is thrown when its turn comes', async (t) => {
  const list = async (after: number | null) => {
    if (after !== null) throw new Error('connection lost');
    return [1, 2];
  };
  const walked: number[][] = [];
  const walk = async () => {
    for await (const batch of batchesOf(list, 2)) walked.push(batch);
  };
  await t.rejects(walk(), { message: 'connection lost' });
  t.strictSame(walked, [[1, 2]]);
});

t.test('key ranges are consecutive, and none is fetched ahead', async (t) => {
  const asked: (number | null)[] = [];
  const findEnd = async (after: number | null) => {
    asked.push(after);
    return (await listAfter([])(after, 2)).at(-1);
  };
  for await (const range of keyRangesOf(findEnd, 1)) {
    t.strictSame(range, { after: 1, through: 3 });
    break;
  }
  t.strictSame(asked, [1]);
  t.strictSame(await Array.fromAsync(keyRangesOf(findEnd)), [
    { after: null, through: 2 },
    { after: 2, through: 4 },
    { after: 4, through: 5 },
  ]);
});
