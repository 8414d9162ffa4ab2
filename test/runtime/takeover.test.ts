// How the started program treats jobs of a dead process and permanently failed jobs.

import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type TestDatabase, testDatabase } from '../database.ts';
import { comesTrue, dataFolder, type Service, serve, tokenOf } from '../program.ts';

t.setTimeout(180_000);

const keyFolder = dataFolder(t);
const takenOverAtStartMs = 10_000;
const takenOverMs = 40_000;
const add = `graphile_worker.add_job('recount-time-limits', '{"year": 2001}', job_key => 'recount-time-limits 2001', max_attempts => 10)`;

function start(test: Test, { serviceUrl }: TestDatabase): Promise<Service> {
  return serve(test, { DATABASE_URL: serviceUrl, SUBSIDY_SANDBOX: 'on', SUBSIDY_DATA_DIR: keyFolder });
}

async function jobs({
  db,
}: TestDatabase): Promise<{ task: string; lockedBy: string | null; attempts: number }[]> {
  const { rows } = await db.pool.query(
    `select task_identifier as task, locked_by as "lockedBy", attempts from graphile_worker.jobs order by id`,
  );
  return rows;
}

/** Living workers, by the names of their connections. */
async function workers({ db }: TestDatabase): Promise<string[]> {
  const { rows } = await db.pool.query(
    `select substr(application_name, length('subsidy worker ') + 1) as id from pg_stat_activity
     where datname = current_database() and application_name like 'subsidy worker %'`,
  );
  return rows.map(({ id }) => id);
}

async function isIdle(database: TestDatabase): Promise<boolean> {
  return (await jobs(database)).length === 0 && (await workers(database)).length > 0;
}

t.test('a killed process’s job is done by the next process when it starts', async (t) => {
  const database = await testDatabase(t);
  await database.db.pool.query(`
    create function keep_job() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger never_completed before delete on graphile_worker._private_jobs for each row execute function keep_job()`);
  const first = await start(t, database);
  await database.db.pool.query(`select ${add}`);
  const isInHand = async () =>
    (await jobs(database)).some(({ task, lockedBy }) => task === 'recount-time-limits' && lockedBy !== null);
  t.ok(await comesTrue(isInHand));
  const inQueues = async () => {
    const { rows } = await database.db.pool.query<{ tasks: string }>(
      `select string_agg(task_identifier, ' ' order by task_identifier) as tasks from graphile_worker.jobs
       where queue_name = task_identifier`,
    );
    return rows[0]?.tasks === 'count-figures delete-expired expire-drafts tell-claimable';
  };
  t.ok(await comesTrue(inQueues), 'the next of its kind would wait for each of these');
  first.process.kill('SIGKILL');
  await first.exit;
  await database.db.pool.query('drop function keep_job cascade');
  t.ok(
    (await jobs(database)).some(({ lockedBy }) => lockedBy !== null),
    'it is in a dead hand',
  );
  const second = await start(t, database);
  t.ok(await comesTrue(() => isIdle(database), takenOverAtStartMs), 'it is done');
  t.ok(second.lines.some((line) => line.includes('jobs of a dead worker are done again')));
});

t.test('a job stays with its living worker, and another takes it over when that one dies', async (t) => {
  const database = await testDatabase(t);
  const holder = await start(t, database);
  t.ok(await comesTrue(() => isIdle(database)));
  const [id] = await workers(database);
  // The holder may stage and do those of the night meanwhile.
  await database.db.pool.query(`select ${add}; update graphile_worker._private_jobs job
    set locked_by = '${id}', locked_at = now(), attempts = 1
    from graphile_worker._private_tasks task where task.id = job.task_id and task.identifier = 'recount-time-limits'`);
  await start(t, database);
  t.ok(await comesTrue(async () => (await workers(database)).length === 2));
  await delay(2_000);
  const held = (await jobs(database)).filter(({ task }) => task === 'recount-time-limits');
  t.strictSame(held, [{ task: 'recount-time-limits', lockedBy: id ?? '', attempts: 1 }]);
  holder.process.kill('SIGKILL');
  t.ok(await comesTrue(() => isIdle(database), takenOverMs), 'it is done');
});

t.test('permanently failed jobs are counted and logged, and nightly ones do not accumulate', async (t) => {
  const database = await testDatabase(t);
  await database.db.pool.query(
    `select graphile_worker.add_job('reassess-person', '{"personId": "nobody"}', job_key => 'one', max_attempts => 1);
     select graphile_worker.add_job('expire-drafts', job_key => 'expire-drafts', max_attempts => 10);
     update graphile_worker._private_jobs set attempts = 10 where key = 'expire-drafts'`,
  );
  const first = await start(t, database);
  const failedOnce = [{ task: 'reassess-person', lockedBy: null, attempts: 1 }];
  const isFailed = async () => JSON.stringify(await jobs(database)) === JSON.stringify(failedOnce);
  t.ok(await comesTrue(isFailed), 'of last night’s nothing is left, and tonight’s is done');
  first.process.kill('SIGTERM');
  t.equal(await first.exit, 0);
  const second = await start(t, database);
  const isTold = async () => {
    const told = second.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const failures = told.filter(({ msg }) => `${msg}`.startsWith('jobs have failed for good'));
    return failures.some(({ failed, tasks }) => failed === 1 && tasks[0].task === 'reassess-person');
  };
  t.ok(await comesTrue(isTold), 'it is told', { lines: second.lines });

  const token = await tokenOf(second.url, 'administrator');
  const answer = await fetch(`${second.url}/v1/background-work`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { waiting, failed } = (await answer.json()) as { waiting: number; failed: object[] };
  t.equal(waiting, 0);
  t.strictSame(
    failed.map((one) => ({ ...one, since: '' })),
    [{ task: 'reassess-person', jobs: 1, since: '' }],
    'an administrator sees it',
  );
});
