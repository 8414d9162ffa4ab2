// Names: normalising, masking, validating.

import t from 'tap';
import { halfWidth } from '../../src/values/half-width.ts';
import { fieldErrorsOfName, isSameName, maskName, normaliseName } from '../../src/values/names.ts';
import { strictMatch } from '../strict-match.ts';

t.test('dots between the syllables of a name are normalised, others are not', async (t) => {
  t.equal(normaliseName(' 阿依古丽•买买提 '), '阿依古丽·买买提');
  t.equal(normaliseName('阿依古丽．买买提'), '阿依古丽·买买提');
  t.equal(normaliseName('买买提•阿不都•拉'), '买买提·阿不都·拉');
  t.equal(normaliseName('阿•依•丽'), '阿·依·丽');
  t.equal(normaliseName('•王'), '•王');
  t.equal(normaliseName('王．'), '王．');
});

t.test('normalising changes nothing else in a name', async (t) => {
  for (const name of ['王小明', '𠮷田', '=1+1', '@王', '㐂', 'Ａ王']) t.equal(normaliseName(name), name);
});

t.test('two spellings of one name are the same, two names are not', async (t) => {
  t.equal(isSameName('阿依•丽 ', '阿依·丽'), true);
  t.equal(isSameName('王小明', '王小民'), false);
});

t.test('a masked name shows its first character, even a surrogate pair', async (t) => {
  t.equal(maskName('王小明'), '王**');
  t.equal(maskName('𠮷田'), '𠮷*');
  t.equal(maskName('王'), '王');
  t.equal(maskName(''), '');
});

t.test('empty names and names with invisible characters are rejected', async (t) => {
  strictMatch(t, fieldErrorsOfName('  ', '/name'), [{ pointer: '/name', code: 'name-empty' }]);
  for (const hidden of ['\u0000', '\u202e', '\u200b', '\u2028', '\u2029', '\n', '\ufeff']) {
    strictMatch(
      t,
      fieldErrorsOfName(`王${hidden}明`, '/name'),
      [{ code: 'name-characters' }],
      `U+${hidden.charCodeAt(0).toString(16)}`,
    );
  }
  t.strictSame(fieldErrorsOfName('王小明', '/name'), []);
  t.equal(fieldErrorsOfName('\u200b', '/name').length, 1);
  t.equal(fieldErrorsOfName('\n', '/name').length, 2, 'both faults at once');
});

t.test('full-width characters become half-width', async (t) => {
  t.equal(halfWidth('！０９ＡＺａｚ～　王'), '!09AZaz~ 王');
});
