// Two servers of which one stands by: the service is served by the leader alone, and no commit is told that the standby may
// not have.

import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import t, { type Test } from 'tap';
import { openDatabase } from '../../../src/platform/database/connect.ts';
import { Connection, Unavailable } from '../../../src/platform/database/connection.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { startEmbedded } from '../../../src/sandbox/embedded.ts';
import { comesTrue, dataFolder } from '../../program.ts';

t.setTimeout(60_000);

const dataDir = dataFolder(t);
const start = () => startEmbedded({ dataDir, log: () => {}, durable: false });
await (await start()).stop();
writeFileSync(join(realpathSync(join(dataDir, 'postgresql')), 'pgdata/standby.signal'), '');
const server = await start();
t.teardown(() => server.stop());

const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
t.teardown(() => admin.end());

function open(test: Test, statementTimeoutMs = 3_000) {
  const options = { url: server.url, random: () => 0, onIdleError: () => {}, statementTimeoutMs };
  const db = openDatabase({ ...options, poolSize: 1 });
  test.teardown(() => db.close());
  return db;
}

/** Past the check of new connections, as through a PgBouncer whose server has changed. */
async function connection(test: Test) {
  const pool = new pg.Pool({ connectionString: server.url, pipeline: true });
  test.teardown(() => pool.end());
  return { pool, connection: new Connection(await pool.connect(), 3_000) };
}

t.test('neither reads nor writes are served by a standby', async (t) => {
  const db = open(t);
  for (const readOnly of [true, false])
    await t.rejects(
      transact(db, null, (tx) => sql`select 1`.execute(tx), { readOnly }),
      { name: 'Unavailable', cause: { message: 'the server is a standby' } },
    );
  t.equal(db.pool.totalCount, 0, 'no connection is kept');
});

t.test(
  'a transaction that reaches a standby is unavailable, and its connection is not used again',
  async (t) => {
    const { pool, connection: one } = await connection(t);
    one.begin('start transaction read write', false);
    // Where BEGIN has failed, this runs by itself, and finds nothing because the transaction's scope is not set.
    const read = one.executeQuery({ sql: 'select 1 where false', parameters: [] } as never);
    await t.rejects(read, { name: 'Unavailable', message: 'the server is a standby' });
    await t.rejects(one.end('commit'), Unavailable);
    one.release();
    t.ok(await comesTrue(async () => pool.totalCount === 0));
  },
);

t.test('a write outside a transaction that reaches a standby is unavailable too', async (t) => {
  const { pool, connection: one } = await connection(t);
  await t.rejects(one.executeQuery({ sql: 'create table a ()', parameters: [] } as never), Unavailable);
  one.release();
  t.ok(await comesTrue(async () => pool.totalCount === 0));
});

t.test('a promoted standby serves at once', async (t) => {
  const db = open(t);
  await t.rejects(sql`select 1`.execute(db.kysely), Unavailable);
  await admin.query('select pg_promote()');
  t.equal((await sql`create table kept (number int)`.execute(db.kysely)).rows.length, 0);
  await sql`create table schema_migrations ()`.execute(db.kysely); // as every transaction expects it
});

t.test('a commit is not told as done unless the standby has it', async (t) => {
  await admin.query(`alter system set synchronous_standby_names = 'away'`);
  await admin.query('select pg_reload_conf()');
  const keep = (number: number, statementTimeoutMs: number) =>
    transact(open(t, statementTimeoutMs), null, async (tx) => {
      await sql`set local synchronous_commit = on`.execute(tx);
      await sql`insert into kept values (${number})`.execute(tx);
    });
  const cancelWaiting = async () =>
    (await admin.query(`select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`))
      .rowCount === 1;

  await t.rejects(keep(1, 300), { name: 'Unavailable', message: 'the database did not answer' });
  t.ok(await comesTrue(cancelWaiting));
  t.ok(await comesTrue(async () => !(await cancelWaiting())), 'and waits no longer');
  const cancelled = t.rejects(keep(2, 10_000), { name: 'Unavailable', message: /in doubt/ });
  t.ok(await comesTrue(cancelWaiting));
  await cancelled;
});
