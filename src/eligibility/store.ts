// Reads which decision first approved a month for a person. Read only.

import type { Tx } from '../platform/database/connect.ts';

/** The decision that fixed a person's term, with its case; undefined if nothing was approved here. */
export async function findFirstApproval(tx: Tx, personId: string) {
  return await tx
    .selectFrom('decision')
    .innerJoin('application', (join) =>
      join
        .onRef('application.personId', '=', 'decision.personId')
        .onRef('application.applicationId', '=', 'decision.applicationId'),
    )
    .select(['decision.decidedAt', 'application.caseNumber'])
    .where('decision.personId', '=', personId)
    .where('decision.outcome', '=', 'approved')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('decisionUndo as u')
            .select('u.decisionId')
            .whereRef('u.personId', '=', 'decision.personId')
            .whereRef('u.decisionId', '=', 'decision.decisionId'),
        ),
      ),
    )
    .orderBy('decision.decidedAt')
    .limit(1)
    .executeTakeFirst();
}
