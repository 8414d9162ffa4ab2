// One operation is one transaction: retried after deadlocks and serialization failures, never where the
// outcome is unknown.
import { sql } from 'kysely';
import t from 'tap';
import { Unavailable } from '../../../src/platform/database/connection.ts';
import { constraintOf, later, transact } from '../../../src/platform/database/transaction.ts';
import { testDatabase } from '../../database.ts';
import { flightsOf } from '../../flights.ts';

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
  // On a busy machine each may find the deadlock, and both are aborted.
  t.ok(runs > 2, 'the victim of the deadlock ran twice');
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

t.test('a read waits once: BEGIN travels with its statement, and nobody waits for COMMIT', async (t) => {
  const read = () =>
    transact(db, null, (tx) => sql`select 1 as a`.execute(tx), { readOnly: true }).then(({ rows }) => rows);
  t.strictSame(await read(), [{ a: 1 }]);
  const flights = await flightsOf(read);
  t.strictSame(flights, [
    [
      'start transaction isolation level repeatable read read only; lock table schema_migrations in access share mode',
      'select 1 as a',
    ],
    ['commit'],
  ]);
});

t.test('statements asked for together travel together, and each gets its own answer', async (t) => {
  let answers: unknown[] = [];
  const flights = await flightsOf(() =>
    transact(
      db,
      null,
      async (tx) => {
        answers = await Promise.all(
          [1, 2, 3].map(
            async (n) => (await sql<{ n: number }>`select ${n}::int as n`.execute(tx)).rows[0]?.n,
          ),
        );
      },
      { readOnly: true },
    ),
  );
  t.strictSame(answers, [1, 2, 3]);
  t.strictSame(
    flights.map((flight) => flight.length),
    [4, 1],
    'BEGIN and three statements; COMMIT',
  );
});

t.test('a statement sent for later is committed with the rest, in the flight of the COMMIT', async (t) => {
  await db.pool.query('create table trace (text text)');
  const flights = await flightsOf(() =>
    transact(db, null, async (tx) => {
      await sql`insert into trace values ('first')`.execute(tx);
      later(tx, sql`insert into trace values ('second')`);
    }),
  );
  t.strictSame((await db.pool.query('select text from trace')).rows, [{ text: 'first' }, { text: 'second' }]);
  t.strictSame(flights.at(-1), [`insert into trace values ('second')`, 'commit']);
});

t.test(
  'the failure of a statement sent for later is thrown by the commit, and nothing is kept',
  async (t) => {
    await db.pool.query('create table kept (fen int constraint fen_is_positive check (fen > 0))');
    const error = await transact(db, null, async (tx) => {
      await sql`insert into kept values (1)`.execute(tx);
      later(tx, sql`insert into kept values (0)`);
    }).catch((e: unknown) => e);
    t.equal(constraintOf(error), 'fen_is_positive');
    t.strictSame((await db.pool.query('select * from kept')).rows, []);
  },
);

t.test(
  'a statement after a failed one throws the first failure, not that the transaction failed',
  async (t) => {
    const error = await transact(db, null, async (tx) => {
      later(tx, sql`insert into kept values (0)`);
      await sql`select 1`.execute(tx);
    }).catch((e: unknown) => e);
    t.equal(constraintOf(error), 'fen_is_positive');
  },
);

t.test('a deadlock of a statement sent for later is retried like any other', async (t) => {
  let runs = 0;
  const act = transact(db, null, async (tx) => {
    runs++;
    later(tx, raise('40P01'));
  });
  await t.rejects(act, Unavailable);
  t.equal(runs, 6);
});

t.test('work that goes on after its transaction ended cannot touch the next one', async (t) => {
  const goesOn = Promise.withResolvers<void>();
  let late: Promise<unknown> = Promise.resolve();
  const act = transact(db, null, async (tx) => {
    late = goesOn.promise.then(() => sql`insert into trace values ('late')`.execute(tx));
    await Promise.all([late, Promise.reject(new Error('stop'))]);
  });
  await t.rejects(act, { message: 'stop' });
  goesOn.resolve();
  await t.rejects(late, { message: /after the end of its transaction/ });
});
