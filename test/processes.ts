// Processes of others: their children, and waiting for their end. Holds no test.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../src/sandbox/cluster.ts';

const limitMs = 10_000;
const pollMs = 20;

/** Whether the process ends within ten seconds, the time a supervisor gives. */
export async function ends(pid: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += pollMs) {
    if (!isAlive(pid) || isZombie(pid)) return true;
    await delay(pollMs);
  }
  return false;
}

/** Ended, but not yet collected by whoever inherited it. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}
