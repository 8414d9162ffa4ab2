// Mappings translate a register's rows whatever values these contain.

import t from 'tap';
import { type Mapping, translated } from '../../src/registers/records/mapping.ts';

const mapping: Mapping = {
  name: 'of-a-test',
  fields: { XB: 'sex' },
  values: { sex: { 1: 'male', 2: 'female' } },
  kinds: {},
};

t.test('a mapping translates the names and values it contains, and leaves others unchanged', (t) => {
  t.strictSame(translated({ XB: 1 }, mapping), { sex: 'male' });
  t.strictSame(translated({ XB: '2' }, mapping), { sex: 'female' });
  const odd: readonly object[] = [
    { sex: 'constructor' },
    { sex: 'toString' },
    { sex: '__proto__' },
    { sex: { toString: 1 } },
    { sex: ['1'] },
    { sex: null },
    { constructor: 'name' },
    { toString: 'length' },
    JSON.parse('{"__proto__":"constructor"}'),
  ];
  for (const row of odd) t.strictSame(translated(row, mapping), row, JSON.stringify(row));
  t.end();
});
