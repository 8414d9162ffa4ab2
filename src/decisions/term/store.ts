// Stores a person's term 享受期限: fixed once, and ended only with the decision that fixed it.

import type { Tx } from '../../platform/database/connect.ts';
import type { Term } from '../../platform/database/tables.ts';
import { ask } from '../../platform/database/transaction.ts';

/** Fixes the term. An existing term is kept, and only counts imports that arrived since. */
export async function insertTerm(tx: Tx, row: Omit<Term, 'liveMonths'>): Promise<void> {
  await ask(
    tx,
    `insert into term (person_id, first_approved_on, retirement_month, near, cap, policy_version, imported_months)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (person_id) do update set imported_months = excluded.imported_months`,
    [
      row.personId,
      row.firstApprovedOn,
      row.retirementMonth,
      row.near,
      row.cap,
      row.policyVersion,
      row.importedMonths,
    ],
  );
}

/** Whether another approval of this person, on any case, was not undone. */
export async function hasOtherApproval(tx: Tx, personId: string, applicationId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('decision as d')
    .leftJoin('decisionUndo as u', (join) =>
      join.onRef('u.personId', '=', 'd.personId').onRef('u.decisionId', '=', 'd.decisionId'),
    )
    .select('d.decisionId')
    .where('d.personId', '=', personId)
    .where('d.applicationId', '<>', applicationId)
    .where('d.outcome', '=', 'approved')
    .where('u.decisionId', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends a term on which nothing rests; throws while a month is live. */
export async function deleteTerm(tx: Tx, personId: string): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom('term')
    .where('personId', '=', personId)
    .where('liveMonths', '=', 0)
    .executeTakeFirst();
  if (numDeletedRows !== 1n) throw new Error(`the term of ${personId} is in use`);
}
