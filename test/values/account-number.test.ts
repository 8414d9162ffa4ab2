// Account numbers and their holders' names.

import t from 'tap';
import { fieldErrorsOfAccountHolder, readAccountNumber } from '../../src/values/account-number.ts';
import { strictMatch } from '../strict-match.ts';

function read(input: string) {
  return readAccountNumber(input, '/account');
}

t.test('spaces are removed from an account number and full-width digits converted', async (t) => {
  t.strictSame(read(' 6222 0210 0111\u30001234 561 '), {
    value: { text: '6222021001111234561', failsLuhn: true },
  });
  strictMatch(t, read('６２２２０２１００１１１'), { value: { text: '622202100111' } });
});

t.test('twelve to thirty digits are an account number, leading zeros included', async (t) => {
  strictMatch(t, read('0'.repeat(12)), { value: { text: '000000000000' } });
  strictMatch(t, read('1'.repeat(30)), { value: { text: '1'.repeat(30) } });
  for (const input of ['', '1'.repeat(31), '62220210011112345A', '6222-0210-0111-1234', '-622202100111']) {
    strictMatch(
      t,
      read(input),
      { fieldErrors: [{ pointer: '/account', code: 'account-number-form' }] },
      JSON.stringify(input),
    );
  }
});

t.test('a too short account number is rejected with the required length', async (t) => {
  for (const input of ['1', '1'.repeat(11), '6222 0210 011']) {
    t.strictSame(read(input), {
      fieldErrors: [
        { pointer: '/account', code: 'account-number-short', detail: '账号至少12位，请对照社保卡补全。' },
      ],
    });
  }
});

t.test('a failed Luhn check of an account number is only a warning', async (t) => {
  strictMatch(t, read('4539578763621486'), { value: { failsLuhn: false } });
  strictMatch(t, read('4539578763621487'), { value: { failsLuhn: true } });
  strictMatch(t, read('7992739871300000'), { value: { failsLuhn: true } });
  strictMatch(t, read('0000079927398713'), { value: { failsLuhn: false } });
});

t.test('the holder must be the applicant, whichever dot separates the syllables', async (t) => {
  t.strictSame(fieldErrorsOfAccountHolder('阿依古丽•买买提', '阿依古丽·买买提', '/holder'), []);
  strictMatch(t, fieldErrorsOfAccountHolder('王小明', '王小民', '/holder'), [
    { pointer: '/holder', code: 'account-holder-name' },
  ]);
});
