// The case number, made to be read out at a counter.

import t from 'tap';
import { caseNumber, caseNumberPattern } from '../../src/values/case-number.ts';
import { setup } from '../helper.ts';

/** Whether the check digit is right, computed differently from the service: doubled digits by table. */
function fits(text: string): boolean {
  const doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
  const digits = [...text.replaceAll(/\D/g, '')].map(Number);
  const sum = digits.reduce(
    (total, digit, index) => total + ((digits.length - index) % 2 === 0 ? (doubled[digit] ?? 0) : digit),
    0,
  );
  return sum % 10 === 0;
}

t.test('a case number consists of a year, a sequence number and a valid check digit', (t) => {
  t.equal(caseNumber(2026, 123), 'JDZ26-0000123-0');
  for (let sequence = 1; sequence <= 2_000; sequence += 1) {
    const number = caseNumber(2025, sequence);
    if (!new RegExp(caseNumberPattern).test(number) || !fits(number)) t.fail(number);
  }
  t.match(caseNumber(2025, 9_999_999), /^JDZ25-9999999-\d$/);
  t.end();
});

t.test('the check digit of a case number detects every wrong digit and almost every swap of two', (t) => {
  let swaps = 0;
  let unnoticed = 0;
  for (let sequence = 1; sequence < 9_999_999; sequence += 49_999) {
    const number = caseNumber(2025, sequence);
    for (const [index, digit] of [...number].entries()) {
      if (!/\d/.test(digit)) continue;
      for (const other of '0123456789') {
        if (other !== digit && fits(number.slice(0, index) + other + number.slice(index + 1)))
          t.fail(`${number} at ${index}`);
      }
      const following = number[index + 1] ?? '';
      if (!/\d/.test(following) || following === digit) continue;
      swaps += 1;
      if (fits(number.slice(0, index) + following + digit + number.slice(index + 2))) unnoticed += 1;
    }
  }
  // The Luhn digit does not detect a swap of 0 and 9.
  t.ok(unnoticed / swaps < 0.03, `${unnoticed} of ${swaps}`);
  t.end();
});

t.test('every case has a unique number with the year in which it was opened', async (t) => {
  const city = await setup(t);
  const numbers = await Promise.all(
    Array.from({ length: 20 }, async () => (await city.drafted(await city.resident())).caseNumber),
  );
  t.equal(new Set(numbers).size, 20);
  for (const number of numbers) t.match(number, /^JDZ25-/);
  // 22:00 UTC on 31 December is already the next year in Jingdezhen.
  city.clock.set('2025-12-31T22:00:00Z');
  t.match((await city.drafted(await city.resident())).caseNumber, /^JDZ26-/);
});
