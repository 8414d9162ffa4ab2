// Maintains the job queue: releases jobs of dead workers, deletes replaced jobs, and counts those that failed
// permanently. Every process does this; it may run concurrently.

import { type Kysely, sql } from 'kysely';
import type { Database } from '../../platform/database/tables.ts';

/** Name of the connection on which a worker listens; while something is heard there, the worker holds its jobs. */
export function applicationNameOf(workerId: string): string {
  return `${namePrefix}${workerId}`;
}

const namePrefix = 'subsidy worker ';
/** Several times the pause between what a worker says: its event loop may be late. */
const silentAfterSeconds = 20;

/**
 * Releases jobs that no living worker holds; they run again at once.
 *
 * @param workerId of the caller, whose connection may not have its name yet
 * @returns the number released
 */
export async function releaseOrphans(kysely: Kysely<Database>, workerId: string): Promise<number> {
  const { rows } = await sql<{ released: number }>`
    with orphan as (
      select locked_by from graphile_worker.jobs
      where locked_by is not null and locked_by <> ${workerId} and not exists (
        select from pg_stat_activity where datname = current_database()
          and application_name = ${namePrefix}::text || locked_by
          and state_change > clock_timestamp() - make_interval(secs => ${silentAfterSeconds}))
    )
    select count(*) as released, graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
    from orphan`.execute(kysely);
  return rows[0]?.released ?? 0;
}

/**
 * Deletes jobs that were staged again while running or after failing permanently: they lost their key to the
 * new job and are never retried. Every job of ours has a key.
 */
export async function forgetReplaced(kysely: Kysely<Database>): Promise<void> {
  await sql`select graphile_worker.complete_jobs(array_agg(id)) from graphile_worker.jobs
    where key is null and attempts >= max_attempts and locked_at is null`.execute(kysely);
}

export interface FailedJobs {
  readonly task: string;
  readonly jobs: number;
  /** When the first of them failed permanently. */
  readonly since: string;
}

/** Number of permanently failed jobs by task. Without their errors, which may contain personal data. */
export async function countFailed(kysely: Kysely<Database>): Promise<FailedJobs[]> {
  const { rows } = await sql<FailedJobs>`
    select task_identifier as task, count(*) as jobs, min(updated_at) as since from graphile_worker.jobs
    where key is not null and attempts >= max_attempts and locked_at is null
    group by 1 order by 1`.execute(kysely);
  return rows;
}

/** Number of unfinished jobs, including running ones and those to be retried. */
export async function countWaiting(kysely: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*) as waiting from graphile_worker.jobs
    where attempts < max_attempts or locked_at is not null`.execute(kysely);
  return rows[0]?.waiting ?? 0;
}

export interface JobsOfTask {
  readonly task: string;
  /** Including running ones and those to be retried. */
  readonly waiting: number;
  readonly failed: number;
}

/** Unfinished and permanently failed jobs by task, and for how long the oldest has been due that nobody runs. */
export async function measureJobs(kysely: Kysely<Database>) {
  const { rows } = await sql<JobsOfTask & { readonly lateSeconds: number | null }>`
    select task_identifier as task,
      count(*) filter (where attempts < max_attempts or locked_at is not null) as waiting,
      count(*) filter (where key is not null and attempts >= max_attempts and locked_at is null) as failed,
      extract(epoch from now() - min(run_at) filter (
        where attempts < max_attempts and locked_at is null and run_at < now()))::float8 as late_seconds
    from graphile_worker.jobs group by 1`.execute(kysely);
  return { tasks: rows, lagSeconds: Math.max(0, ...rows.map(({ lateSeconds }) => lateSeconds ?? 0)) };
}
