// Remembers nothing of its own: asks which decision first approved a month for a person, and what of recovered months is
// still owed.

import { sql } from 'kysely';
import type { Tx } from '../database/connect.ts';

/** The decision that fixed a person's term, with its case; undefined when nothing was approved here. */
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

/** Months that were paid and recovered, and of which not everything has come back, with what is owed of each. */
export async function listOwedMonths(tx: Tx, personId: string) {
  const owedFen = sql<number>`sum(amount_fen - repaid_fen)::bigint`;
  return await tx
    .selectFrom('recovery')
    .select(['month', owedFen.as('owedFen')])
    .where('personId', '=', personId)
    .where('state', '=', 'confirmed')
    .where('wasPaid', '=', true)
    .whereRef('repaidFen', '<', 'amountFen')
    .groupBy('month')
    .orderBy('month')
    .execute();
}
