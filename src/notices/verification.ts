// Answers whoever holds a paper whether this service issued it. Public: it says what any reader of the paper can read, and
// nothing of the person.

import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import { Refusal } from '../http/problem.ts';
import { dayInShanghai } from '../rules/days.ts';
import { noticeTitles } from './content.ts';
import { findNoticeByCode } from './store.ts';

/** The notice that carries a code, or `not-found`. */
export async function verifyNotice(db: Db, code: string) {
  const notice = await transact(db, null, (tx) => findNoticeByCode(tx, code.toUpperCase()), {
    readOnly: true,
  });
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
