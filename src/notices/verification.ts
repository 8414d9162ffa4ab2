// Answers whoever holds a paper whether this service issued it. Public: it says what any reader of the paper can read, and
// nothing of the person.

import { LRUCache } from 'lru-cache';
import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import { Refusal } from '../http/problem.ts';
import { dayInShanghai } from '../rules/days.ts';
import { noticeTitles } from './content.ts';
import { findNoticeByCode } from './store.ts';

/** However often a paper is asked about, the database is asked once a second, and an overruled one is told at once. */
const knownForMs = 1_000;
/** A code comes with its notice, and nobody can know it before. */
const unknownForMs = 30_000;
const remembered = 10_000;

type Found = { readonly notice: Awaited<ReturnType<typeof findNoticeByCode>> };

/** Answers by the code that a notice carries, with the notice or with `not-found`. */
export function createNoticeVerifier(db: Db) {
  const known = new LRUCache<string, Found>({ max: remembered, ttl: knownForMs });

  async function find(code: string): Promise<Found> {
    const earlier = known.get(code);
    if (earlier !== undefined) return earlier;
    const found = {
      notice: await transact(db, null, (tx) => findNoticeByCode(tx, code), { readOnly: true }),
    };
    known.set(code, found, { ttl: found.notice === undefined ? unknownForMs : knownForMs });
    return found;
  }

  return async (code: string) => answerOf((await find(code.toUpperCase())).notice);
}

function answerOf(notice: Found['notice']) {
  if (notice === undefined) {
    throw new Refusal('not-found', {
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
