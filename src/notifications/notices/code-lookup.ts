// Finds a notice by its verification code for anonymous callers. Unknown codes are cached for a while, so that trying
// codes does not load the database.

import { LRUCache } from 'lru-cache';
import type { Db } from '../../platform/database/connect.ts';
import { transact } from '../../platform/database/transaction.ts';
import { findNoticeByCode, type VerifiedNotice } from './store.ts';

/** Safe to cache: a code is created with its notice, so nobody asks for it earlier. */
const unknownForMs = 30_000;
const remembered = 10_000;

export type CodeLookup = (code: string) => Promise<VerifiedNotice | undefined>;

/** Existing notices are not cached: an overruled one must be reported at once. */
export function createCodeLookup(db: Db): CodeLookup {
  const unknown = new LRUCache<string, true>({ max: remembered, ttl: unknownForMs });
  return async (code) => {
    if (unknown.has(code)) return undefined;
    const notice = await transact(db, null, (tx) => findNoticeByCode(tx, code), { readOnly: true });
    if (notice === undefined) unknown.set(code, true);
    return notice;
  };
}
