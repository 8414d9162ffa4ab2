// The undertaking 承诺书 (annex of the measure) in its published versions. A published text never changes; an application
// stores the version and digest of the text that its applicant was shown. A new version is a new file and an entry in
// versions.json with the first day on which it is signed.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Day } from '../../values/days.ts';

export interface Undertaking {
  readonly version: string;
  /** The first day on which this text is signed. */
  readonly from: Day;
  readonly text: string;
  readonly digest: Buffer;
}

const folder = new URL('../../../reference/undertakings/', import.meta.url);

/** Oldest first. Read when the program starts, so that a missing file stops the start and not an application. */
export const undertakings: readonly Undertaking[] = readUndertakings();

function readUndertakings(): Undertaking[] {
  // a file of this repository
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

/** The text of a version; null for an unknown version. */
export function undertakingOf(version: string): Undertaking | null {
  return undertakings.find((one) => one.version === version) ?? null;
}

/** The text to sign on a day; null before the first version. */
export function undertakingOn(
  day: Day,
  published: readonly Undertaking[] = undertakings,
): Undertaking | null {
  return published.findLast(({ from }) => from <= day) ?? null;
}
