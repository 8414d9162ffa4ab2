// The undertaking 承诺书 (annex of the measure) in its published versions. Each text is a file that never changes; an
// application keeps the version and the digest of the text that its applicant was shown.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

export interface Undertaking {
  readonly version: string;
  readonly text: string;
  /** SHA-256 of the text. */
  readonly digest: Buffer;
}

const folder = new URL('../../reference/undertakings/', import.meta.url);

// Read once when the program starts: a missing file must stop the start, not a person's application.
const undertakings: ReadonlyMap<string, Undertaking> = new Map(
  readdirSync(folder).map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const version = file.replace(/\.txt$/, '');
    return [version, { version, text, digest: createHash('sha256').update(text).digest() }] as const;
  }),
);

/** The text of a version, or null for a version that was never published. */
export function undertakingOf(version: string): Undertaking | null {
  return undertakings.get(version) ?? null;
}
