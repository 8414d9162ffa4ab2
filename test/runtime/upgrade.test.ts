// A rolling upgrade: the program of before and the one of after an additive migration work side by side on one database.
// The later program is this checkout with one more migration, which gives every table two columns. The earlier one is this
// checkout; before a release, with OLD_CHECKOUT, it is the checkout of the release before.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { connectClient } from '../../src/platform/database/connect.ts';
import { openServiceLogin } from '../../src/platform/database/service-account.ts';
import { emptyDatabase, testDatabase } from '../database.ts';
import { type Call, patient } from '../helper.ts';
import { comesTrue, type Service, serve } from '../program.ts';
import { held } from '../registers/residents.ts';
import { sharedBy, standing, takingTurns } from '../replicas.ts';
import { createSteps } from '../steps.ts';

t.setTimeout(240_000);

const here = join(import.meta.dirname, '../..');
const released = process.env['OLD_CHECKOUT'];
const earlier = released ?? here;
const later = withOneMoreMigration(t);
const database = released === undefined ? await testDatabase(t) : await migratedBy(earlier);
const environment = { ...sharedBy(t, database), SUBSIDY_REPLICAS: '3' };
const owner = await connectClient(database.url, 'subsidy test');
t.teardown(() => owner.end());

function withOneMoreMigration(test: Test): string {
  const folder = test.testdir({});
  for (const part of ['src', 'migrations', 'reference', 'package.json'])
    cpSync(join(here, part), join(folder, part), { recursive: true });
  symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'));
  const number = String(readdirSync(join(folder, 'migrations')).length + 1).padStart(4, '0');
  writeFileSync(
    join(folder, 'migrations', `${number}_later.sql`),
    `-- additive: the previous version of the program runs on this schema
    do $$ declare name regclass; begin
      for name in select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
        and relname <> 'schema_migrations' loop
        execute format('alter table %s add later_note text, add later_state text not null default %L', name, 'new');
      end loop; end $$;
    create table later_thing (person_id uuid references person, note text)`,
  );
  return folder;
}

async function migratedBy(checkout: string) {
  const url = await emptyDatabase(t);
  await migrateWith(checkout, url);
  return { url, ownerUrl: url, serviceUrl: await openServiceLogin(url, 'subsidy_upgrade') };
}

async function migrateWith(checkout: string, url: string): Promise<string> {
  const command = spawn(process.execPath, [join(checkout, 'src/start.js'), 'migrate'], {
    env: { DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await command.stdout.setEncoding('utf8').toArray();
  const [code] = command.exitCode === null ? await once(command, 'exit') : [command.exitCode];
  if (code !== 0) throw new Error(`migrate ended with ${code}`);
  return said.join('');
}

const start = (checkout: string) => serve(t, environment, join(checkout, 'src/start.js'));

/** To whom requests are sent, in turn. */
let send: Call;
const statuses: number[] = [];
const call = patient(async (...request) => {
  const answer = await send<never>(...request);
  statuses.push(answer.status);
  return answer;
});
const steps = createSteps(call, standing);

/** A write under a key, with all of its answer that is kept. */
async function keyed(by: Service, key: string, body: object): Promise<string> {
  const only = takingTurns([by]);
  const url = '/v1/record-deliveries';
  const answer = await only('provincial-system', 'POST', url, { body, key, status: 201 });
  return JSON.stringify([answer.body, answer.headers['location']]);
}
const empty = { source: 'jx-human-resources', rows: [] };

/** A case is approved, and a record that contradicts it is delivered by way of one program, which stages its reassessment. */
async function stagedBy(by: Service): Promise<void> {
  const somebody = await steps.resident();
  await steps.approved(somebody);
  await owner.query(`
    create or replace function wait() returns trigger language plpgsql as $$
      begin new.run_at := now() + interval '1 hour'; return new; end $$;
    create trigger wait before insert or update on graphile_worker._private_jobs for each row
      when (new.key like 'reassess-person %' and new.locked_at is null) execute function wait()`);
  send = takingTurns([by]);
  await steps.deliver([held('employer-insurance', somebody, '2025-05-01', '2025-05-31')]);
  await owner.query('drop function wait cascade');
}

async function isDone(cases: number): Promise<boolean> {
  await owner.query(`update graphile_worker._private_jobs set run_at = now() where locked_at is null`);
  return (await steps.recoveries('suspected')).length === cases;
}

const old = await start(earlier);
const keyOfBefore = randomUUID();
const first = await keyed(old, keyOfBefore, empty);
let next: Service;
let another: Service;

t.test('while the database is migrated, the old program answers', async (t) => {
  send = takingTurns([old]);
  await steps.approved();
  await steps.settled(await steps.inPayment());
  statuses.length = 0;
  let isMigrated = false;
  const client = async () => {
    do await steps.approved();
    while (!isMigrated);
  };
  const clients = [client(), client(), client()];
  const said = await migrateWith(later, database.ownerUrl);
  isMigrated = true;
  await Promise.all(clients);
  t.match(said, / · applied: \d{4}_\w+\.sql/);
  const refused = statuses.filter((status) => status >= 400);
  t.strictSame(
    refused.filter((status) => status !== 503),
    [],
  );
  t.comment(`${statuses.length} answers, ${refused.length} of them 503`);
});

t.test('the old program starts on the migrated database, and says that it is ahead', async (t) => {
  next = await start(later);
  another = await start(earlier);
  t.ok(another.lines.some((line) => /ahead of this version by \d+ additive migration/.test(line)));
  t.notOk(next.lines.some((line) => line.includes('ahead')));
});

t.test(
  'cases go from program to program, from the draft to the bank, and every fen is accounted for',
  async (t) => {
    send = takingTurns([old, next, another]);
    statuses.length = 0;
    await Promise.all(Array.from({ length: 4 }, () => steps.approved()));
    await steps.settled(await steps.inPayment());
    const { equations } = await steps.reconciliation();
    t.strictSame(
      equations.filter(({ holds }) => !holds),
      [],
    );
    t.strictSame(
      statuses.filter((status) => status >= 400 && status !== 503),
      [],
    );
  },
);

t.test('an answer that one has kept is given again by the other', async (t) => {
  t.equal(await keyed(next, keyOfBefore, empty), first, 'of before the migration');
  for (const [by, other] of [
    [old, next],
    [next, old],
  ] as const) {
    const key = randomUUID();
    t.equal(await keyed(other, key, empty), await keyed(by, key, empty));
  }
});

t.test('a change of the calendar by one holds for what the other writes next', async (t) => {
  for (const [year, by, other] of [
    [2027, old, next],
    [2028, next, old],
  ] as const) {
    const off = [{ day: `${year}-01-01`, name: '元旦' }];
    const body = { year, announcement: 'https://www.gov.cn/zhengce/', off, work: [] };
    send = takingTurns([by]);
    await call('administrator', 'POST', '/v1/calendar-years', { body, status: 201 });
    send = takingTurns([other]);
    await call('administrator', 'GET', `/v1/calendar-years/${year}`, { status: 200 });
    t.equal((await steps.approved()).state, 'approved');
  }
});

t.test('work that one has staged is done by the other', async (t) => {
  await stagedBy(old);
  for (const one of [old, another]) one.process.kill('SIGTERM');
  t.strictSame(await Promise.all([old.exit, another.exit]), [0, 0]);
  send = takingTurns([next]);
  t.ok(await comesTrue(() => isDone(1)), 'by the new program, of the old');
  const last = await start(earlier);
  await stagedBy(next);
  next.process.kill('SIGTERM');
  t.equal(await next.exit, 0);
  send = takingTurns([last]);
  t.ok(await comesTrue(() => isDone(2)), 'by the old program, of the new');
});
