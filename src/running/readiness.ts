// What readiness looks at: whether the database answers, and what an operator must know although the service can serve.

import { countOverdue } from '../audit/operations.ts';
import type { Db } from '../database/connect.ts';
import { sightOfAudit } from '../database/row-sight.ts';
import { transact } from '../database/transaction.ts';

/** How many audit entries wait too long for their seal. @throws Unavailable when the database does not answer */
export async function countUnsealedEntries(db: Db): Promise<number> {
  return await transact(db, sightOfAudit, countOverdue, { readOnly: true });
}
