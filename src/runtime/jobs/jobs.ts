// Looks after the jobs themselves: releases those whose worker is dead, forgets those that a newer one replaced, and counts
// those that have failed for good. Every process does so; what one has done the others find done.

import { type Kysely, sql } from 'kysely';
import type { Database } from '../../platform/database/tables.ts';

/** Of the connection on which a worker listens for jobs; while it stands, that worker's jobs are in its hands. */
export function applicationNameOf(workerId: string): string {
  return `${namePrefix}${workerId}`;
}

const namePrefix = 'subsidy worker ';

/**
 * Releases jobs that no living worker holds; they are done again at once.
 *
 * @param workerId of the caller, whose connection may not have its name yet
 * @returns how many
 */
export async function releaseOrphans(kysely: Kysely<Database>, workerId: string): Promise<number> {
  const { rows } = await sql<{ released: number }>`
    with orphan as (
      select locked_by from graphile_worker.jobs
      where locked_by is not null and locked_by <> ${workerId} and not exists (
        select from pg_stat_activity where datname = current_database()
          and application_name = ${namePrefix}::text || locked_by)
    )
    select count(*) as released, graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
    from orphan`.execute(kysely);
  return rows[0]?.released ?? 0;
}

/**
 * A job that was staged again while it was in hand, or after it had failed for good, loses its key to the new one and is
 * never tried again. Every job of ours has a key.
 */
export async function forgetReplaced(kysely: Kysely<Database>): Promise<void> {
  await sql`select graphile_worker.complete_jobs(array_agg(id)) from graphile_worker.jobs
    where key is null and attempts >= max_attempts and locked_at is null`.execute(kysely);
}

export interface FailedJobs {
  readonly task: string;
  readonly jobs: number;
  /** When the first of them failed for the last time. */
  readonly since: string;
}

/** How many jobs have failed for good, by task. Not with what errors: those may quote what they are about. */
export async function countFailed(kysely: Kysely<Database>): Promise<FailedJobs[]> {
  const { rows } = await sql<FailedJobs>`
    select task_identifier as task, count(*) as jobs, min(updated_at) as since from graphile_worker.jobs
    where key is not null and attempts >= max_attempts and locked_at is null
    group by 1 order by 1`.execute(kysely);
  return rows;
}

/** How many jobs have yet to be done, those in a worker's hands and those to be tried again among them. */
export async function countWaiting(kysely: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*) as waiting from graphile_worker.jobs
    where attempts < max_attempts or locked_at is not null`.execute(kysely);
  return rows[0]?.waiting ?? 0;
}

export interface JobCounts {
  readonly waiting: number;
  readonly failed: number;
}

/** How many jobs have yet to be done, and how many have failed for good. */
export async function countJobs(kysely: Kysely<Database>): Promise<JobCounts> {
  const failed = await countFailed(kysely);
  return { waiting: await countWaiting(kysely), failed: failed.reduce((sum, { jobs }) => sum + jobs, 0) };
}
