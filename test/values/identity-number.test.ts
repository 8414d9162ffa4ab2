// Resident identity numbers: normalising, validating, reading and masking.

import * as fc from 'fast-check';
import t from 'tap';
import {
  type IdentityRules,
  isProvince,
  normaliseIdentityNumber,
  readIdentityNumber,
} from '../../src/values/identity-number.ts';
import { strictMatch } from '../strict-match.ts';

const inTests: IdentityRules = { today: '2025-07-10', acceptTestPeople: true, acceptFifteenDigits: false };
const inProduction: IdentityRules = { ...inTests, acceptTestPeople: false };
const inImports: IdentityRules = { ...inTests, acceptFifteenDigits: true };

function codes(input: string, rules = inTests): readonly string[] {
  const reading = readIdentityNumber(input, '/identityNumber', rules);
  return 'fieldErrors' in reading ? reading.fieldErrors.map(({ code }) => code) : [];
}

/** A valid number from its first seventeen digits, by ISO 7064 instead of the published weights. */
function numbered(seventeen: string): string {
  let remainder = 0;
  for (const digit of seventeen) remainder = ((remainder + Number(digit)) * 2) % 11;
  const check = (12 - remainder) % 11;
  return seventeen + (check === 10 ? 'X' : check);
}

t.test(
  'sex, birth and kind of document are read from an identity number, the household is not',
  async (t) => {
    t.strictSame(readIdentityNumber('360299196603100011', '', inTests), {
      value: {
        text: '360299196603100011',
        sex: 'M',
        born: '1966-03-10',
        residencePermit: false,
        converted: false,
      },
    });
    strictMatch(t, readIdentityNumber('360299197608150020', '', inTests), {
      value: { sex: 'F', born: '1976-08-15' },
    });
    strictMatch(t, readIdentityNumber('36029919690920039X', '', inTests), {
      value: { text: '36029919690920039X', sex: 'M' },
    });
  },
);

t.test('numbers beginning 81, 82 and 83 are residence permits', async (t) => {
  for (const region of ['81', '82', '83']) {
    strictMatch(t, readIdentityNumber(numbered(`${region}000019800101001`), '', inTests), {
      value: { residencePermit: true },
    });
  }
  strictMatch(t, readIdentityNumber(numbered('71000019800101001'), '', inTests), {
    value: { residencePermit: false },
  });
});

t.test(
  'surrounding spaces, full-width characters and a small x in an identity number do not matter',
  async (t) => {
    t.equal(normaliseIdentityNumber('  ３６０２９９１９６９０９２００３９ｘ　'), '36029919690920039X');
    t.strictSame(codes(' 36029919690920039x\t'), []);
    t.strictSame(
      codes('360299 196603100011'),
      ['identity-number-form'],
      'a space inside is a mistake to be looked at',
    );
  },
);

t.test('an identity number of the wrong form is rejected', async (t) => {
  for (const input of [
    '',
    '36029919660310001',
    '3602991966031000111',
    '36029919660310001Y',
    'X60299196603100011',
    '36029919660310X011',
    '36029919660310001\u0000',
    '٣٦٠٢٩٩١٩٦٦٠٣١٠٠٠١١',
  ]) {
    t.strictSame(codes(input), ['identity-number-form'], JSON.stringify(input));
  }
});

t.test('every error of a well-formed identity number is reported at once', async (t) => {
  t.strictSame(codes('990299196613100011'), [
    'identity-number-region',
    'identity-number-birth-date',
    'identity-number-check-character',
  ]);
  t.strictSame(codes('360299196603100012'), ['identity-number-check-character']);
  t.strictSame(codes('360299196603100012', inProduction), [
    'identity-number-check-character',
    'identity-number-test-person',
  ]);
  t.strictSame(codes(numbered('36020320250711001')), ['identity-number-birth-in-future']);
  t.strictSame(codes(numbered('36020320250710001')), [], 'born today');
  t.strictSame(codes(numbered('36020320230229001')), ['identity-number-birth-date']);
  t.strictSame(codes(numbered('36020320240229001')), []);
});

t.test(
  'only the first two digits of the region are checked, since retired counties stay on real cards',
  async (t) => {
    t.strictSame(codes(numbered('36020119800101001')), []);
    t.strictSame(codes(numbered('36999919800101001')), []);
    t.strictSame(codes(numbered('16020119800101001')), ['identity-number-region']);
  },
);

t.test('an identity number begins with a province’s two digits', async (t) => {
  const provinces = [11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46];
  provinces.push(50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83);
  const accepted = Array.from({ length: 100 }, (_, region) => region).filter(
    (region) => codes(numbered(`${String(region).padStart(2, '0')}020319800101001`)).length === 0,
  );
  t.strictSame(accepted, provinces);
});

t.test('division codes begin with a province’s digits, residence permits do not', async (t) => {
  t.strictSame(['36', '11', '71', '81', '82', '83', '16', '', '3'].map(isProvince), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

t.test('identity numbers of test people are rejected in production', async (t) => {
  for (const number of ['360299196603100011', '360299197608150020', '36029919690920039X']) {
    t.strictSame(codes(number), []);
    t.strictSame(codes(number, inProduction), ['identity-number-test-person']);
  }
});

t.test(
  'identity numbers of fifteen digits are accepted in imports only, converted and flagged',
  async (t) => {
    t.strictSame(codes('360203660310001'), ['identity-number-fifteen-digits']);
    strictMatch(t, readIdentityNumber('360203660310001', '', inImports), {
      value: { text: numbered('36020319660310001'), born: '1966-03-10', sex: 'M', converted: true },
    });
    t.strictSame(codes('360203661310001', inImports), ['identity-number-birth-date']);
    t.strictSame(codes('360299660310001', { ...inImports, acceptTestPeople: false }), [
      'identity-number-test-person',
    ]);
  },
);

t.test(
  'an error of an identity number has the given pointer, says what to do and never repeats the number',
  async (t) => {
    const reading = readIdentityNumber('360299196603100012', '/person/identityNumber', inProduction);
    if (!('fieldErrors' in reading)) throw new Error('not refused');
    for (const { pointer, detail } of reading.fieldErrors) {
      t.equal(pointer, '/person/identityNumber');
      t.match(detail, /。$/);
      t.notMatch(detail, /\d{4}/);
    }
  },
);

t.test('one wrong digit or two swapped neighbours in an identity number are always detected', async () => {
  const seed = 20241206;
  const numRuns = Number(process.env['RULES_RUNS'] ?? 2_000);
  const seventeen = fc
    .tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 999 }))
    .map(([days, order]) => {
      const born = Temporal.PlainDate.from('1950-01-01').add({ days }).toString().replaceAll('-', '');
      return `360203${born}${String(order).padStart(3, '0')}`;
    });
  fc.assert(
    fc.property(seventeen, fc.nat({ max: 16 }), fc.integer({ min: 1, max: 9 }), (digits, at, added) => {
      const number = numbered(digits);
      if (codes(number).length > 0) throw new Error(`${number} is refused: ${codes(number)}`);
      const changed = number.slice(0, at) + ((Number(number[at]) + added) % 10) + number.slice(at + 1);
      const [one = '', other = ''] = number.slice(at, at + 2);
      const exchanged = number.slice(0, at) + other + one + number.slice(at + 2);
      if (codes(changed).length === 0) throw new Error(`${changed} is accepted`);
      if (one !== other && codes(exchanged).length === 0) throw new Error(`${exchanged} is accepted`);
    }),
    { seed, numRuns },
  );
});
