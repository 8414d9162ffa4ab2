// Masked numbers show their first and last character.

import t from 'tap';
import { maskNumber } from '../../src/values/mask.ts';

t.test('a masked identity, account or phone number shows its first and last character', async (t) => {
  t.equal(maskNumber('360299196603100011'), '3****************1');
  t.equal(maskNumber('36029919690920039X'), '3****************X');
  t.equal(maskNumber('6222021001111234560'), '6*****************0');
  t.equal(maskNumber('13900001234'), '1*********4');
});

t.test('a very short number is masked completely', async (t) => {
  t.equal(maskNumber('12'), '**');
});
