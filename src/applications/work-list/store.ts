// Lists cases for officers' work lists, filtered, sorted and paged from an index.

import { type SqlBool, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Application } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { Day } from '../../values/days.ts';
import type { ApplicationState } from '../application/states.ts';
import { inScope } from '../application/store.ts';
import type { FlagCode } from '../flags/kinds.ts';
import { isFlagged } from '../flags/store.ts';

export const applicationOrders = ['created', 'waiting'] as const;

export interface ApplicationFilter {
  readonly state?: ApplicationState;
  readonly quarter?: string;
  readonly agencyCode?: string;
  readonly streetCode?: string;
  readonly channel?: Application['channel'];
  readonly recordsChanged?: boolean;
  readonly timeLimit?: 'running' | 'overdue' | 'paused';
  readonly waitingSince?: Day;
  readonly caseNumber?: string;
  readonly personId?: string;
  readonly flag?: FlagCode;
  readonly dueBefore?: Day;
  /** An officer; null: nobody. */
  readonly assignee?: string | null;
  readonly order?: (typeof applicationOrders)[number];
}

/**
 * A page of the cases in scope. Sorted by waiting time it lists only waiting cases, the longest first. Rejected:
 * sorting by due day, which may change between two pages so that a case is skipped.
 *
 * @param lateQuarters how many quarters back a claim is in time
 */
export function selectApplications(
  tx: Tx,
  scope: Scope,
  filter: ApplicationFilter,
  { today, lateQuarters }: { today: Day; lateQuarters: number },
  page: PageRequest,
) {
  let query = tx.selectFrom('application').selectAll().where(inScope(scope));
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.quarter !== undefined) query = query.where('quarter', '=', filter.quarter);
  if (filter.agencyCode !== undefined) query = query.where('agencyCode', '=', filter.agencyCode);
  if (filter.streetCode !== undefined) query = query.where('streetCode', '=', filter.streetCode);
  if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel);
  if (filter.caseNumber !== undefined) query = query.where('caseNumber', '=', filter.caseNumber);
  if (filter.personId !== undefined) query = query.where('personId', '=', filter.personId);
  if (filter.recordsChanged !== undefined)
    query = query.where('recordsChangedAt', filter.recordsChanged ? 'is not' : 'is', null);
  if (filter.timeLimit === 'running') query = query.where('timeLimitDueOn', '>=', today);
  if (filter.timeLimit === 'overdue') query = query.where('timeLimitDueOn', '<', today);
  if (filter.timeLimit === 'paused')
    query = query.where('timeLimit', 'is not', null).where('timeLimitDueOn', 'is', null);
  if (filter.dueBefore !== undefined) query = query.where('timeLimitDueOn', '<', filter.dueBefore);
  if (filter.assignee === null) query = query.where('assignedTo', 'is', null);
  else if (filter.assignee !== undefined) query = query.where('assignedTo', '=', filter.assignee);
  if (filter.waitingSince !== undefined) {
    const nextDay = sql<string>`(${filter.waitingSince}::date + 1)::timestamp at time zone 'Asia/Shanghai'`;
    query = query.where('submittedAt', '<', nextDay).where(isWaiting);
  }
  // Follow from the flag's condition, and are read from an index.
  if (filter.flag === 'names-differ')
    query = query.where(sql<SqlBool>`application.person_id in (select person_id from people_of_two_names())`);
  if (filter.flag === 'late-claim' && lateQuarters >= 1)
    query = query.where(sql<SqlBool>`quarters_late(months[1], submitted_at) > 1`);
  if (filter.flag !== undefined) query = query.where(isFlagged[filter.flag](sql`${lateQuarters}::int`));
  if (filter.order !== 'waiting') {
    if (page.afterId !== null) query = query.where('applicationId', '>', page.afterId);
    return query.orderBy('applicationId').limit(atMost(page.limit + 1));
  }
  query = query.where(isWaiting);
  if (page.afterId !== null) {
    query = query.where(
      sql<SqlBool>`(submitted_at, application_id) >
        (select submitted_at, application_id from application where application_id = ${page.afterId})`,
    );
  }
  return query
    .orderBy('submittedAt')
    .orderBy('applicationId')
    .limit(atMost(page.limit + 1));
}

/** The exact predicate of the partial index, which PostgreSQL uses only then. */
const isWaiting = sql<SqlBool>`state in ('submitted', 'correction-requested', 'accepted')`;
