// Rehearses changed values on every decision of a period, person by person, a bounded portion at a time; keeps sums only.

import type { Db } from '../database/connect.ts';
import { sightOfService } from '../database/row-sight.ts';
import { transact } from '../database/transaction.ts';
import type { Day } from '../rules/days.ts';
import type { ChangedValues } from '../rules/policy.ts';
import { type Carried, nothingCarried, type RehearsedCase, rehearse } from './rehearsal.ts';
import { periodOf } from './replays.ts';
import { countStandingDecisions, listDecisionsByPerson } from './store.ts';

const decisionsPerPortion = 500;

export interface AgencyTotals {
  readonly agencyCode: string;
  cases: number;
  changedCases: number;
  gaining: number;
  losing: number;
  beforeFen: number;
  afterFen: number;
}

export interface RehearsalTotals {
  readonly cases: number;
  readonly people: number;
  readonly changedPeople: number;
  /** In the order of their codes. */
  readonly agencies: readonly AgencyTotals[];
}

/**
 * Judges the standing decisions taken from one day through another under changed values.
 *
 * @param onChanged told of each case that would come out otherwise, all of one person's together
 * @param onProgress told after each portion how many of how many are done
 */
export async function rehearsePeriod(
  db: Db,
  days: { readonly from: Day; readonly to: Day },
  values: ChangedValues,
  onChanged: (changed: RehearsedCase) => void,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<RehearsalTotals> {
  const period = periodOf(days);
  const all = await transact(db, sightOfService, (tx) => countStandingDecisions(tx, period), {
    readOnly: true,
  });
  const agencies = new Map<string, AgencyTotals>();
  let [cases, people, changedPeople] = [0, 0, 0];
  let carried: Carried = nothingCarried;
  let last: { personId: string; decisionId: string } | null = null;
  let isCounted = false;
  for (;;) {
    const portion: Awaited<ReturnType<typeof listDecisionsByPerson>> = await transact(
      db,
      sightOfService,
      (tx) => listDecisionsByPerson(tx, period, last, decisionsPerPortion),
      { readOnly: true },
    );
    for (const decided of portion) {
      if (decided.personId !== last?.personId) {
        people += 1;
        carried = nothingCarried;
        isCounted = false;
      }
      last = decided;
      cases += 1;
      const rehearsed = rehearse(decided, values, carried);
      carried = rehearsed.carried;
      const { result } = rehearsed;
      add(agencies, result);
      if (result.months.length === 0) continue;
      if (!isCounted) changedPeople += 1;
      isCounted = true;
      onChanged(result);
    }
    if (portion.length > 0) onProgress(cases, all);
    if (portion.length < decisionsPerPortion) break;
  }
  const inOrder = [...agencies.values()].sort((a, b) => (a.agencyCode < b.agencyCode ? -1 : 1));
  return { cases, people, changedPeople, agencies: inOrder };
}

function add(agencies: Map<string, AgencyTotals>, result: RehearsedCase): void {
  const { agencyCode, direction } = result;
  const none = { agencyCode, cases: 0, changedCases: 0, gaining: 0, losing: 0, beforeFen: 0, afterFen: 0 };
  const totals = agencies.get(agencyCode) ?? none;
  totals.cases += 1;
  if (result.months.length > 0) totals.changedCases += 1;
  if (direction === 'gains' || direction === 'both') totals.gaining += 1;
  if (direction === 'loses' || direction === 'both') totals.losing += 1;
  totals.beforeFen += result.beforeFen;
  totals.afterFen += result.afterFen;
  agencies.set(agencyCode, totals);
}
