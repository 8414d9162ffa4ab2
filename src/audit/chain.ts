// The hash chain over the audit: how an entry is sealed, and how the whole is verified. Pure; where entries come from is
// the store's business.

import { hash } from 'node:crypto';

export const algorithms = ['sha256', 'sm3'] as const;
export type Algorithm = (typeof algorithms)[number];

/** What stands before the first entry. */
export const genesis: Buffer = Buffer.alloc(32);

/** The hash of an entry after the one before it: H(previous ‖ algorithm ‖ sequence ‖ text). 32 bytes. */
export function sealOf(previous: Buffer, algorithm: Algorithm, sequence: number, text: string): Buffer {
  const head = Buffer.from(`${algorithm} ${sequence}\n`);
  return hash(algorithm, Buffer.concat([previous, head, Buffer.from(text)]), 'buffer');
}

export interface SealedEntry {
  readonly sequence: number;
  readonly entryId: number;
  readonly algorithm: Algorithm;
  readonly hash: Buffer;
  /** Null when the entry that was sealed is gone. */
  readonly text: string | null;
}

/** A head of the chain that somebody kept elsewhere. */
export interface Head {
  readonly sequence: number;
  readonly hash: Buffer;
}

export type Flaw = 'seal-missing' | 'entry-missing' | 'entry-changed' | 'checkpoint-differs' | 'tail-cut';

export interface Verification {
  readonly entries: number;
  readonly head: Head;
  /** The first entry that is not as it was sealed, or null. */
  readonly firstBad: {
    readonly sequence: number;
    readonly entryId: number | null;
    readonly flaw: Flaw;
  } | null;
}

/** Follows the chain portion by portion and stops at the first flaw. Memory does not grow with the chain. */
export function createVerifier(checkpoint: Head | null) {
  let head: Head = { sequence: 0, hash: genesis };
  let firstBad: Verification['firstBad'] = null;

  function follow(entry: SealedEntry): Flaw | null {
    if (entry.sequence !== head.sequence + 1) return 'seal-missing';
    if (entry.text === null) return 'entry-missing';
    const expected = sealOf(head.hash, entry.algorithm, entry.sequence, entry.text);
    if (!expected.equals(entry.hash)) return 'entry-changed';
    const isCheckpoint = checkpoint !== null && checkpoint.sequence === entry.sequence;
    return isCheckpoint && !checkpoint.hash.equals(expected) ? 'checkpoint-differs' : null;
  }

  return {
    /** False when a flaw was found: no more need be read. */
    take(portion: readonly SealedEntry[]): boolean {
      for (const entry of portion) {
        const flaw = follow(entry);
        if (flaw !== null) {
          firstBad = {
            sequence: head.sequence + 1,
            entryId: flaw === 'seal-missing' ? null : entry.entryId,
            flaw,
          };
          return false;
        }
        head = entry;
      }
      return true;
    },
    end(): Verification {
      const isCut = firstBad === null && checkpoint !== null && checkpoint.sequence > head.sequence;
      const cut = { sequence: head.sequence + 1, entryId: null, flaw: 'tail-cut' } as const;
      const { sequence, hash: headHash } = head;
      return { entries: sequence, head: { sequence, hash: headHash }, firstBad: isCut ? cut : firstBad };
    },
  };
}
