// Says whether the process lives and whether it can serve, and how the work in the background stands.

import type { ReadContext } from '../../platform/context.ts';
import { countFailed, countWaiting } from '../jobs/jobs.ts';
import type { Look } from './readiness.ts';

/** A process that answers lives. */
export function isLive() {
  return { status: 'up' as const };
}

/** Whether requests may be sent here, by the last look at the database; the route answers 503 when not. */
export function isReady({ ageSeconds, isAnswering, unsealedAuditEntries }: Look, isStopping: boolean) {
  if (isStopping) return { isUp: false as const, status: 'stopping' as const, ageSeconds };
  if (!isAnswering || ageSeconds === null)
    return { isUp: false as const, status: 'database-unavailable' as const, ageSeconds };
  return { isUp: true as const, status: 'up' as const, ageSeconds, unsealedAuditEntries };
}

/** Counts the jobs that wait, and those that are not tried again by themselves. */
export async function getBackgroundWork({ tx }: ReadContext) {
  return { waiting: await countWaiting(tx), failed: await countFailed(tx) };
}
