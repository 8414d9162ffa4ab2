// Masked numbers show their first and last character.

import t from 'tap';
import { maskNumber } from '../../src/values/mask.ts';

t.test('of an identity, account or phone number the first and the last character stay', async (t) => {
  t.equal(maskNumber('360299196603100011'), '3****************1');
  t.equal(maskNumber('36029919690920039X'), '3****************X');
  t.equal(maskNumber('6222021001111234560'), '6*****************0');
  t.equal(maskNumber('13900001234'), '1*********4');
});

t.test('a number too short to hide anything is hidden whole', async (t) => {
  t.equal(maskNumber('12'), '**');
});
