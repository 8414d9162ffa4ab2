// The service through PgBouncer in its transaction mode, where each transaction gets another connection of the database.

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import t, { type Test } from 'tap';
import {
  connectClient,
  type DatabaseOptions,
  type Db,
  openDatabase,
} from '../../src/platform/database/connect.ts';
import { checkPooler } from '../../src/platform/database/pooler.ts';
import type { RowScope } from '../../src/platform/database/row-scope.ts';
import { transact } from '../../src/platform/database/transaction.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { startReplicas } from '../faults/replicas.ts';
import { flightsOf } from '../flights.ts';
import { type Answer, type CallOptions, firstMorning, patient } from '../helper.ts';
import { openNetwork } from '../network.ts';
import { mayPrepare, openPooler, withoutPgbouncer } from '../pooler.ts';
import { callTo, comesTrue, dataFolder, start, usual } from '../program.ts';
import { administer } from '../server.ts';
import { type Application, createSteps } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';

t.setTimeout(180_000);

const skip = withoutPgbouncer;
const platform = 'platform-ganfutong';

function openThrough(test: Test, url: string, { serviceUrl }: TestDatabase, more: Partial<DatabaseOptions>) {
  const db = openDatabase({
    url,
    directUrl: serviceUrl,
    poolSize: 12,
    random: Math.random,
    onIdleError: () => {},
    connectTimeoutMs: 20_000,
    statementTimeoutMs: 20_000,
    preparesStatements: mayPrepare,
    ...more,
  });
  test.teardown(() => db.close());
  return db;
}

const scopeOf = (street: string): RowScope => ({
  actor: `officer of ${street}`,
  relation: 'street',
  code: street,
  caller: street,
  readsAudit: false,
});

interface Seen {
  readonly actor: string;
  readonly street: string;
  readonly city: string;
  readonly zone: string;
  readonly path: string;
  readonly timeout: string;
  readonly backend: number;
}

const look = (number: number): RawBuilder<Seen> => sql<Seen>`
  select coalesce(current_setting('subsidy.actor', true), '') as actor,
    coalesce(current_setting('subsidy.street', true), '') as street,
    coalesce(current_setting('subsidy.city', true), '') as city, current_setting('TimeZone') as zone,
    current_setting('search_path') as path, current_setting('statement_timeout') as timeout,
    pg_backend_pid() as backend where ${number}::int = ${number}::int`;

/** Transactions of many officers and of nobody, all at once; what each saw that was not its own. */
async function strangeIn(db: Db): Promise<{ strange: Seen[]; backends: number }> {
  const strange: Seen[] = [];
  const backends = new Set<number>();
  const transactions = Array.from({ length: 150 }, async (_, number) => {
    const street = number % 3 === 0 ? '' : `36020300${number % 7}`;
    const seen = await transact(db, street === '' ? null : scopeOf(street), async (tx) => {
      await look(number).execute(tx);
      return (await look(number).execute(tx)).rows[0];
    });
    if (seen === undefined) throw new Error('nothing was seen');
    backends.add(seen.backend);
    const actor = street === '' ? '' : `officer of ${street}`;
    const { backend: _backend, ...settings } = seen;
    const own = { actor, street, city: '', zone: 'UTC', path: 'public', timeout: '20s' };
    if (JSON.stringify(settings) !== JSON.stringify(own)) strange.push(seen);
  });
  await Promise.all(transactions);
  return { strange, backends: backends.size };
}

t.test('each transaction has its own settings and row scope and leaves none behind', { skip }, async (t) => {
  const database = await testDatabase(t);
  const name = new URL(database.url).pathname.slice(1);
  await administer(database.url, `alter database ${name} set TimeZone = 'Asia/Shanghai'`);
  await administer(database.url, `alter database ${name} set search_path = pg_catalog`);
  const url = await openPooler(t, database.serviceUrl);
  const db = openThrough(t, url, database, {});
  t.strictSame(await strangeIn(db), { strange: [], backends: 2 }, 'two connections serve them all');

  // As a program would that takes the connection for its own.
  const careless = new pg.Client({ connectionString: url });
  await careless.connect();
  await careless.query(`set subsidy.city = 'yes'`);
  await careless.end();
  t.not((await strangeIn(db)).strange.length, 0, 'what is left behind is found');
});

t.test('a statement outside a transaction does not reach the pooler', { skip }, async (t) => {
  const database = await testDatabase(t);
  const url = await openPooler(t, database.serviceUrl);
  const db = openThrough(t, url, database, {});
  await t.rejects(sql`select 1`.execute(db.kysely), { message: /use transact/ });
  const direct = db.direct({});
  t.strictSame((await sql`select 1 as one`.execute(direct.kysely)).rows, [{ one: 1 }]);
  const listener = await direct.pool.connect();
  await listener.query('listen reference');
  const heard = once(listener, 'notification');
  await transact(db, null, (tx) => sql`notify reference`.execute(tx));
  t.ok(await heard, 'what is told through the pooler is heard on a direct connection');
  listener.release();
  await direct.close();
  const misled = openThrough(t, url, database, { directUrl: undefined });
  await t.rejects(sql`select 1`.execute(misled.kysely), { message: /own in DATABASE_DIRECT_URL$/ });
});

t.test('prepared statements are switched off where the pooler does not know them', { skip }, async (t) => {
  const database = await testDatabase(t);
  const url = await openPooler(t, database.serviceUrl, mayPrepare ? { max_prepared_statements: 0 } : {});
  const named = openThrough(t, url, database, { preparesStatements: true });
  await t.rejects(strangeIn(named), { code: /^(26000|42P05)$/ }, 'a name is unknown or taken');
  const unnamed = openThrough(t, url, database, { preparesStatements: false });
  t.strictSame((await strangeIn(unnamed)).strange, []);
  const one = sql`select ${1}::int as together`;
  const twice = () => transact(unnamed, null, (tx) => Promise.all([one.execute(tx), one.execute(tx)]));
  t.equal(
    (await flightsOf(twice, /together/)).length,
    2,
    'statements still travel with BEGIN, before COMMIT',
  );
});

t.test('a failed statement leaves those behind it usable in the next transaction', { skip }, async (t) => {
  const database = await testDatabase(t);
  const db = openThrough(t, await openPooler(t, database.serviceUrl), database, {});
  for (let time = 0; time < 20; time += 1) {
    const words = sql.raw(`word${time}`);
    const late = (tx: Parameters<Parameters<typeof transact>[2]>[0]) =>
      sql<{ n: number }>`select ${1}::int as n, ${2}::int as ${words}`.execute(tx);
    const failing = transact(db, null, async (tx) => {
      await Promise.all([sql`select 1 / ${0}::int as ${words}`.execute(tx), late(tx)]);
    });
    await t.rejects(failing, { code: '22012' });
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { rows } = await transact(db, null, late);
        t.equal(rows[0]?.n, 1);
      }),
    );
  }
});

t.test('a statement prepared before its table changed is repeated', { skip }, async (t) => {
  const database = await testDatabase(t);
  await database.db.pool.query('create table changing (number int); grant select on changing to public');
  const db = openThrough(t, await openPooler(t, database.serviceUrl), database, { poolSize: 1 });
  const ask = () => transact(db, null, (tx) => sql`select * from changing where number = ${1}`.execute(tx));
  await ask();
  await database.db.pool.query('alter table changing add column word text');
  const isWell = async () =>
    await ask().then(
      () => true,
      () => false,
    );
  t.ok(await comesTrue(isWell, 2_000));
});

interface Events {
  readonly items: readonly { readonly type: string; readonly applicationId: string }[];
}

t.test('the started program does everything through it', { skip }, async (t) => {
  const database = await testDatabase(t);
  const network = await openNetwork(t, await openPooler(t, database.serviceUrl));
  const { urls } = await startReplicas(t, network.url, {
    environment: {
      DATABASE_DIRECT_URL: database.serviceUrl,
      SUBSIDY_PREPARED_STATEMENTS: mayPrepare ? 'on' : 'off',
    },
  });
  const call = callTo(urls[0] ?? '');
  const steps = createSteps(patient(call), { now: () => Temporal.Instant.from(firstMorning), set: () => {} });
  const count = async (from: string) => {
    const { rows } = await database.db.pool.query<{ n: number }>(`select count(*)::int as n from ${from}`);
    return rows[0]?.n;
  };

  const approved = await steps.approved(await steps.resident());
  t.equal(approved.state, 'approved');
  const eventsOf = async ({ id }: Application) => {
    const { body } = await call<Events>(platform, 'GET', '/v1/events', { status: 200 });
    return body.items.filter(({ applicationId }) => applicationId === id).map(({ type }) => type);
  };
  strictMatch(t, await eventsOf(approved), [/submitted$/, /accepted$/, /approved$/]);

  const before = await count('application');
  const request = {
    body: steps.applicationOf(await steps.resident()),
    key: randomUUID(),
  } satisfies CallOptions;
  const create = () => call<Application>(platform, 'POST', '/v1/applications', request);
  const answers = await Promise.all(Array.from({ length: 20 }, create));
  const made = (answer: Answer<Application>) => answer.status === 201;
  t.ok(answers.some(made));
  t.strictSame([...new Set(answers.filter(made).map(({ body }) => body.id))].length, 1);
  for (const { status } of answers) t.ok([201, 409, 503].includes(status), `${status}`);
  const again = await create();
  t.strictSame([again.status, again.headers['idempotency-replayed']], [201, 'true']);
  t.strictSame(await count('application'), (before ?? 0) + 1, 'twenty requests with one key make one case');

  const submitted = await steps.act(platform, again.body, 'submission');
  const accept = { body: { reason: '已告知申请人' }, ifMatch: submitted.version };
  const acceptances = await Promise.all(
    Array.from({ length: 20 }, () =>
      call(`handler-${submitted.agencyCode}`, 'POST', `/v1/applications/${submitted.id}/acceptance`, accept),
    ),
  );
  t.equal(acceptances.filter(({ status }) => status === 200).length, 1, 'one of twenty keys accepts');
  for (const { status } of acceptances) t.ok([200, 409, 412, 503].includes(status), `${status}`);

  // Staged with the write through the pooler, done over direct connections.
  const newYear = { day: '2027-01-01', name: '元旦' };
  const year = { year: 2027, announcement: 'https://www.gov.cn/', off: [newYear], work: [] };
  await call('administrator', 'POST', '/v1/calendar-years', { body: year, status: 201 });
  const isDone = async () =>
    (await count(`graphile_worker.jobs where task_identifier = 'recount-time-limits'`)) === 0;
  t.ok(await comesTrue(isDone, 15_000), 'the job is done');
  const { rows } = await database.db.pool.query<{ name: string }>(
    `select application_name as name from pg_stat_activity where datname = current_database()
      and (query ilike 'listen%' or application_name like 'subsidy worker %')`,
  );
  t.ok(
    rows.some(({ name }) => name.startsWith('subsidy worker ')),
    'the worker is known by the name of its connection',
  );

  // What is due on the day to which the clock moves is staged through the pooler.
  const draft = await steps.drafted(await steps.resident());
  const moved = await fetch(`${urls[0]}/sandbox/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"by":"P31D"}',
  });
  t.equal(moved.status, 200, 'the clock of the sandbox moves');
  const later = callTo(urls[0] ?? '');
  const isGone = async () => (await later(platform, 'GET', `/v1/applications/${draft.id}`)).status === 404;
  t.ok(await comesTrue(isGone, 15_000), 'a draft of a month ago is deleted');

  const answersReady = (status: number) => async () =>
    (await fetch(`${urls[0]}/health/ready`)).status === status;
  network.cut();
  t.ok(await comesTrue(answersReady(503)), 'without the pooler it is not ready');
  network.heal();
  t.ok(await comesTrue(answersReady(200)), 'and it is when the pooler is back');
});

t.test('a start through a pooler says in one line what is missing', { skip }, async (t) => {
  const database = await testDatabase(t);
  const other = await testDatabase(t);
  const url = await openPooler(t, database.serviceUrl, mayPrepare ? { max_prepared_statements: 0 } : {});
  const lenient = await openPooler(t, database.serviceUrl, { ignore_startup_parameters: 'options' });
  const environment = { ...usual, DATABASE_URL: url, SUBSIDY_SANDBOX: 'on', SUBSIDY_DATA_DIR: dataFolder(t) };
  const { status, stderr } = spawnSync(process.execPath, [start], { env: environment, encoding: 'utf8' });
  t.equal(status, 1);
  strictMatch(t, stderr.trimEnd().split('\n'), [/^DATABASE_URL: .*DATABASE_DIRECT_URL$/]);

  const pooled = { message: /^DATABASE_URL: .* · leads to a connection pooler/ };
  await t.rejects(connectClient(lenient, 'test'), pooled, 'one that only ignores the settings');
  const check = (changes: Partial<Parameters<typeof checkPooler>[0]>) =>
    checkPooler({ url, directUrl: database.serviceUrl, preparesStatements: false, ...changes });
  await check({});
  await t.rejects(check({ directUrl: url }), { message: /^DATABASE_DIRECT_URL: .* · leads to a connection/ });
  await t.rejects(check({ directUrl: other.serviceUrl }), {
    message: /^DATABASE_DIRECT_URL: .* another data/,
  });
  await t.rejects(check({ preparesStatements: true }), {
    message: /^SUBSIDY_PREPARED_STATEMENTS: .* to off/,
  });
  if (mayPrepare) await check({ url: await openPooler(t, database.serviceUrl), preparesStatements: true });
});

// What lasts longer than a transaction is lost, or found by others, where the next transaction gets another connection.
const ofSessions =
  /\bpg_(try_)?advisory_lock|['`](listen|declare|prepare) \w|['`]set (?!local)\w+ =|create temp(orary)? table |set_config\([^)]*false\)/i;

t.test('what needs a connection for longer than a transaction is asked of the server itself', async (t) => {
  const source = join(import.meta.dirname, '../../src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const found = files.filter((file) =>
    readFileSync(join(source, file), 'utf8')
      .split('\n')
      .some((line) => !/^\s*(\/\/|\*|\/\*)/.test(line) && ofSessions.test(line)),
  );
  t.strictSame(found.sort(), [
    'platform/database/migrate.ts', // a client of its own, which connectClient keeps off poolers
    'platform/reference/memory.ts', // db.direct
    'runtime/jobs/runner.ts', // db.direct
  ]);
});
