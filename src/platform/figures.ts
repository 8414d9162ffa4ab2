// Stores figures that are sums over the whole city, such as statistics. As long as counting is quick, each question counts
// anew; beyond that the background counts, and questions are answered by its last count.

import { type RawBuilder, sql } from 'kysely';
import { dayInShanghai } from '../values/days.ts';
import type { ReadContext } from './context.ts';
import type { Tx } from './database/connect.ts';
import type { Figure } from './database/tables.ts';

/** What is counted, in cells of the table `figure`. */
export interface Subject {
  readonly name: Figure['subject'];
  /** A query with the columns of `figure` but the subject, in their order, over what the transaction sees. */
  cells(context: Counting): Promise<RawBuilder<unknown>>;
}
export type Counting = Pick<ReadContext, 'tx' | 'at' | 'today' | 'policies'>;

const columns = ['quarter', 'agencyCode', 'streetCode', 'channel', 'category', 'outcome'] as const;
type Column = (typeof columns)[number];

/** Cells to be summed up: those with one of the values in a column, with any (`each`), or for all of it (left out). */
export interface Cells {
  readonly where: { readonly [C in Column]?: readonly string[] | 'each' };
  /** The columns whose values, separated by a space, tell the sums apart. */
  readonly by?: readonly Column[];
}
/** Sums by name. */
export type Sums = Readonly<Record<string, number>>;

/** The sum of this name; 0 where nothing was counted. */
export function sumNamed(sums: Sums, name: string): number {
  return Object.hasOwn(sums, name) ? (sums[name] ?? 0) : 0;
}

/** A count that takes longer is left to the background. */
const longestCountMs = 100;
/** So many cases are always counted for each question: a long count of them tells of a busy machine. */
const fewCases = 500;
/** The share of the time that counting in the background takes: one in so many. */
const shareOfTime = 20;
/** Longer than a transaction may take from its instant to its commit. */
const longestTransactionMs = 60_000;

/** Sums of cells, each group in order of its key, and when they were counted. */
export async function sumFigures(
  context: Counting,
  subject: Subject,
  asked: readonly Cells[],
): Promise<{ asOf: string; sums: Map<string, Sums>[] }> {
  const { tx, at } = context;
  const count = await findCount(tx, subject);
  if (count === undefined || count.isQuick)
    return { asOf: at.toString(), sums: await sumCells(tx, await subject.cells(context), asked) };
  return {
    asOf: Temporal.Instant.from(count.asOf).toString(),
    sums: await sumKept(tx, subject, asked),
  };
}

/** Sums of cells as they were counted last in the background; empty before the first count. */
export async function sumKept(
  tx: Tx,
  { name }: Subject,
  asked: readonly Cells[],
): Promise<Map<string, Sums>[]> {
  const kept = sql`cells as not materialized (select * from figure where subject = ${name})`;
  return await sumOf(tx, kept, asked);
}

export interface FigureAge {
  readonly subject: Figure['subject'];
  /** When the figures were counted last, in seconds since 1970. */
  readonly countedAt: number;
  /** For how many seconds something has happened that they do not have; 0 when nothing has. */
  readonly behindSeconds: number;
}

/** How old the kept figures are, by the database's clock. Sees the audit, which has every change. */
export async function listFigureAges(tx: Tx): Promise<FigureAge[]> {
  const { rows } = await sql<FigureAge>`
    select subject, extract(epoch from counted_at)::float8 as counted_at,
      case when (select at from audit_entry order by entry_id desc limit 1) > as_of
        then extract(epoch from now() - as_of) else 0 end::float8 as behind_seconds
    from figure_count`.execute(tx);
  return rows;
}

/** Sums of cells that are counted now, each group in order of its key. */
export async function sumCells(
  tx: Tx,
  cells: RawBuilder<unknown>,
  asked: readonly Cells[],
): Promise<Map<string, Sums>[]> {
  return await sumOf(tx, sql`cells as materialized (${cells})`, asked);
}

async function sumOf(
  tx: Tx,
  cells: RawBuilder<unknown>,
  asked: readonly Cells[],
): Promise<Map<string, Sums>[]> {
  const parts = asked.map(({ where, by = [] }, place) => {
    const key =
      by.length === 0 ? sql`''` : sql`concat_ws(' ', ${sql.join(by.map((column) => sql.ref(column)))})`;
    const conditions = columns.map((column) => {
      const values = where[column] ?? ['*'];
      return values === 'each'
        ? sql`${sql.ref(column)} <> '*'`
        : sql`${sql.ref(column)} = any(${values}::text[])`;
    });
    return sql`select ${place}::int as place, ${key} as key, name, sum(value::bigint) as value
      from cells, jsonb_each_text(figures) as number (name, value) where ${sql.join(conditions, sql` and `)}
      group by key, name`;
  });
  const { rows } = await sql<{ place: number; key: string; sums: Sums }>`
    with ${cells} select place, key, jsonb_object_agg(name, value) as sums
    from (${sql.join(parts, sql` union all `)}) as part group by place, key order by place, key`.execute(tx);
  return asked.map(
    (_, at) => new Map(rows.flatMap(({ place, key, sums }) => (place === at ? [[key, sums]] : []))),
  );
}

/**
 * Counts a subject and keeps the result, if something happened since the last count or another day began, and not again
 * before 20 times what the last count took. If nothing happened, what is kept is as of now. Who writes does not wait for it.
 *
 * @param elapsedMs a clock for the time that counting takes
 */
export async function keepFigures(
  context: Counting,
  subject: Subject,
  elapsedMs: () => number,
): Promise<void> {
  const { tx, at } = context;
  const count = await findCount(tx, subject);
  if (count !== undefined) {
    const countedAt = Temporal.Instant.from(count.countedAt);
    if (dayInShanghai(countedAt) === context.today && !(await hasChangedSince(tx, countedAt)))
      return await keepAsOf(context, subject);
    if (at.epochMilliseconds - countedAt.epochMilliseconds < shareOfTime * count.tookMs) return;
  }
  await countFigures(context, subject, elapsedMs);
}

/** A process with a slower clock, or that waited, does not take back a later look. */
async function keepAsOf({ tx, at }: Counting, { name }: Subject): Promise<void> {
  await tx
    .updateTable('figureCount')
    .set({ asOf: at.toString() })
    .where('subject', '=', name)
    .where('asOf', '<', at.toString())
    .execute();
}

/** Counts a subject anew and keeps the result. */
export async function countFigures(
  { tx, at, ...counting }: Counting,
  subject: Subject,
  elapsedMs: () => number,
): Promise<void> {
  // Counting may pause between its statements; but a process that stands still must not hold up the next count.
  await sql`select set_config('idle_in_transaction_session_timeout', '30s', true)`.execute(tx);
  const began = elapsedMs();
  const isSameCell = sql.join(
    columns.map((column) => sql`${sql.ref(`counted.${column}`)} = ${sql.ref(`figure.${column}`)}`),
    sql` and `,
  );
  const key = sql.join(columns.map((column) => sql.ref(column)));
  await sql`
    with counted as materialized (${await subject.cells({ tx, at, ...counting })}), gone as (
      delete from figure where subject = ${subject.name} and not exists (select from counted where ${isSameCell})
    )
    insert into figure (subject, ${key}, figures) select ${subject.name}, ${key}, figures from counted
    on conflict on constraint one_row_per_cell do update set figures = excluded.figures
      where figure.figures <> excluded.figures`.execute(tx);
  const tookMs = Math.ceil(elapsedMs() - began);
  const isQuick = tookMs <= longestCountMs || (await hasFewCases(tx));
  const counted = { countedAt: at.toString(), asOf: at.toString(), tookMs, isQuick };
  await tx
    .insertInto('figureCount')
    .values({ subject: subject.name, ...counted })
    .onConflict((conflict) => conflict.column('subject').doUpdateSet(counted))
    .execute();
}

/**
 * Compares what is kept with what the rows say now.
 *
 * @returns the cells that differ; null if something happened since the count, or nothing is kept
 */
export async function listDifferences(context: Counting, subject: Subject): Promise<string[] | null> {
  const { tx } = context;
  const count = await findCount(tx, subject);
  if (count === undefined) return null;
  const countedAt = Temporal.Instant.from(count.countedAt);
  const isOfToday = dayInShanghai(countedAt) === context.today;
  if (!isOfToday || (await hasChangedSince(tx, countedAt))) return null;
  const key = sql.join(columns.map((column) => sql.ref(column)));
  const { rows } = await sql<{ cell: string }>`
    with counted as materialized (${await subject.cells(context)}),
      kept as materialized (select ${key}, figures from figure where subject = ${subject.name})
    select distinct concat_ws(' ', ${key}) as cell
    from ((table counted except table kept) union all (table kept except table counted)) as one
    order by cell`.execute(tx);
  return rows.map(({ cell }) => cell);
}

async function hasFewCases(tx: Tx): Promise<boolean> {
  const last = await tx
    .selectFrom('application')
    .select('applicationId')
    .offset(fewCases)
    .limit(1)
    .executeTakeFirst();
  return last === undefined;
}

async function findCount(tx: Tx, { name }: Subject) {
  return await tx.selectFrom('figureCount').selectAll().where('subject', '=', name).executeTakeFirst();
}

/** Every change leaves an audit entry, with the instant at which it began. */
async function hasChangedSince(tx: Tx, countedAt: Temporal.Instant): Promise<boolean> {
  const last = await tx
    .selectFrom('auditEntry')
    .select('at')
    .orderBy('entryId', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return false;
  const { epochMilliseconds } = Temporal.Instant.from(last.at);
  return epochMilliseconds > countedAt.epochMilliseconds - longestTransactionMs;
}
