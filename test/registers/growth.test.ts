// What a delivery costs does not grow with the people on file.

import t from 'tap';
import { setup } from '../helper.ts';

t.test('records and names of some people are stored without reading all people', async (t) => {
  const { db } = await setup(t);
  const owner = await db.pool.connect();
  t.teardown(() => owner.release());
  const plans: string[] = [];
  owner.on('notice', ({ message }) => plans.push(message ?? ''));
  await owner.query(`
    insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
      select gen_random_uuid(), number::text::bytea, '3****************X', 'M', '1972-05', false, now()
      from generate_series(1, 3000) as number;
    insert into person_name (person_id, source, name_hash, name_encrypted, learnt_at)
      select person_id, 'test', sha256(identity_encrypted), '', now() from person;
    analyze person, person_name;
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on;
    set client_min_messages = log`);
  await owner.query(`
    insert into record select person_id, gen_random_uuid(), 'contribution', 'test', identity_masked || person_id, 1, '2025-04-01',
      '2025-04-30', '{}', false, sha256(''), null, now() from (select * from person limit 200) as one;
    insert into person_name (person_id, source, name_hash, name_encrypted, learnt_at)
      select person_id, 'other', sha256(''), '', now() from (select * from person limit 200) as one`);
  const inTriggers = plans.filter((plan) =>
    /for (no key update|key share)|into person_of_two_names/.test(plan),
  );
  t.equal(inTriggers.length, 3);
  t.strictSame(
    inTriggers.filter((plan) => /Seq Scan on person|Merge Join/.test(plan)),
    [],
  );
});
