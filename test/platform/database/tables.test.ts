// tables.ts matches the schema.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { describeTables, tablesFile } from '../../../scripts/tables.ts';
import { testDatabase } from '../../database.ts';

t.test('tables.ts matches the schema; if not, run npm run tables', async (t) => {
  const { url } = await testDatabase(t);
  t.equal(readFileSync(tablesFile, 'utf8'), await describeTables(url));
});
