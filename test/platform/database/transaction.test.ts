// One operation is one transaction: retried after deadlocks and serialization failures, never where the
// outcome is unknown.
import { sql } from 'kysely';
import t from 'tap';
import { Unavailable } from '../../../src/platform/database/connect.ts';
import { constraintOf, transact } from '../../../src/platform/database/transaction.ts';
import { testDatabase } from '../../database.ts';

const { db } = await testDatabase(t);

const raise = (state: string) => sql.raw(`do $$ begin raise exception using errcode = '${state}'; end $$`);

t.test('a transaction whose work throws leaves nothing behind', async (t) => {
  await db.pool.query('create table half_done (text text)');
  const act = transact(db, null, async (tx) => {
    await sql`insert into half_done values ('half')`.execute(tx);
    throw new Error('stop');
  });
  await t.rejects(act, { message: 'stop' });
  t.strictSame((await db.pool.query('select * from half_done')).rows, []);
});

t.test('two transactions that deadlock both succeed', async (t) => {
  await db.pool.query(
    'create table counter (id int primary key, value int); insert into counter values (1, 0), (2, 0)',
  );
  const bothHold = Promise.withResolvers<void>();
  let holding = 0;
  let runs = 0;
  const add = (first: number, second: number) =>
    transact(db, null, async (tx) => {
      runs++;
      await sql`update counter set value = value + 1 where id = ${first}`.execute(tx);
      if (++holding === 2) bothHold.resolve();
      await bothHold.promise;
      await sql`update counter set value = value + 1 where id = ${second}`.execute(tx);
    });
  await Promise.all([add(1, 2), add(2, 1)]);
  t.strictSame((await db.pool.query('select value from counter')).rows, [{ value: 2 }, { value: 2 }]);
  t.equal(runs, 3, 'the victim of the deadlock ran twice');
});

for (const state of ['40001', '40P01']) {
  t.test(`a transaction with error ${state} is retried five times, then unavailable`, async (t) => {
    let runs = 0;
    const act = transact(db, null, async (tx) => {
      runs++;
      await raise(state).execute(tx);
    });
    await t.rejects(act, Unavailable);
    t.equal(runs, 6);
  });
}

t.test('a transaction with any other error is not retried', async (t) => {
  let runs = 0;
  const act = transact(db, null, async (tx) => {
    runs++;
    await raise('P0001').execute(tx);
  });
  await t.rejects(act, { code: 'P0001' });
  t.equal(runs, 1);
});

t.test('a read transaction sees one snapshot and cannot write', async (t) => {
  await db.pool.query('create table note (text text)');
  const seen = await transact(
    db,
    null,
    async (tx) => {
      const count = sql<{ n: number }>`select count(*)::int as n from note`;
      const before = await count.execute(tx);
      await db.pool.query(`insert into note values ('meanwhile')`);
      const after = await count.execute(tx);
      return [before.rows[0]?.n, after.rows[0]?.n];
    },
    { readOnly: true },
  );
  t.strictSame(seen, [0, 0]);
  const write = transact(db, null, (tx) => sql`insert into note values ('no')`.execute(tx), {
    readOnly: true,
  });
  await t.rejects(write, { code: '25006' });
});

t.test('an error swallowed inside a transaction is not reported as a commit', async (t) => {
  const act = transact(db, null, async (tx) => {
    await raise('P0001')
      .execute(tx)
      .catch(() => {});
  });
  await t.rejects(act);
});

t.test('a violated constraint is identified by its name', async (t) => {
  await db.pool.query('create table month (fen int constraint positive_amount check (fen > 0))');
  const error = await transact(db, null, (tx) => sql`insert into month values (0)`.execute(tx)).catch(
    (e: unknown) => e,
  );
  t.equal(constraintOf(error), 'positive_amount');
  t.equal(constraintOf(new Error('positive_amount')), undefined);
});
