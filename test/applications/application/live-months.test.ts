// The count of months against the cap, kept by the database whatever changes the months.

import t from 'tap';
import { constraintOf } from '../../../src/platform/database/transaction.ts';
import { setup } from '../../helper.ts';

t.test('months are counted once by each statement, for everybody whom it changes', async (t) => {
  const { db, applied } = await setup(t);
  const people = [await applied(), await applied()].map(({ personId }) => personId);
  const change = async (set: string, month = '2025-%') =>
    await db.pool.query(`update subsidy_month set ${set} where month like $1`, [month]);
  const counts = async () => {
    const { rows } = await db.pool.query<{ live: number }>(
      'select live_months as live from term where person_id = any($1) order by live_months',
      [people],
    );
    return rows.map(({ live }) => live);
  };

  const refused = await change(`state = 'live', amount_fen = 50000`).catch(constraintOf);
  t.equal(refused, 'live_month_has_term');
  const copy = `insert into subsidy_month (person_id, application_id, month, state, amount_fen)
    select person_id, application_id, '2025-01', 'live', 50000 from subsidy_month where month = '2025-04'`;
  t.equal(await db.pool.query(copy).catch(constraintOf), 'live_month_has_term');

  await db.pool.query(
    `insert into term (person_id, first_approved_on, retirement_month, near, cap, policy_version, imported_months)
    select person_id, '2025-07-05', '2040-01', false, 36, 'of a test', 0 from unnest($1::uuid[]) as person_id`,
    [people],
  );
  await change(`state = 'live', amount_fen = 50000`);
  t.strictSame(await counts(), [3, 3]);
  await change(`state = 'recovered', still_owed = true`, '2025-04');
  t.strictSame(await counts(), [3, 3], 'what is owed counts');
  await change('still_owed = false', '2025-04');
  t.strictSame(await counts(), [2, 2]);
  await change('amount_fen = 40000');
  t.strictSame(await counts(), [2, 2], 'another amount counts nothing');
  await db.pool.query(copy);
  t.strictSame(await counts(), [3, 3], 'a month that comes live');
});
