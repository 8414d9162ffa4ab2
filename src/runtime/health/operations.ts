// Liveness, readiness and the state of background work.

import type { ReadContext } from '../../platform/context.ts';
import { countFailed, countWaiting } from '../jobs/jobs.ts';
import type { Look } from './readiness.ts';

/** A process that answers is live. */
export function isLive() {
  return { status: 'up' as const };
}

/**
 * Whether the service can take requests, by the last check of the database; the route answers 503 when not.
 */
export function isReady(
  { ageSeconds, isAnswering, unsealedAuditEntries }: Look,
  { isStopping, isOverloaded }: { readonly isStopping: boolean; readonly isOverloaded: boolean },
) {
  if (isStopping) return { isUp: false as const, status: 'stopping' as const, ageSeconds };
  if (!isAnswering || ageSeconds === null)
    return { isUp: false as const, status: 'database-unavailable' as const, ageSeconds };
  return { isUp: true as const, status: 'up' as const, ageSeconds, isOverloaded, unsealedAuditEntries };
}

/** Counts waiting jobs, and failed jobs that are not retried. */
export async function getBackgroundWork({ tx }: ReadContext) {
  const [waiting, failed] = await Promise.all([countWaiting(tx), countFailed(tx)]);
  return { waiting, failed };
}
