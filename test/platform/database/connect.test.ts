// Every wait on the database has a time-out, and database failures differ from invalid requests.

import { createServer } from 'node:net';
import { sql } from 'kysely';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type Db, openDatabase, type Tx } from '../../../src/platform/database/connect.ts';
import { TookTooLong, Unavailable } from '../../../src/platform/database/connection.ts';
import { atMost } from '../../../src/platform/database/row-limit.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { testDatabase } from '../../database.ts';

const { url } = await testDatabase(t);

function open(test: Test, url: string, options: { poolSize?: number; statementTimeoutMs?: number } = {}): Db {
  const db = openDatabase({ url, poolSize: 1, random: () => 0, onIdleError: () => {}, ...options });
  test.teardown(() => db.close());
  return db;
}

async function backendOf(db: Db): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.kysely);
  return rows[0]?.pid ?? 0;
}

/** Outside the pool under test. */
async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

t.test('an absent database server is unavailable at once', async (t) => {
  const db = open(t, 'postgresql://nobody@127.0.0.1:1/none');
  await t.rejects(backendOf(db), Unavailable);
});

t.test('why there is no connection is said in the line, without the password', async (t) => {
  const { serviceUrl } = await testDatabase(t);
  const changed = (part: 'password' | 'pathname' | 'port', value: string) =>
    Object.assign(new URL(serviceUrl), { [part]: value }).href;
  const name = new URL(serviceUrl).username;
  const full = open(t, serviceUrl);
  const holder = await full.pool.connect();
  const reasons: [Db, RegExp][] = [
    [open(t, changed('port', '1')), /: connect ECONNREFUSED 127\.0\.0\.1:1$/],
    [
      open(t, changed('password', 'hunter2')),
      new RegExp(`: password authentication failed for user "${name}"$`),
    ],
    [open(t, changed('pathname', '/none')), /: database "none" does not exist$/],
    [full, /: every connection of the pool is in use$/],
  ];
  for (const [db, message] of reasons) await t.rejects(backendOf(db), { name: 'Unavailable', message });
  holder.release();
  await administer(url, `alter role ${name} connection limit 0`);
  t.teardown(() => administer(url, `alter role ${name} connection limit -1`));
  await t.rejects(backendOf(open(t, serviceUrl)), {
    message: new RegExp(`: too many connections for role "${name}"$`),
  });
});

t.test(
  'a database server that accepts but does not respond is unavailable within five seconds',
  async (t) => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    t.teardown(() => silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const db = open(t, `postgresql://nobody@127.0.0.1:${address.port}/none`);
    const started = performance.now();
    await t.rejects(backendOf(db), { name: 'Unavailable', message: /: the server does not answer$/ });
    t.ok(performance.now() - started < 5_000);
  },
);

t.test(
  'a frozen backend fails its transaction in time, and the next one gets a new connection',
  async (t) => {
    const db = open(t, url, { statementTimeoutMs: 300 });
    const frozen = await backendOf(db);
    process.kill(frozen, 'SIGSTOP');
    t.teardown(() => process.kill(frozen, 'SIGCONT'));
    const started = performance.now();
    await t.rejects(
      transact(db, null, (tx) => sql`select 1`.execute(tx)),
      Unavailable,
    );
    t.ok(performance.now() - started < 5_000);
    t.not(await backendOf(db), frozen);
  },
);

t.test(
  'a query outside a transaction on a frozen backend does not leave the connection in the pool',
  async (t) => {
    const db = open(t, url, { statementTimeoutMs: 300 });
    const frozen = await backendOf(db);
    process.kill(frozen, 'SIGSTOP');
    t.teardown(() => process.kill(frozen, 'SIGCONT'));
    await t.rejects(sql`select 1`.execute(db.kysely), Unavailable);
    t.not(await backendOf(db), frozen);
  },
);

t.test('a statement that runs too long is cancelled and the connection kept', async (t) => {
  const db = open(t, url, { statementTimeoutMs: 100 });
  const backend = await backendOf(db);
  await t.rejects(sql`select pg_sleep(10)`.execute(db.kysely), TookTooLong);
  t.equal(await backendOf(db), backend);
});

t.test('a backend terminated inside a transaction is unavailable, not a crash', async (t) => {
  const db = open(t, url);
  await t.rejects(
    transact(db, null, async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await administer(url, `select pg_terminate_backend(${rows[0]?.pid})`);
      await sql`select 1`.execute(tx);
    }),
    Unavailable,
  );
  t.ok(await backendOf(db));
});

t.test('a backend terminated while idle is replaced and reported', async (t) => {
  const reported = Promise.withResolvers<Error>();
  const db = openDatabase({ url, poolSize: 1, random: () => 0, onIdleError: reported.resolve });
  t.teardown(() => db.close());
  const backend = await backendOf(db);
  await administer(url, `select pg_terminate_backend(${backend})`);
  t.ok(await reported.promise);
  t.not(await backendOf(db), backend);
});

t.test('an error in a statement is not reported as an unavailable database', async (t) => {
  const db = open(t, url);
  await t.rejects(sql`select no_such_column`.execute(db.kysely), { name: 'error', code: '42703' });
  await t.rejects(sql`select 9007199254740992`.execute(db.kysely), RangeError);
});

t.test(
  'statements prepared before their tables changed are prepared anew, and nobody is refused',
  async (t) => {
    const db = open(t, url);
    await administer(url, 'create table changing (number int); create table changed (number int)');
    const ask = (tx: Tx | Db['kysely']) => sql`select * from changing where number = ${1}`.execute(tx);
    const both = () =>
      transact(db, null, async (tx) => {
        const found = await ask(tx);
        await sql`insert into changed select * from unnest(${[1]}::int[])`.execute(tx);
        return [found, await sql`select * from changed where number = ${1}`.execute(tx)];
      });
    await Promise.all([both(), both(), both(), ask(db.kysely), ask(db.kysely)]);
    const { rows } =
      await sql`select name from pg_prepared_statements where statement like ${'%from changing%'}`.execute(
        db.kysely,
      );
    t.equal(rows.length, 1, 'they are prepared');
    const backend = await backendOf(db);
    await administer(url, 'alter table changing add word text; alter table changed add word text');
    await Promise.all([both(), both(), both(), ask(db.kysely), ask(db.kysely)]);
    t.equal((await ask(db.kysely)).rows.length, 0);
    t.equal(
      (await sql`select * from changed`.execute(db.kysely)).rows.length,
      6,
      'each transaction was done once',
    );
    t.equal(await backendOf(db), backend, 'on the connections that there were');
  },
);

t.test(
  'a statement whose plan depends on its values is planned each time: a page, and a long array',
  async (t) => {
    const db = open(t, url);
    await administer(url, 'create table listed (number int primary key)');
    const isPrepared = async () =>
      (
        await sql`select from pg_prepared_statements where statement like ${'%from listed%'}`.execute(
          db.kysely,
        )
      ).rows.length > 0;
    const page = (limit: number) =>
      sql`select * from listed where number > ${0} order by number limit ${atMost(limit)}`.execute(db.kysely);
    const newest = () =>
      sql`select * from listed where number > ${0} order by number desc limit 1`.execute(db.kysely);
    const among = (...numbers: number[]) =>
      sql`select * from listed where number = any(${numbers})`.execute(db.kysely);
    await page(500);
    await among(1, 2);
    t.notOk(await isPrepared());
    await newest();
    t.ok(await isPrepared(), 'one row is the newest of a key, whatever the plan');
  },
);

t.test('no function of the owner shadows PostgreSQL’s own, whatever the database’s settings', async (t) => {
  const { url } = await testDatabase(t);
  await administer(
    url,
    `create schema before; create function before.octet_length(text) returns int language sql return 42;
      grant usage on schema before to public;
      do $$ begin execute format('alter database %I set search_path = before, pg_catalog, public', current_database()); end $$`,
  );
  const plain = new pg.Client({ connectionString: url });
  await plain.connect();
  const length = `select octet_length('x'::text) as length`;
  t.strictSame((await plain.query(length)).rows, [{ length: 42 }]);
  await plain.end();
  t.strictSame((await open(t, url).pool.query(length)).rows, [{ length: 1 }]);
});
