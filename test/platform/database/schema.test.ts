// test/schema.sql matches the migrations.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { describeSchema, schemaFile } from '../../../scripts/schema.ts';
import { testDatabase } from '../../database.ts';

const { db, url } = await testDatabase(t);

t.test('test/schema.sql matches the migrations; if not, run npm run schema', async (t) => {
  t.equal(readFileSync(schemaFile, 'utf8'), await describeSchema(url));
});

t.test(
  'a table under row security has a policy for each privilege of the service, and no other',
  async (t) => {
    const { rows } = await db.pool.query<{ table: string; policies: string[]; rights: string[] }>(`
    select c.relname as table,
      array(select p.polcmd::text from pg_policy p where p.polrelid = c.oid order by 1) as policies,
      array(select r.command from (values ('a', 'insert'), ('d', 'delete'), ('r', 'select'), ('w', 'update')) r (command, privilege)
        where case r.privilege when 'delete' then has_table_privilege('subsidy_service', c.oid, 'delete')
          else has_any_column_privilege('subsidy_service', c.oid, r.privilege) end order by 1) as rights
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relrowsecurity
    order by 1`);
    t.ok(rows.length > 40);
    t.strictSame(
      rows.map(({ table, policies }) => ({ table, policies })),
      rows.map(({ table, rights }) => ({ table, policies: rights })),
    );
  },
);
