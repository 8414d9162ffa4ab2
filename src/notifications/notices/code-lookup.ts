// Finds a notice by its verification code for anybody who asks. Codes that do not exist are remembered for a while, so that
// trying codes does not load the database.

import { LRUCache } from 'lru-cache';
import type { Db } from '../../platform/database/connect.ts';
import { transact } from '../../platform/database/transaction.ts';
import { findNoticeByCode, type VerifiedNotice } from './store.ts';

/** A code is created with its notice, so nobody asks for one before it exists. */
const unknownForMs = 30_000;
const remembered = 10_000;

export type CodeLookup = (code: string) => Promise<VerifiedNotice | undefined>;

/** A notice that exists is looked up each time: whether it was overruled has to be told at once. */
export function createCodeLookup(db: Db): CodeLookup {
  const unknown = new LRUCache<string, true>({ max: remembered, ttl: unknownForMs });
  return async (code) => {
    if (unknown.has(code)) return undefined;
    const notice = await transact(db, null, (tx) => findNoticeByCode(tx, code), { readOnly: true });
    if (notice === undefined) unknown.set(code, true);
    return notice;
  };
}
