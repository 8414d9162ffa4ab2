// Which texts contain personal numbers, and which are only similar.

import t from 'tap';
import { holdsPersonalNumber } from '../../../src/values/personal-numbers.ts';

t.test('personal numbers are detected, however they are written', async (t) => {
  const texts = [
    '360299196603100011',
    '36029919690920039x',
    '３６０２９９１９６６０３１０００１１',
    '360299 19660310 0011',
    '王建国360299196603100011的账号不对',
    'contribution-360299196603100011-2025-04',
    '1360299196603100011',
    '13900000001',
    '请联系139 0000 0001',
    '+8613900000001',
    '6217001234567890123',
    '6217 0012 3456 7890 123',
  ];
  for (const text of texts) t.equal(holdsPersonalNumber(text), true, text);
});

t.test('keys, vouchers and dates are not detected as personal numbers', async (t) => {
  const texts = [
    '',
    '0197d8a1-4b00-7000-8000-139000000011',
    '拨-360203-2025-0001',
    '202507050001',
    '360203202507050001',
    'contribution-197205110011-2025-04',
    'household-19720511103X',
    '360299196603100012',
    '20250705120000000001',
    '12333',
  ];
  for (const text of texts) t.equal(holdsPersonalNumber(text), false, text);
});
