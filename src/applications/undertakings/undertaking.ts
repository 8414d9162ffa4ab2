// The undertaking 承诺书 (annex of the measure) in its published versions. Each text is a file that never changes; an
// application keeps the version and the digest of the text that its applicant was shown. A new text is a new file and a line
// in versions.json with the first day on which it is signed.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Day } from '../../values/days.ts';

export interface Undertaking {
  readonly version: string;
  /** The first day on which this text is signed. */
  readonly from: Day;
  readonly text: string;
  /** SHA-256 of the text. */
  readonly digest: Buffer;
}

const folder = new URL('../../../reference/undertakings/', import.meta.url);

/** Oldest first. Read once when the program starts: a missing file must stop the start, not a person's application. */
export const undertakings: readonly Undertaking[] = readUndertakings();

function readUndertakings(): Undertaking[] {
  // The cast: a file of this repository, read nowhere else.
  const versions = JSON.parse(readFileSync(new URL('versions.json', folder), 'utf8')) as {
    version: string;
    from: Day;
  }[];
  return versions
    .map(({ version, from }) => {
      const text = readFileSync(new URL(`${version}.txt`, folder), 'utf8');
      return { version, from, text, digest: createHash('sha256').update(text).digest() };
    })
    .sort((one, other) => one.from.localeCompare(other.from));
}

/** The text of a version, or null for a version that was never published. */
export function undertakingOf(version: string): Undertaking | null {
  return undertakings.find((one) => one.version === version) ?? null;
}

/** The text that is signed on a day, or null before there was one. */
export function undertakingOn(
  day: Day,
  published: readonly Undertaking[] = undertakings,
): Undertaking | null {
  return published.findLast(({ from }) => from <= day) ?? null;
}
