// The hash chain over the audit: how an entry is sealed, and how the chain is verified. Pure; the store reads the
// entries.

import { hash } from 'node:crypto';

export const algorithms = ['sha256', 'sm3'] as const;
export type Algorithm = (typeof algorithms)[number];

/** The hash before the first entry. */
export const genesis = '0'.repeat(64);

const hashBytes = 32;
/** Reused between calls: allocating a buffer per entry took longer than hashing. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * The hash of an entry: H(previous ‖ algorithm ‖ sequence ‖ text). Hex, 64 digits: reading hashes as text costs a third
 * of reading buffers.
 */
export function sealOf(previous: string, algorithm: Algorithm, sequence: number, text: string): string {
  const rest = `${algorithm} ${sequence}\n${text}`;
  const most = hashBytes + 3 * rest.length; // at most 3 bytes of UTF-8 per UTF-16 unit
  if (scratch.length < most) scratch = Buffer.allocUnsafeSlow(2 * most);
  scratch.write(previous, 'hex');
  const length = hashBytes + scratch.write(rest, hashBytes);
  return hash(algorithm, scratch.subarray(0, length), 'hex');
}

/** The serialisation of an entry for its seal: JSON at first, columns one after another since then. */
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
  /** The current text of the entry; null if it is gone. */
  readonly text: string | null;
}

/** The head of the chain as stored elsewhere. */
export interface Head {
  readonly sequence: number;
  /** Hex. */
  readonly hash: string;
}

export const flawExplanations = {
  'seal-missing': '此处的封存记录缺失。',
  'entry-missing': '已封存的审计记录被删除。',
  'entry-changed': '审计记录或其顺序与封存时不一致。',
  'checkpoint-differs':
    '与校验点的哈希值不一致，此前的记录被整体改写。数据库恢复过的，请改用恢复到的时刻之前最新的校验点核验。',
  'tail-cut': '校验点之前的一段记录被截断。数据库恢复过的，请改用恢复到的时刻之前最新的校验点核验。',
  'entry-unsealed': '审计记录超过一分钟仍未封存。',
  'act-without-entry': '有已办理的操作没有审计记录，其记录在封存前被删除。',
  'looks-changed': '这条审计记录所封存的查阅记录被修改或删除。',
  'cut-not-genuine': '期满删除的声明不是本系统签署的。',
} as const;
export type Flaw = keyof typeof flawExplanations;

export interface Verification {
  /** Number of verified entries, excluding deleted ones. */
  readonly entries: number;
  readonly head: Head;
  /** The first entry that differs from what was sealed, or null. */
  readonly firstBad: {
    /** Its place in the chain; for an entry missing from the chain, the next place. */
    readonly sequence: number;
    readonly entryId: number | null;
    readonly flaw: Flaw;
  } | null;
}

/**
 * Verifies the chain batch by batch and stops at the first flaw, in constant memory.
 *
 * @param start the last expired entry that was deleted; null if none was
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
    /** Returns false when a flaw was found, and no more batches are needed. */
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
