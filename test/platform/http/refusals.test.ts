// The rule of 409 and 422: a state is in the way, or what was sent is.

import t from 'tap';
import { type ProblemCode, problems } from '../../../src/platform/problem.ts';

/** What has to change before a request like it is accepted; nothing in the request itself. */
const stateInTheWay: Partial<Readonly<Record<ProblemCode, string>>> = {
  'idempotency-key-in-flight': 'the first request ends',
  'state-conflict': 'the thing comes into a state that allows it',
  'month-already-claimed': 'the other case is withdrawn or refused, or the debt is repaid',
  'cap-exceeded': 'months are freed, or the case is compared again',
  'undertaking-unsigned': 'the draft says how the undertaking was signed',
  'materials-missing': 'the papers are supplied',
  'materials-full': 'no paper has to be better; the case holds as many as it can',
  'nothing-to-correct': 'something is found that has to be corrected',
  'correction-incomplete': 'the other items are answered',
  'decline-not-supported': 'the registers say that no month can qualify',
  'cursor-ahead': 'the cursor of now is taken, which the answer names',
  'import-not-checked': 'the file is checked',
  'comparison-missing': 'the case is compared',
  'comparison-stale': 'the case is compared again',
  'decision-not-supported': 'the registers say something else',
  'applicant-barred': 'the bar is lifted',
  'bar-not-repaid': 'all is repaid',
  'decision-in-payment': 'the months leave the disbursement',
  'disbursement-empty': 'a month is approved',
  'rosters-incomplete': 'the streets answer',
  'funds-insufficient': 'the money arrives',
  'results-already-applied': 'nothing: it is done',
  'set-off-refused': 'consent is supplied, or the month is approved and not gathered',
  'calendar-year-exists': 'nothing: the year is there',
};

/** What has to be corrected in the request. */
const contentInTheWay: Partial<Readonly<Record<ProblemCode, string>>> = {
  'material-unsafe': 'another file',
  'file-too-complex': 'another file',
  'already-told-once': 'the items that could have been told before are left out',
  'acceptance-needs-reason': 'the reason is given',
  'flags-unconfirmed': 'each flag is confirmed, with its reason',
  'receipt-mismatch': 'the amount, or whether it is the last part',
  'return-exceeds-unspent': 'the amount',
  'payment-file-refused': 'the format of the file',
  'download-needs-reason': 'the reason is given',
  'refund-missing': 'the refund is given',
  'results-refused': 'the file that belongs to the batch',
  'repayment-exceeds-debt': 'the amount',
  'idempotency-key-reused': 'another key',
};

t.test('409 means that a state is in the way, 422 that what was sent is', (t) => {
  const withStatus = (status: number) =>
    Object.entries(problems).flatMap(([code, kind]) => (kind.status === status ? [code] : []));
  t.strictSame(withStatus(409).sort(), Object.keys(stateInTheWay).sort());
  t.strictSame(withStatus(422).sort(), Object.keys(contentInTheWay).sort());
  for (const [status, table] of [
    [409, stateInTheWay],
    [422, contentInTheWay],
  ] as const)
    for (const [code, change] of Object.entries(table)) t.comment(`${status} ${code}: ${change}`);
  t.end();
});
