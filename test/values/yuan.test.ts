// Fen as yuan, and yuan as banks write them back as fen.

import t from 'tap';
import { fenOf, groupedYuan, yuan } from '../../src/values/yuan.ts';

t.test('fen are written as yuan with two decimals', (t) => {
  for (const [fen, text] of [
    [0, '0.00'],
    [5, '0.05'],
    [50, '0.50'],
    [150_000, '1500.00'],
    [123_456_789, '1234567.89'],
  ] as const)
    t.equal(yuan(fen), text);
  t.end();
});

t.test('papers group the thousands of a sum', (t) => {
  for (const [fen, text] of [
    [99_999, '999.99'],
    [100_000, '1,000.00'],
    [123_456_789_00, '123,456,789.00'],
  ] as const)
    t.equal(groupedYuan(fen), text);
  t.end();
});

t.test('an amount in yuan is read to the fen, and other text is rejected', (t) => {
  for (const [text, fen] of [
    ['1500', 150_000],
    ['1500.0', 150_000],
    ['1500.00', 150_000],
    ['0.05', 5],
  ] as const)
    t.equal(fenOf(text), fen);
  for (const text of ['', '1,500.00', '-1', '1.', '.5', '1.005', '1e3', ' 1', '1234567890123'])
    t.equal(fenOf(text), null, text);
  t.end();
});
