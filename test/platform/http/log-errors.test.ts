// What the log says of an error of the database: its condition by PostgreSQL's name, and no values.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { conditionNames } from '../../../src/platform/database/conditions.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { describeError } from '../../../src/platform/http/log-errors.ts';
import { testDatabase } from '../../database.ts';
import { strictMatch } from '../../strict-match.ts';

const database = await testDatabase(t);
const { db } = database;

async function errorOf(act: Promise<unknown>): Promise<unknown> {
  return await act.then(
    () => null,
    (error: unknown) => error,
  );
}

t.test('every condition has the name that PostgreSQL gives to its code', async (t) => {
  for (const [code, name] of conditionNames) {
    const raise = sql.raw(`do $$ begin raise ${name}; end $$`);
    strictMatch(t, await errorOf(db.pool.query(raise.compile(db.kysely).sql)), { code }, name);
  }
});

t.test('the log names what was violated, and not what was written', async (t) => {
  await db.pool.query('create table held (name text constraint a_rule check (false))');
  const error = await errorOf(db.pool.query(`insert into held values ('欧阳雪')`));
  const described = describeError(error);
  strictMatch(t, described, { message: 'check_violation, table held, constraint a_rule', code: '23514' });
  t.notMatch(JSON.stringify(described), /欧阳雪/);
});

/** A disk of a megabyte for PostgreSQL; null where this account may not mount one, or the server is elsewhere. */
async function smallDisk(test: Test): Promise<string | null> {
  const { rows } = await db.pool.query<{ folder: string }>(
    `select current_setting('data_directory') as folder`,
  );
  const folder = rows[0]?.folder ?? '';
  if (process.getuid?.() !== 0 || !existsSync(folder)) return null;
  const { uid, gid } = statSync(folder);
  const disk = mkdtempSync(join(tmpdir(), 'subsidy-disk-'));
  const options = `size=1m,mode=700,uid=${uid},gid=${gid}`;
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status === 0;
  test.teardown(async () => {
    if (isMounted) spawnSync('umount', [disk]);
    rmdirSync(disk);
  });
  return isMounted ? disk : null;
}

const disk = await smallDisk(t);
const skip = disk === null ? 'this account may not mount a small disk' : false;

t.test('a full disk is told as such, and is gone when there is room again', { skip }, async (t) => {
  const name = `small_${new URL(database.url).pathname.slice(-12)}`;
  await db.pool.query(`create tablespace ${name} location '${disk}'`);
  const create = () => db.pool.query(`create table growing (text text) tablespace ${name}`);
  await create();
  t.teardown(async () => {
    await db.pool.query('drop table growing');
    await db.pool.query(`drop tablespace ${name}`);
  });
  const write = (rows: number) =>
    transact(db, null, (tx) =>
      sql`insert into growing select repeat('x', 1000) from generate_series(1, ${rows})`.execute(tx),
    );
  await write(10);
  const error = await errorOf(write(5_000));
  strictMatch(t, describeError(error), {
    type: 'Unavailable',
    message: 'the database did not answer: disk_full',
    cause: { message: 'disk_full', code: '53100' },
  });
  await db.pool.query('drop table growing');
  await create();
  await write(10);
});
