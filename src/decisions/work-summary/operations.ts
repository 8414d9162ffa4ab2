// Counts the work that waits in the caller's scope, in one call: what an officer's first page shows.

import { officerOf } from '../../platform/access/actor.ts';
import { mayCall, type OperationId } from '../../platform/access/permissions.ts';
import type { ReadContext } from '../../platform/context.ts';
import type { Tx } from '../../platform/database/connect.ts';
import * as store from './store.ts';

/** The counts of every list that the caller's role has. */
export async function getWorkSummary(context: ReadContext) {
  const { tx, scope, today, actor, role } = context;
  const has = async <T>(list: OperationId, count: () => Promise<T>) =>
    mayCall(role, list) ? await count() : null;
  const basis = {
    today,
    tomorrow: Temporal.PlainDate.from(today).add({ days: 1 }).toString(),
    officer: officerOf(actor),
  };
  return {
    asOf: context.at.toString(),
    cases: await store.countCases(tx, scope, basis),
    notices: await has('listNotices', () => store.countNotices(tx, scope, today)),
    rostersToVerify: await has('listRosters', () => store.countRosters(tx, scope)),
    recoveries: await has('listRecoveries', () => store.countRecoveries(tx, scope)),
    payeeChangesToConfirm: await has('confirmPayeeChange', () => store.countPayeeChanges(tx, scope)),
    qualityReviews: await has('confirmDecision', () => store.countQualityReviews(tx, scope)),
  };
}

export { stages } from './store.ts';

/** What waits in the whole city, and for how long: for operators. */
export async function measureWaiting(tx: Tx) {
  const [byStage, overdue] = await Promise.all([store.countStages(tx), store.countOverdue(tx)]);
  return { byStage, ...overdue };
}
