// Reads a person's months with what became of their money, for the overview. Writes nothing.

import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';

const inScope = scopeFilter({ agency: 'application.agencyCode', street: 'application.streetCode' });

/**
 * Every month of the person's cases in scope, each with the payment line that stands for it, the set-off that used it
 * and whether it was paid before it was recovered.
 */
export async function listMonthsWithMoney(tx: Tx, scope: Scope, personId: string) {
  return await tx
    .selectFrom('application')
    .innerJoin('subsidyMonth as m', (join) =>
      join
        .onRef('m.personId', '=', 'application.personId')
        .onRef('m.applicationId', '=', 'application.applicationId'),
    )
    .leftJoin('paymentLineMonth as p', (join) =>
      join
        .onRef('p.personId', '=', 'm.personId')
        .onRef('p.month', '=', 'm.month')
        .onRef('p.applicationId', '=', 'm.applicationId')
        .on('p.live', '=', true),
    )
    .leftJoin('paymentLine as l', (join) =>
      join.onRef('l.personId', '=', 'p.personId').onRef('l.lineId', '=', 'p.lineId'),
    )
    .leftJoin('setOff as s', (join) =>
      join
        .onRef('s.personId', '=', 'm.personId')
        .onRef('s.month', '=', 'm.month')
        .onRef('s.applicationId', '=', 'm.applicationId')
        .on('s.reversedAt', 'is', null),
    )
    .leftJoin('recovery as r', (join) =>
      join
        .onRef('r.personId', '=', 'm.personId')
        .onRef('r.month', '=', 'm.month')
        .onRef('r.applicationId', '=', 'm.applicationId')
        .on('r.state', 'in', ['confirmed', 'repaid']),
    )
    .select(['m.month', 'm.state', 'm.amountFen', 'm.applicationId', 'application.caseNumber'])
    .select(['l.disbursementId', 'l.lineId', 'l.state as lineState', 'l.failure', 's.madeAt as setOffAt'])
    .select(['r.wasPaid', 'r.owedFen'])
    .where('application.personId', '=', personId)
    .where(inScope(scope))
    .orderBy('m.month')
    .orderBy('m.applicationId')
    .execute();
}
