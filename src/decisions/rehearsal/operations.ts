// Rehearses changed values on every decision of a period, person by person, in bounded batches; keeps only sums.

import { batchesOf } from '../../platform/database/batches.ts';
import { birthDateOf } from '../../registers/people/operations.ts';
import { changePolicy, type PolicyChange, readPolicy } from '../../rules/policy/policy.ts';
import type { Day } from '../../values/days.ts';
import { periodOf, type Stored } from '../replay/operations.ts';
import { decisionsPerBatch, readerOf } from '../replay/reader.ts';
import { countStandingDecisions, listDecisionsByPerson, listPolicies } from '../replay/store.ts';
import { type Carried, nothingCarried, type RehearsedCase, rehearse } from './rehearse.ts';

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
 * Assesses the decisions of a period (both days inclusive) that were not undone under changed values, declined cases
 * included.
 *
 * @param onChanged called with each case whose outcome would change, grouped by person
 * @param onProgress called after each batch with the number done and the total
 */
export async function rehearsePeriod(
  { db, encryption }: Stored,
  days: { readonly from: Day; readonly to: Day },
  values: PolicyChange['values'],
  onChanged: (changed: RehearsedCase) => void,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<RehearsalTotals> {
  const read = readerOf(db);
  const period = periodOf(days);
  const all = await read((tx) => countStandingDecisions(tx, period));
  const agencies = new Map<string, AgencyTotals>();
  let [cases, people, changedPeople] = [0, 0, 0];
  let carried: Carried = nothingCarried;
  let personId: string | null = null;
  let isCounted = false;
  // There are few versions and many decisions, so each version is parsed once.
  const policies = new Map(
    [...(await read(listPolicies))].map(([version, { content }]) => {
      const asPublished = readPolicy(content);
      return [version, { asPublished, changed: changePolicy(asPublished, values) }];
    }),
  );
  type Row = Awaited<ReturnType<typeof listDecisionsByPerson>>[number];
  const list = (after: Row | null, limit: number) =>
    read((tx) => listDecisionsByPerson(tx, period, after, limit));
  for await (const batch of batchesOf(list, decisionsPerBatch)) {
    for (const decided of batch) {
      if (decided.personId !== personId) {
        personId = decided.personId;
        people += 1;
        carried = nothingCarried;
        isCounted = false;
      }
      cases += 1;
      const judgedBy = policies.get(decided.policyVersion);
      if (judgedBy === undefined) throw new Error(`${decided.policyVersion} was published`);
      const rehearsed = rehearse({ ...decided, born: birthDateOf(encryption, decided) }, judgedBy, carried);
      carried = rehearsed.carried;
      const { result } = rehearsed;
      add(agencies, result);
      if (result.months.length === 0) continue;
      if (!isCounted) changedPeople += 1;
      isCounted = true;
      onChanged(result);
    }
    onProgress(cases, all);
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
