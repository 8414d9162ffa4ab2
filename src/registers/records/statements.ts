// What is on file of a person with where it came from and when it was learnt: for people who ask why, not for the rules.

import type { ReadContext } from '../../platform/context.ts';
import type { Kind } from '../../rules/facts.ts';
import { listCoverageStatements, listRecordVersions } from './store.ts';

export interface Statements {
  /** Every version, in the order learnt. */
  readonly records: readonly {
    readonly id: string;
    readonly kind: Kind;
    readonly source: string;
    readonly from: string;
    readonly to: string | null;
    readonly learntAt: string;
  }[];
  /** The newest of each source; `throughMonth` null where it has withdrawn its promise. */
  readonly coverage: readonly {
    readonly id: string;
    readonly kind: string;
    readonly source: string;
    readonly throughMonth: string | null;
    readonly learntAt: string;
  }[];
}

export async function readStatements(
  context: ReadContext,
  personId: string,
  agencyCode: string | null,
): Promise<Statements> {
  const records = await listRecordVersions(context.tx, personId);
  return {
    records: records.map(({ recordId, fromDay, toDay, ...record }) => ({
      ...record,
      id: recordId,
      from: fromDay,
      to: toDay,
    })),
    coverage: await readCoverageStatements(context, personId, agencyCode),
  };
}

/** What registers vouch for, as it concerns a person of an agency, without the records. */
export async function readCoverageStatements(
  context: ReadContext,
  personId: string,
  agencyCode: string | null,
): Promise<Statements['coverage']> {
  const coverage = await listCoverageStatements(context.tx, personId, agencyCode);
  return coverage.map(({ coverageId, ...statement }) => ({ ...statement, id: coverageId }));
}
