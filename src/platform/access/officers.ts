// An officer as answers and papers show one: the account, and the name that the token gave at the time of the act.

import { subjectOfOfficer } from './actor.ts';

export interface Officer {
  /** Unique across issuers, as in the audit. */
  readonly account: string;
  /** At the time of the act; null if the issuer gave none. */
  readonly name: string | null;
}

/** The officer as this reader may see one: the office, auditors and the province do, platforms do not. */
export function officerFor<O extends Officer | null>(
  { role }: { readonly role: string },
  officer: O,
): O | null {
  return role === 'platform' ? null : officer;
}

/** On paper: `李秀兰（rev-17）`, or the account alone. The issuer means nothing to the reader. */
export function officerInWords({ account, name }: Officer): string {
  const subject = subjectOfOfficer(account);
  return name === null ? subject : `${name}（${subject}）`;
}
