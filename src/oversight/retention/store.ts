// Deletes expired rows through database functions, which enforce minimum times and can delete nothing else.

import { sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';

/** Kinds of rows that expire. Expired drafts and audit entries are deleted elsewhere. */
export const kinds = [
  'keyed-answers',
  'nonces',
  'delivery-refusals',
  'looks',
  'questions',
  'counts-of-questions',
  'webhook-secrets',
  'webhook-deliveries',
] as const;
export type Kind = (typeof kinds)[number];

/** Deletes up to `most` rows, oldest first; returns the number deleted. */
export async function deleteExpiredOf(tx: Tx, kind: Kind, before: string, most: number): Promise<number> {
  const { rows } = await sql<{ gone: number }>`
    select delete_expired(${kind}, ${before}, ${most}) as gone`.execute(tx);
  return rows[0]?.gone ?? 0;
}
