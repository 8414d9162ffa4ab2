// Jobs that are in hand when a fault comes: one that is about to be completed and one that is about to fail. Holds no test.

import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../../src/platform/database/connect.ts';
import { comesTrue } from '../program.ts';

/** Jobs of this year are completed slowly, so that the fault interrupts the database's answer. */
const slowYear = 2001;
const untilAnsweringMs = 300;

/** From now on the end of such a job takes a second. */
export async function endSlowly({ pool }: Db): Promise<void> {
  await pool.query(`
    create function take_time() returns trigger language plpgsql as $$
      begin perform pg_sleep(1); return coalesce(new, old); end $$;
    create trigger slow_completion before delete on graphile_worker._private_jobs for each row
      when (old.payload->>'year' = '${slowYear}') execute function take_time();
    create trigger slow_failure before update on graphile_worker._private_jobs for each row
      when (new.last_error is not null) execute function take_time()`);
}

/** Adds both jobs and waits until a worker ends them. */
export async function takeInHand({ pool }: Db): Promise<void> {
  await pool.query(
    `select graphile_worker.add_job('recount-time-limits', '{"year": ${slowYear}}', job_key => 'slow', max_attempts => 100),
      graphile_worker.add_job('reassess-person', '{"personId": "nobody"}', job_key => 'failing', max_attempts => 100)`,
  );
  const isInHand = async () => {
    const { rowCount } = await pool.query(
      `select from graphile_worker.jobs where key in ('slow', 'failing') and locked_by is not null`,
    );
    return (rowCount ?? 0) > 0;
  };
  if (!(await comesTrue(isInHand))) throw new Error('no job was taken');
  await delay(untilAnsweringMs);
}

/** Removes the one that never succeeds, and ends the slowness. Waits for the jobs that are being ended slowly. */
export async function endQuickly(db: Db): Promise<void> {
  const unhurried = db.another({ poolSize: 1, statementTimeoutMs: 60_000 });
  await unhurried.pool.query(`
    drop function take_time() cascade;
    delete from graphile_worker._private_jobs where key = 'failing'`);
  await unhurried.close();
}
