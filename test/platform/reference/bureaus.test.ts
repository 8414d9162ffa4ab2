// How finance bureaus are added to agencies that were stored without them.

import t from 'tap';
import { prepareDatabase } from '../../../src/commands/prepare-database.ts';
import { testDatabase } from '../../database.ts';

t.test('an agency stored without a bureau gets its bureau’s name', async (t) => {
  const { db, url } = await testDatabase(t);
  await db.pool.query(`update agency set finance_name = null where agency_code = '360202'`);
  await db.pool.query(`update agency set finance_name = '珠山区财政金融局' where agency_code = '360203'`);
  await prepareDatabase(url);
  const { rows } = await db.pool.query(
    'select agency_code as code, finance_name as name from agency order by 1',
  );
  t.strictSame(
    rows.map(({ code, name }) => [code, name]),
    [
      ['360202', '昌江区财政局'],
      ['360203', '珠山区财政金融局'],
      ['360222', '浮梁县财政局'],
      ['360281', '乐平市财政局'],
      ['3602G1', null],
      ['3602G2', null],
    ],
    'and one that an operator wrote stays',
  );
});
