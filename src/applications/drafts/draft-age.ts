// How long a draft is kept: an abandoned draft holds personal data without a purpose. Pure.

import { type Day, dayInShanghai } from '../../values/days.ts';

/** Days; the draft is deleted with its materials on the day after. */
export const draftDays = 30;

/** The last day on which a draft created at an instant exists. */
export function draftExpiresOn(createdAt: string): Day {
  const made = Temporal.PlainDate.from(dayInShanghai(Temporal.Instant.from(createdAt)));
  return made.add({ days: draftDays }).toString();
}

/** Drafts created before this instant have expired on `today`. */
export function draftsExpireBefore(today: Day): string {
  const first = Temporal.PlainDate.from(today).subtract({ days: draftDays });
  return first.toZonedDateTime('Asia/Shanghai').toInstant().toString();
}
