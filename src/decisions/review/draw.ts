// Draws decisions for a quality review 复核抽取. Pure: the same seed gives the same draw.

import { createHash } from 'node:crypto';

/** Draws are counted in ten-thousandths. */
const outOf = 10_000;

export interface Draw {
  readonly seed: string;
  /** 0 to 9999, evenly. */
  readonly draw: number;
  /** Below which a draw is chosen. */
  readonly share: number;
  readonly isChosen: boolean;
}

/**
 * Draws for one decision. The seed is the decision's id, which nobody knows before it is signed, with the digest that was
 * signed: no officer can choose it, and an auditor can draw again from what is stored. Not a seed of the day: its first
 * draw would give away the rest.
 *
 * @param percent of a hundred decisions of this outcome, how many are chosen
 */
export function drawOf(decisionId: string, snapshotSha256: string, percent: number): Draw {
  const seed = `${decisionId} ${snapshotSha256}`;
  const digest = createHash('sha256').update(seed).digest();
  const draw = Math.floor((digest.readUInt32BE() / 2 ** 32) * outOf);
  const share = (percent * outOf) / 100;
  return { seed, draw, share, isChosen: draw < share };
}
