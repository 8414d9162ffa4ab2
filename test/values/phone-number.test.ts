// Phone numbers at which an applicant can be reached.

import t from 'tap';
import { readMobileNumber, readPhoneNumber } from '../../src/values/phone-number.ts';

t.test('mobile and landline numbers are read as digits', async (t) => {
  for (const [input, value] of [
    ['13900000000', '13900000000'],
    ['139 0000 0000', '13900000000'],
    ['１３９００００００００', '13900000000'],
    ['0798-8221234', '07988221234'],
    ['010-12345678', '01012345678'],
    ['0755 1234 5678', '075512345678'],
  ] as const) {
    t.strictSame(readPhoneNumber(input, '/phone'), { value }, input);
  }
});

t.test('an invalid phone number is rejected with what to enter', async (t) => {
  const detail = '请填写本人的11位手机号码，或带区号的固定电话；都没有的，请到线下窗口填写联系人。';
  const fieldErrors = [{ pointer: '/phone', code: 'phone-number-form', detail }];
  for (const input of [
    '',
    '12345',
    '8221234',
    '1390000000',
    '139000000001',
    '07988',
    '0798822123456',
    '139OOOOOOOO',
    '+8613900000000',
  ])
    t.strictSame(readPhoneNumber(input, '/phone'), { fieldErrors }, input);
});

t.test('a contact is reached by a mobile phone alone', async (t) => {
  t.strictSame(readMobileNumber('139-0000-0000', '/phone'), { value: '13900000000' });
  const detail = '请填写联系人的11位手机号码。';
  const fieldErrors = [{ pointer: '/phone', code: 'mobile-number-form', detail }];
  for (const input of ['', '0798-8221234', '1390000000'])
    t.strictSame(readMobileNumber(input, '/phone'), { fieldErrors }, input);
});
