// Stores comparisons, which are never changed.

import type { Tx } from '../../platform/database/connect.ts';
import { insertLater } from '../../platform/database/insert.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { Comparison } from '../../platform/database/tables.ts';
import { ask } from '../../platform/database/transaction.ts';

/** Sent without waiting. */
export function insertComparison(tx: Tx, row: Comparison): void {
  insertLater(tx, 'comparison', [row]);
}

/** A case's comparison with the one before it, newest first, and what is needed to read the snapshots. */
export async function findComparison(
  tx: Tx,
  { personId, applicationId }: Pick<Comparison, 'personId' | 'applicationId'>,
  comparisonId: string,
) {
  return await tx
    .selectFrom('comparison')
    .innerJoin('person', 'person.personId', 'comparison.personId')
    .selectAll('comparison')
    .select('person.identityEncrypted')
    .where('comparison.personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('comparisonId', '<=', comparisonId)
    .orderBy('comparisonId', 'desc')
    .limit(atMost(2))
    .execute();
}

/** The newest comparison of a case in scope. */
export async function findLatestComparison(tx: Tx, applicationId: string): Promise<Comparison | undefined> {
  const [latest] = await ask<Comparison>(
    tx,
    `select c.person_id as "personId", c.comparison_id as "comparisonId", c.application_id as "applicationId",
      c.compared_at as "comparedAt", c.compared_by as "comparedBy", c.policy_version as "policyVersion",
      c.snapshot, c.snapshot_digest as "snapshotDigest", c.assessment, c.assessment_digest as "assessmentDigest"
    from comparison c where c.application_id = $1
      and c.person_id = (select a.person_id from application a where a.application_id = $1)
    order by c.comparison_id desc limit 1`,
    [applicationId],
  );
  return latest;
}
