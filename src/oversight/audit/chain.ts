// The hash chain over the audit: how an entry is sealed, and how the whole is verified. Pure; where entries come from is
// the store's business.

import { hash } from 'node:crypto';

export const algorithms = ['sha256', 'sm3'] as const;
export type Algorithm = (typeof algorithms)[number];

/** The hash before the first entry. */
export const genesis = '0'.repeat(64);

const hashBytes = 32;
/** Kept between calls: making a buffer for each entry took longer than hashing it. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * The hash of an entry after the one before it: H(previous ‖ algorithm ‖ sequence ‖ text). Hex, 64 digits: as text a hash
 * costs a third of what it costs as a buffer.
 */
export function sealOf(previous: string, algorithm: Algorithm, sequence: number, text: string): string {
  const rest = `${algorithm} ${sequence}\n${text}`;
  const most = hashBytes + 3 * rest.length; // bytes of UTF-8 for a unit of UTF-16
  if (scratch.length < most) scratch = Buffer.allocUnsafeSlow(2 * most);
  scratch.write(previous, 'hex');
  const length = hashBytes + scratch.write(rest, hashBytes);
  return hash(algorithm, scratch.subarray(0, length), 'hex');
}

/** How an entry is written for its seal: the first ones as JSON, since then as its columns one after another. */
export type Form = 'json' | 'columns';

export interface Seal {
  readonly sequence: number;
  readonly entryId: number;
  readonly algorithm: Algorithm;
  readonly form: Form;
  /** Hex. */
  readonly hash: string;
}

export interface SealedEntry extends Seal {
  /** The entry as it is now; null when it is gone. */
  readonly text: string | null;
}

/** A head of the chain that somebody kept elsewhere. */
export interface Head {
  readonly sequence: number;
  /** Hex. */
  readonly hash: string;
}

export type Flaw =
  | 'seal-missing'
  | 'entry-missing'
  | 'entry-changed'
  | 'checkpoint-differs'
  | 'tail-cut'
  | 'entry-unsealed'
  | 'act-without-entry'
  | 'looks-changed'
  | 'cut-not-genuine';

export interface Verification {
  /** Followed, of those that are kept. */
  readonly entries: number;
  readonly head: Head;
  /** The first entry that is not as it was sealed, or null. */
  readonly firstBad: {
    /** Of the chain; for what never came into it, the next place. */
    readonly sequence: number;
    readonly entryId: number | null;
    readonly flaw: Flaw;
  } | null;
}

/**
 * Follows the chain batch by batch and stops at the first flaw. Memory does not grow with the chain.
 *
 * @param start the last expired entry that was deleted; null when the chain is whole
 */
export function createVerifier(checkpoint: Head | null, start: Head | null = null) {
  const before: Head = start ?? { sequence: 0, hash: genesis };
  let head = before;
  let firstBad: Verification['firstBad'] = null;

  function follow(entry: SealedEntry): Flaw | null {
    if (entry.sequence !== head.sequence + 1) return 'seal-missing';
    if (entry.text === null) return 'entry-missing';
    const expected = sealOf(head.hash, entry.algorithm, entry.sequence, entry.text);
    if (expected !== entry.hash) return 'entry-changed';
    const isCheckpoint = checkpoint !== null && checkpoint.sequence === entry.sequence;
    return isCheckpoint && checkpoint.hash !== expected ? 'checkpoint-differs' : null;
  }

  return {
    /** False when a flaw was found: no more need be read. */
    take(batch: readonly SealedEntry[]): boolean {
      for (const entry of batch) {
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
      return {
        entries: sequence - before.sequence,
        head: { sequence, hash: headHash },
        firstBad: isCut ? cut : firstBad,
      };
    },
  };
}
