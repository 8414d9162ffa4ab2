// Others lock the same rows in another order, or every transaction fails: the service repeats a transaction a few times,
// then tells the client to come back.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { connectClient } from '../../src/platform/database/connect.ts';
import { testDatabase } from '../database.ts';
import { comesTrue, tokenOf } from '../program.ts';
import { holds } from './checks.ts';
import { endQuickly, endSlowly, takeInHand } from './jobs.ts';
import { startReplicas } from './replicas.ts';
import { counts, isLong, randomOf, tell } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(600_000);

const seconds = isLong ? 30 : 4;
const opponents = 4;
const attempts = 6;
const givesUpWithinMs = 5_000;

for (const count of counts)
  t.test(
    `deadlocks with others end in a repetition or a 503, never in an error or twice; processes: ${count}`,
    async (t) => {
      const random = randomOf(t);
      const { db, url, serviceUrl } = await testDatabase(t);
      // The service’s transaction is the one that notices, and is aborted.
      await db.pool.query(`do $$ begin
    execute format('alter database %I set deadlock_timeout = ''20ms''', current_database()); end $$`);
      const replicas = await startReplicas(t, serviceUrl, { count });
      const writers = await startWriters({ urls: replicas.urls, random });
      let isOver = false;
      // The service locks a case before its person.
      const oppose = async () => {
        const opponent = await connectClient(url, 'subsidy test');
        await opponent.query(`set deadlock_timeout = '60s'`);
        while (!isOver) {
          await opponent.query('begin');
          const { rows } = await opponent.query(
            `select person_id from person order by person_id desc limit 8 for update skip locked`,
          );
          await delay(10);
          const people = rows.map(({ person_id: id }) => id);
          await opponent.query('select from application where person_id = any ($1) for update', [people]);
          await opponent.query('commit');
        }
        await opponent.end();
      };
      const opposing = Promise.all(Array.from({ length: opponents }, oppose));
      const deadlocks = async () => {
        const { rows } = await db.pool.query<{ deadlocks: number }>(
          'select deadlocks::int from pg_stat_database where datname = current_database()',
        );
        return rows[0]?.deadlocks ?? 0;
      };
      const began = performance.now();
      await delay(seconds * 1_000);
      // On a busy machine the first may take longer.
      t.ok(await comesTrue(async () => (await deadlocks()) > 0, 60_000), 'there were deadlocks');
      isOver = true;
      await opposing;
      const lasted = Math.round((performance.now() - began) / 1_000);
      await holds(t, { db, replicas, writers });
      tell(t, {
        fault: `deadlocks forced by ${opponents} others under writers`,
        processes: count,
        often: `${await deadlocks()} in ${lasted} s`,
        held: `${writers.written.length} writes, repeated or told to come back (${writers.statuses.get(503) ?? 0})`,
        worstMs: writers.longestPauseMs(),
      });
    },
  );

for (const count of counts)
  t.test(
    `a transaction that fails each time is tried six times, then 503; later it succeeds once; processes: ${count}`,
    async (t) => {
      const random = randomOf(t);
      const { db, serviceUrl } = await testDatabase(t);
      const replicas = await startReplicas(t, serviceUrl, { count });
      const writers = await startWriters({ urls: replicas.urls, random, writers: 1 });
      const refused = () => writers.statuses.get(503) ?? 0;
      await db.pool.query('create sequence failed');
      const failed = async () => {
        const { rows } = await db.pool.query<{ failed: number }>(
          'select case when is_called then last_value::int else 0 end as failed from failed',
        );
        return rows[0]?.failed ?? 0;
      };
      for (const [state, most] of [
        ['40001', 1_000_000],
        ['40P01', 1_000_000],
        ['40001', attempts - 1],
      ] as const) {
        const before = refused();
        const begun = performance.now();
        await db.pool.query(`
      alter sequence failed restart;
      create or replace function fail() returns trigger language plpgsql security definer as $$
        begin
          if (select is_called and last_value >= ${most} from failed) then return new; end if;
          perform nextval('failed');
          raise exception 'forced' using errcode = '${state}';
        end $$;
      create trigger fail before insert on application for each row execute function fail()`);
        const isSettled = async () => (most < attempts ? (await failed()) === most : refused() > before);
        t.ok(await comesTrue(isSettled), 'it fails');
        t.ok(performance.now() - begun < givesUpWithinMs, 'and soon');
        await db.pool.query('drop trigger fail on application');
        const answered = writers.written.length;
        t.ok(await comesTrue(async () => writers.written.length > answered), 'and then succeeds');
        t.equal(
          refused() - before,
          Math.floor((await failed()) / attempts),
          `${state}: six attempts for each 503`,
        );
      }
      await holds(t, { db, replicas, writers });
      tell(t, {
        fault: 'every transaction ends in a serialization failure or a deadlock',
        processes: count,
        often: `${refused()} requests`,
        held: `${attempts} attempts each, then 503; then one effect`,
        worstMs: writers.longestPauseMs(),
      });
    },
  );

t.test('requests that use every connection are refused, and jobs are done meanwhile', async (t) => {
  const { db, url, serviceUrl } = await testDatabase(t);
  const replicas = await startReplicas(t, serviceUrl, { environment: { SUBSIDY_POOL_SIZE: '2' } });
  const [origin = ''] = replicas.urls;
  await endSlowly(db);
  const headers = { authorization: `Bearer ${await tokenOf(origin, 'reviewer-360203')}` };
  const holder = await connectClient(url, 'subsidy test');
  t.teardown(() => holder.end());
  await holder.query('begin; lock table recovery in access exclusive mode');
  const asked = Array.from({ length: 40 }, () => fetch(`${origin}/v1/recoveries`, { headers }));
  await takeInHand(db);
  const isDone = async () => {
    const { rowCount } = await db.pool.query(`select from graphile_worker.jobs where key = 'slow'`);
    return rowCount === 0;
  };
  t.ok(await comesTrue(isDone), 'a job is done');
  const statuses = new Set((await Promise.all(asked)).map(({ status }) => status));
  t.strictSame([...statuses], [503], 'they themselves are refused');
  await holder.query('rollback');
  await endQuickly(db);
  t.equal(replicas.processes[0]?.exitCode, null, 'the process lives');
});
