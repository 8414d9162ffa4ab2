// How long a draft is kept: an abandoned one holds personal data for no purpose. Pure.

import { type Day, dayInShanghai } from '../../values/days.ts';

/** A draft is deleted with its materials on the day after this many. */
export const draftDays = 30;

/** The last day on which a draft made at an instant is still there. */
export function draftExpiresOn(createdAt: string): Day {
  const made = Temporal.PlainDate.from(dayInShanghai(Temporal.Instant.from(createdAt)));
  return made.add({ days: draftDays }).toString();
}

/** Drafts made before this instant have expired on `today`. */
export function draftsExpireBefore(today: Day): string {
  const first = Temporal.PlainDate.from(today).subtract({ days: draftDays });
  return first.toZonedDateTime('Asia/Shanghai').toInstant().toString();
}
