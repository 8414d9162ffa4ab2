// Migrations run forward, once, even concurrently, and a start rejects a database that does not match.
import { spawnSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { connectClient, openDatabase, type Tx } from '../../../src/platform/database/connect.ts';
import {
  checkSchema,
  listPending,
  migrate,
  readMigrations,
  SchemaError,
} from '../../../src/platform/database/migrate.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { emptyDatabase } from '../../database.ts';
import { start } from '../../program.ts';

const files = {
  '0001_people.sql': 'create table person (id int primary key);',
  '0002_months.sql':
    'create table month (person_id int references person);\ncreate index on month (person_id);',
};

const additive = '-- additive: the previous version of the program runs on this schema\n';

async function setup(test: Test): Promise<{ url: string; directory: string }> {
  return { url: await emptyDatabase(test), directory: test.testdir(files) };
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = await connectClient(url, 'subsidy test');
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

t.test('migrations are applied in order, once, and the job runner has its schema', async (t) => {
  const { url, directory } = await setup(t);
  t.strictSame(await migrate(url, { directory }), Object.keys(files));
  t.strictSame(await migrate(url, { directory }), []);
  await checkSchema(url, directory);
  t.strictSame(await query(url, 'select version, file from schema_migrations order by version'), [
    { version: 1, file: '0001_people.sql' },
    { version: 2, file: '0002_months.sql' },
  ]);
  t.strictSame(await query(url, `select to_regclass('graphile_worker.migrations') is not null as there`), [
    { there: true },
  ]);
});

t.test('twenty concurrent migrations apply each file once', async (t) => {
  const { url, directory } = await setup(t);
  const applied = await Promise.all(Array.from({ length: 20 }, () => migrate(url, { directory })));
  t.strictSame(applied.flat(), Object.keys(files));
});

t.test('a failing migration is rolled back and named with its line, and earlier ones stay', async (t) => {
  const { url, directory } = await setup(t);
  writeFileSync(
    join(directory, '0003_bad.sql'),
    'create table half (id int);\n\ncreate table half2 (id no_such_type);',
  );
  await t.rejects(migrate(url, { directory }), {
    name: 'SchemaError',
    message: /^migrations\/0003_bad\.sql:3: .*rolled back: .*no_such_type/,
  });
  t.strictSame(await query(url, `select to_regclass('half') as half, to_regclass('month')::text as month`), [
    { half: null, month: 'month' },
  ]);
  await t.rejects(checkSchema(url, directory), {
    message: /behind by 1 of 3 migrations; run npm run migrate/,
  });
});

t.test('seeding runs with every migration, in one transaction', async (t) => {
  const { url, directory } = await setup(t);
  const seed = async (tx: Tx): Promise<void> => {
    await sql`insert into person select count(*) from person`.execute(tx);
    await sql`insert into month values (1)`.execute(tx);
  };
  await t.rejects(migrate(url, { directory, seed }), { code: '23503' });
  t.strictSame(await query(url, 'select id from person'), [], 'a seed that fails leaves nothing');
  await query(url, 'insert into person values (7)');
  await migrate(url, { directory, seed });
  t.strictSame(await query(url, 'select id from person order by id'), [{ id: 1 }, { id: 7 }]);
});

t.test('a changed, renamed or missing migration is rejected by migrating and by a start', async (t) => {
  const { url, directory } = await setup(t);
  await migrate(url, { directory });
  const second = join(directory, '0002_months.sql');
  const refused = async (message: RegExp) => {
    await t.rejects(migrate(url, { directory }), { name: 'SchemaError', message });
    await t.rejects(checkSchema(url, directory), { name: 'SchemaError', message });
  };
  writeFileSync(second, `${files['0002_months.sql']} -- one more word`);
  await refused(/0002_months\.sql was changed after it was applied/);
  writeFileSync(second, files['0002_months.sql'].replaceAll('\n', '\r\n'));
  await checkSchema(url, directory);
  renameSync(second, join(directory, '0002_payments.sql'));
  await refused(/has migration 0002_months\.sql where this checkout has 0002_payments\.sql/);
  rmSync(join(directory, '0002_payments.sql'));
  await refused(/the database is ahead: it has migration 0002_months\.sql/);
});

t.test(
  'a database that is ahead by additive migrations is accepted by a start and by migrating',
  async (t) => {
    const url = await emptyDatabase(t);
    const both = t.testdir({
      before: files,
      now: {
        ...files,
        '0003_names.sql': `${additive}alter table person add name text;`,
        '0004_more_names.sql': `${additive}create table more (id int);`,
      },
    });
    const [directory, newer] = [join(both, 'before'), join(both, 'now')];
    t.strictSame(
      (await listPending(url, newer)).map(({ isAdditive }) => isAdditive),
      [false, false, true, true],
    );
    await migrate(url, { directory: newer });
    t.equal(await checkSchema(url, newer), 0);
    t.equal(await checkSchema(url, directory), 2);
    t.strictSame(await migrate(url, { directory }), []);
    await query(url, 'update schema_migrations set additive = false where version = 3');
    await t.rejects(checkSchema(url, directory), { message: /ahead: it has migration 0003_names\.sql/ });
  },
);

t.test('a migration that says that it is additive and is not is rolled back', async (t) => {
  const { url, directory } = await setup(t);
  writeFileSync(join(directory, '0003_bad.sql'), `${additive}alter table person add name text not null;`);
  await t.rejects(migrate(url, { directory }), {
    name: 'SchemaError',
    message: /^migrations\/0003_bad\.sql: .*additive and is not; rolled back: column person\.name is added$/,
  });
  t.strictSame(await query(url, 'select version from schema_migrations order by 1'), [
    { version: 1 },
    { version: 2 },
  ]);
});

t.test('a migration waits for a table in turns, between which others may use it', async (t) => {
  const { url, directory } = await setup(t);
  await migrate(url, { directory });
  const busy = await connectClient(url, 'subsidy test');
  t.teardown(() => busy.end());
  await busy.query('begin; select from person');
  writeFileSync(join(directory, '0003_names.sql'), 'alter table person add name text;');
  const migrating = migrate(url, { directory });
  const longestMs = [];
  for (let asked = 0; asked < 3; asked += 1) {
    await delay(800);
    const begun = performance.now();
    await query(url, 'select from person');
    longestMs.push(performance.now() - begun);
  }
  t.ok(
    longestMs.every((ms) => ms < 2_500),
    `${longestMs}`,
  );
  await busy.query('commit');
  t.strictSame(await migrating, ['0003_names.sql']);
});

t.test('a migration comes between transactions that leave no table unused', async (t) => {
  const { url, directory } = await setup(t);
  await migrate(url, { directory });
  const db = openDatabase({ url, poolSize: 4, random: Math.random, onIdleError: () => {} });
  t.teardown(() => db.close());
  let isMigrated = false;
  // Each holds one table while it comes to want the one that the migration has changed first.
  const clients = Array.from({ length: 4 }, async (_, index) => {
    await delay(100 * index);
    while (!isMigrated)
      await transact(db, null, async (tx) => {
        await sql`select from month`.execute(tx);
        await delay(400);
        await sql`select from person`.execute(tx);
      });
  });
  await delay(500);
  writeFileSync(
    join(directory, '0003_notes.sql'),
    'alter table person add note text;\nalter table month add note text;',
  );
  const begun = performance.now();
  const migrating = migrate(url, { directory }).finally(() => (isMigrated = true));
  t.strictSame(await migrating, ['0003_notes.sql']);
  t.comment(`${Math.round(performance.now() - begun)} ms`);
  await Promise.all(clients);
});

t.test('a start rejects an empty database as not migrated', async (t) => {
  const { url, directory } = await setup(t);
  await t.rejects(checkSchema(url, directory), { message: /behind by 2 of 2/ });
});

t.test('migrations with a gap, a repeated number or another kind of file are rejected', async (t) => {
  for (const extra of ['0004_gap.sql', '0002_twice.sql', 'notes.txt', '0003_Upper.sql', '3_short.sql']) {
    const directory = t.testdir({ ...files, [extra]: '' });
    t.throws(() => readMigrations(directory), SchemaError, extra);
  }
  t.ok(readMigrations().length > 0, 'the migrations of this checkout are in order');
});

t.test('npm run migrate says what it did, and fails with one line and a code', async (t) => {
  const url = await emptyDatabase(t);
  const run = (environment: Record<string, string>) =>
    spawnSync(process.execPath, [start, 'migrate'], { env: environment, encoding: 'utf8' });
  await query(url, 'create domain calendar_month as int');
  const failed = run({ DATABASE_URL: url });
  t.equal(failed.status, 1);
  t.match(failed.stderr, /^migrations\/0001_foundations\.sql.*: .*already exists.*\n$/);
  await query(url, 'drop domain calendar_month');
  const done = run({ DATABASE_URL: url });
  t.equal(done.status, 0, done.stderr);
  t.match(done.stdout, /^已执行 · applied: 0001_foundations\.sql\n/);
  t.match(run({ DATABASE_URL: url }).stdout, / · the schema is up to date\n$/);
  const absent = run({ DATABASE_URL: 'postgresql://x@127.0.0.1:1/y' });
  t.equal(absent.status, 1);
  t.match(absent.stderr, /^DATABASE_URL: .* · cannot connect: .*\n$/);
  const unset = run({});
  t.equal(unset.status, 2);
  t.match(unset.stderr, /^DATABASE_URL: .* · not set.*\n$/);
});
