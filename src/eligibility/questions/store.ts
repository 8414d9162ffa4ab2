// Reads and writes who asked about whom and on what grounds, and counts the people each has asked about per day.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { insertLater } from '../../platform/database/insert.ts';
import type { Question } from '../../platform/database/tables.ts';
import type { Day } from '../../values/days.ts';

export type QuestionRow = Question;

export function insertQuestion(tx: Tx, row: QuestionRow): void {
  insertLater(tx, 'question', [row]);
}

/** Whether this client or officer has been answered about the person since an instant. */
export async function hasAsked(tx: Tx, { by, name, personId, since }: AskedBefore): Promise<boolean> {
  const found = await tx
    .selectFrom('question')
    .select('questionId')
    .where('personId', '=', personId)
    .where('askedAt', '>=', since)
    .where(by, '=', name)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

interface AskedBefore {
  readonly by: 'clientId' | 'actor';
  readonly name: string;
  readonly personId: string;
  readonly since: string;
}

/** Counts the person once per day; returns the number of people today, and whether this one is new. */
export async function countAsked(
  tx: Tx,
  asker: string,
  day: Day,
  identityHash: Buffer,
): Promise<{ readonly people: number; readonly isNew: boolean }> {
  const { rows } = await sql<{ people: number; isNew: boolean }>`
    select people, is_new from count_asked(${asker}, ${day}, ${identityHash})`.execute(tx);
  const [count] = rows;
  if (count === undefined) throw new Error('a person who was asked about was not counted');
  return count;
}

/** The median of people per day with any question, over the fourteen days before; 0 without any. */
export async function usualPeople(tx: Tx, asker: string, day: Day): Promise<number> {
  const { rows } = await sql<{ usual: number | null }>`
    select percentile_cont(0.5) within group (order by people)::float8 as usual from asked_day
    where asker = ${asker} and day >= ${day}::date - 14 and day < ${day}::date`.execute(tx);
  return rows[0]?.usual ?? 0;
}
