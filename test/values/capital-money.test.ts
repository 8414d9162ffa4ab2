// Sums as vouchers write them.

import fc from 'fast-check';
import t from 'tap';
import { moneyInCapitals } from '../../src/values/capital-money.ts';

t.test('amounts are written in capitals by the rules for vouchers', (t) => {
  const cases: [amountFen: number, written: string][] = [
    [0, '零元整'],
    [1, '壹分'],
    [10, '壹角整'],
    [11, '壹角壹分'],
    [100, '壹元整'],
    [101, '壹元零壹分'],
    [110, '壹元壹角整'],
    [1_000, '壹拾元整'],
    [50_000, '伍佰元整'],
    [150_000, '壹仟伍佰元整'],
    [140_950, '壹仟肆佰零玖元伍角整'],
    [600_714, '陆仟零柒元壹角肆分'],
    [168_032, '壹仟陆佰捌拾元叁角贰分'],
    [1_640_902, '壹万陆仟肆佰零玖元零贰分'],
    [10_700_053, '壹拾万零柒仟元伍角叁分'],
    [32_504, '叁佰贰拾伍元零肆分'],
    [1_000_000, '壹万元整'],
    [1_005_000, '壹万零伍拾元整'],
    [10_000_000_000, '壹亿元整'],
    [10_000_000_100, '壹亿零壹元整'],
    [10_001_000_000, '壹亿零壹万元整'],
    [12_345_678_901, '壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分'],
    [100_000_000_000_000, '壹万亿元整'],
    [100_001_000_000_000, '壹万亿零壹仟万元整'],
    [Number.MAX_SAFE_INTEGER, '玖拾万亿零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分'],
  ];
  for (const [amountFen, written] of cases) t.equal(moneyInCapitals(amountFen), `人民币${written}`);
  for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53]) t.throws(() => moneyInCapitals(wrong), RangeError);
  t.end();
});

const numerals = '零壹贰叁肆伍陆柒捌玖';

/** The inverse by another method: split at 万 and 亿, then every numeral times its place. */
function readBack(text: string): number {
  const parts = /^人民币(?:(.+)元)?零?(?:(.)角)?(?:(.)分)?整?$/.exec(text);
  const [, whole = '零', jiao = '零', fen = '零'] = parts ?? [];
  return integerOf(whole) * 100 + numerals.indexOf(jiao) * 10 + numerals.indexOf(fen);
}

function integerOf(text: string): number {
  for (const [name, scale] of [
    ['亿', 100_000_000],
    ['万', 10_000],
  ] as const) {
    const at = text.lastIndexOf(name);
    if (at >= 0) return integerOf(text.slice(0, at)) * scale + integerOf(text.slice(at + 1));
  }
  return [...text.matchAll(/([壹贰叁肆伍陆柒捌玖])([拾佰仟]?)/g)].reduce(
    (sum, [, numeral = '', place = '']) => {
      return sum + numerals.indexOf(numeral) * 10 ** '_拾佰仟'.indexOf(place || '_');
    },
    0,
  );
}

t.test('an amount in capitals reads back as the same amount', (t) => {
  const amount = fc.oneof(
    fc.integer({ min: 0, max: 2_000_000 }),
    fc.integer({ min: 0, max: 99_999_999_999_999 }),
  );
  fc.assert(
    fc.property(amount, (amountFen) => readBack(moneyInCapitals(amountFen)) === amountFen),
    {
      numRuns: 2_000,
    },
  );
  t.end();
});
