// Answers whoever holds a paper whether this service issued it. Public: it says what any reader of the paper can read, and
// nothing of the person.

import { LRUCache } from 'lru-cache';
import type { Db } from '../../platform/database/connect.ts';
import { transact } from '../../platform/database/transaction.ts';
import { Problem } from '../../platform/problem.ts';
import { dayInShanghai } from '../../values/days.ts';
import { noticeTitles } from './content.ts';
import { findNoticeByCode } from './store.ts';

/**
 * Whoever tries codes is answered from memory: a code comes with its notice, and nobody can know it before. A notice that
 * is there is looked up each time, because one that is overruled has to be told at once.
 */
const unknownForMs = 30_000;
const remembered = 10_000;

type Found = Awaited<ReturnType<typeof findNoticeByCode>>;

/** Answers by the code that a notice carries, with the notice or with `not-found`. */
export function createNoticeVerifier(db: Db) {
  const unknown = new LRUCache<string, true>({ max: remembered, ttl: unknownForMs });

  async function find(code: string): Promise<Found> {
    if (unknown.has(code)) return undefined;
    const notice = await transact(db, null, (tx) => findNoticeByCode(tx, code), { readOnly: true });
    if (notice === undefined) unknown.set(code, true);
    return notice;
  }

  return async (code: string) => answerOf(await find(code.toUpperCase()));
}

function answerOf(notice: Found) {
  if (notice === undefined) {
    throw new Problem('not-found', {
      detail: '没有使用这一验证码的告知书，请核对验证码；如无误，该文书不是本服务出具。',
    });
  }
  return {
    number: notice.noticeNumber,
    kind: notice.kind,
    title: noticeTitles[notice.kind],
    agency: notice.name,
    issuedOn: dayInShanghai(Temporal.Instant.from(notice.issuedAt)),
    isOverruled: notice.isOverruled,
    contentSha256: notice.contentDigest.toString('hex'),
  };
}
