// What every test of a fault shares: its seed, whether it is the long run of `npm run faults` or the short one of
// `npm test`, and the line of the table at its end. Holds no test.

import { appendFileSync } from 'node:fs';
import type { Test } from 'tap';

/** `FAULTS_REPORT`: the file to which each test adds its line; set by `npm run faults`, which runs the long versions. */
const reportVariable = 'FAULTS_REPORT';

export const isLong = process.env[reportVariable] !== undefined;

/** How many processes on one database a fault is played with, one after the other; the short version has the one. */
export const counts = isLong ? [1, 3] : [1];

export interface Told {
  readonly fault: string;
  /** On one database. */
  readonly processes: number;
  readonly often: string;
  readonly held: string;
  /** The longest time in which no request was answered with success; null where nothing waits for an answer. */
  readonly worstMs: number | null;
}

/** Says what a fault did to the service, and puts it into the table. */
export function tell(test: Test, told: Told): void {
  const worst =
    told.worstMs === null ? '' : `; ${Math.round(told.worstMs)} ms until the next success at worst`;
  const processes = told.processes === 1 ? 'one process' : `${told.processes} processes`;
  test.comment(`${told.fault}, ${processes}, ${told.often}: ${told.held}${worst}`);
  const file = process.env[reportVariable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(told)}\n`);
}

/** In [0, 1), the same in every run with the same seed: `FAULTS_SEED` repeats one. */
export function randomOf(test: Test): () => number {
  const seed = Number(process.env['FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  test.comment(`FAULTS_SEED=${seed}`);
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
