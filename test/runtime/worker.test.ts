// Background work while the database has problems.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/platform/config/config.ts';
import { connectClient, type Db } from '../../src/platform/database/connect.ts';
import { createIds } from '../../src/platform/ids.ts';
import { beginWork } from '../../src/runtime/jobs/runner.ts';
import { testDatabase } from '../database.ts';
import { setup } from '../helper.ts';

const limitMs = 20_000;
const pollMs = 50;

t.test('background work continues after its first query has failed', async (t) => {
  const { db, url } = await testDatabase(t);
  await sql`create function fail() returns trigger language plpgsql as $$ begin raise 'not now'; end $$`.execute(
    db.kysely,
  );
  await sql`create trigger fail before insert on graphile_worker._private_tasks for each row execute function fail()`.execute(
    db.kysely,
  );
  const logs = await serve(t, db, url);
  const isTold = async () => logs.some((line) => line.includes('the worker cannot reach the database'));
  t.ok(await comesTrue(isTold), 'the failure is logged');

  await sql`drop function fail cascade`.execute(db.kysely);
  await sql`select graphile_worker.add_job('reassess-person', '{"personId": "00000000-0000-0000-0000-000000000000"}')`.execute(
    db.kysely,
  );
  const isTried = async () => {
    const { rows } = await sql<{
      attempts: number;
    }>`select attempts from graphile_worker.jobs where task_identifier = 'reassess-person'`.execute(
      db.kysely,
    );
    return rows[0]?.attempts === 1;
  };
  t.ok(await comesTrue(isTried), 'a job is taken');
});

t.test('drafts expire every night, and a missed night is made up for at the start', async (t) => {
  const { db, url } = await testDatabase(t);
  await db.pool.query(
    `insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
       values (gen_random_uuid(), '', '3****************0', 'M', '1970-01', false, now())`,
  );
  await db.pool.query(
    `insert into application (person_id, application_id, case_number, state, version, quarter, months, channel, client_id,
       street_code, agency_code, name_encrypted, phone_encrypted, bank, account_encrypted, account_masked, work_kind, work_since,
       work_place, created_at)
     select person_id, gen_random_uuid(), 'JDZ25-' || age, 'draft', 1, '2025Q2', '{2025-04}', 'ganfutong', 'platform',
       '360203007', '360203', '', '', '', '', '****', 'platform', '2024-03-01', '', now() - age * interval '1 day'
     from person, unnest('{29,32}'::int[]) age`,
  );
  const left = async () => {
    const { rows } = await db.pool.query<{ number: string }>('select case_number as number from application');
    return rows.map(({ number }) => number);
  };
  await serve(t, db, url);
  t.ok(await comesTrue(async () => (await left()).length === 1));
  t.strictSame(await left(), ['JDZ25-29']);
});

t.test('a figure that cannot be counted holds up no other, and its job fails', async (t) => {
  const city = await setup(t);
  await city.db.pool.query(`
    create function fail() returns trigger language plpgsql as $$ begin raise 'not now'; end $$;
    create trigger fail before insert on figure_count for each row when (new.subject = 'cases') execute function fail();
    select graphile_worker.add_job('count-figures')`);
  await t.rejects(city.work(), { message: 'staged work failed: [{"last_error":"cases: not now"}]' });
  const { rows } = await city.db.pool.query('select subject from figure_count order by subject');
  t.strictSame(rows, [{ subject: 'chain' }, { subject: 'forecast' }]);
});

t.test('a connection that is given back before it is free is not used as the one that listens', async (t) => {
  const { services, url } = await setup(t);
  const working = await beginWork(services, {
    log: { warn: () => {}, error: () => {} } as never, // what it uses of it
    isStopping: () => false,
    cron: [],
  });
  t.teardown(() => working.retire());
  const client = await connectClient(url, 'subsidy test');
  t.teardown(() => client.end());
  const { events } = working.runner;
  const told = { client } as never; // nothing else of it is read
  events.emit('pool:listen:success', told);
  events.emit('pool:listen:release', told);
  await client.query('select');
  const { rows } = await client.query('show application_name');
  t.strictSame(rows, [{ application_name: 'subsidy test' }]);
});

/** Starts the service with its own worker and returns its log. */
async function serve(t: Test, db: Db, url: string): Promise<readonly string[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-worker-'));
  const config = await readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: url,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataDir,
  });
  const logs: string[] = [];
  const app = await buildApp({
    config,
    db,
    clock: () => Temporal.Now.instant(),
    newId: createIds(Date.now),
    isStopping: () => false,
    logStream: { write: (line) => logs.push(line) },
  });
  t.teardown(async () => {
    await app.close();
    rmSync(dataDir, { recursive: true });
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return logs;
}

async function comesTrue(condition: () => Promise<boolean>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += pollMs) {
    if (await condition()) return true;
    await delay(pollMs);
  }
  return false;
}
