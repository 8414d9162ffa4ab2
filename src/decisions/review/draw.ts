// Draws decisions for a quality review 复核抽取. Pure: the same seed gives the same draw.

import { createHash } from 'node:crypto';

/** The unit of draws and shares is 1/10,000. */
const outOf = 10_000;

export interface Draw {
  readonly seed: string;
  /** 0 to 9999, uniformly distributed. */
  readonly draw: number;
  /** A draw below it is selected. */
  readonly share: number;
  readonly isChosen: boolean;
}

/**
 * Draws for one decision. The seed is the decision's id, which nobody knows before it is signed, with the signed
 * digest: no officer can choose it, and an auditor can repeat the draw from stored data. A daily seed was rejected,
 * because its first draw would reveal the others.
 *
 * @param percent percentage of decisions with this outcome that are reviewed
 */
export function drawOf(decisionId: string, snapshotSha256: string, percent: number): Draw {
  const seed = `${decisionId} ${snapshotSha256}`;
  const digest = createHash('sha256').update(seed).digest();
  const draw = Math.floor((digest.readUInt32BE() / 2 ** 32) * outOf);
  const share = (percent * outOf) / 100;
  return { seed, draw, share, isChosen: draw < share };
}
