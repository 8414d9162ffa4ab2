// Finds people in scope, and reads a person's months with what became of their money. Writes nothing.

import { sql } from 'kysely';
import type { MonthWithMoney } from '../../applications/application/money.ts';
import { newestNameChange } from '../../applications/application/parts.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { PageRequest } from '../../platform/http/paging.ts';

const inScope = scopeFilter({ agency: 'application.agencyCode', street: 'application.streetCode' });

/** What a person is found by; everything that is given must hold. */
export interface Sought {
  readonly nameHash?: Buffer;
  readonly caseNumber?: string;
  readonly personId?: string;
}

export async function findPeople(...asked: Parameters<typeof selectPeople>) {
  return (await selectPeople(...asked).execute()).map(({ personId }) => personId);
}

/** A page of the people with a case in scope, in the order of their ids. The query alone, so that a test can explain it. */
export function selectPeople(tx: Tx, scope: Scope, sought: Sought, page: PageRequest) {
  const { nameHash, caseNumber, personId } = sought;
  let query = ofPeople(tx, scope).select('application.personId').distinct();
  if (nameHash !== undefined)
    query = query.where((eb) =>
      eb(
        'application.personId',
        'in',
        eb.selectFrom('personName').select('personName.personId').where('nameHash', '=', nameHash),
      ),
    );
  if (caseNumber !== undefined) query = query.where('application.caseNumber', '=', caseNumber);
  if (personId !== undefined) query = query.where('application.personId', '=', personId);
  if (page.afterId !== null) query = query.where('application.personId', '>', page.afterId);
  return query.orderBy('application.personId').limit(atMost(page.limit + 1));
}

/** The cases in scope of these people, the newest first. */
export async function listCasesOf(tx: Tx, scope: Scope, personIds: readonly string[]) {
  if (personIds.length === 0) return [];
  return await ofPeople(tx, scope)
    .select([
      'application.personId',
      'application.applicationId',
      'nameEncrypted',
      'caseNumber',
      'quarter',
      'state',
    ])
    .select(newestNameChange.as('nameChange'))
    .where((eb) => eb('application.personId', '=', eb.fn.any(eb.val(personIds))))
    .orderBy('application.submittedAt', 'desc')
    .orderBy('application.applicationId', 'desc')
    .execute();
}

/** Drafts and withdrawn cases make nobody known to an office. */
function ofPeople(tx: Tx, scope: Scope) {
  return tx
    .selectFrom('application')
    .where(inScope(scope))
    .where('application.state', 'not in', ['draft', 'withdrawn']);
}

/** Every month of the person's cases in scope, each with what became of its money. */
export async function listMonthsWithMoney(tx: Tx, scope: Scope, personId: string) {
  const money = sql<MoneyRow>`money_of_months(${personId}, null)`.as<'k'>(sql`k`);
  return await tx
    .selectFrom('application')
    .innerJoin('subsidyMonth as m', (join) =>
      join
        .onRef('m.personId', '=', 'application.personId')
        .onRef('m.applicationId', '=', 'application.applicationId'),
    )
    .leftJoin(money, (join) =>
      join.onRef('k.month', '=', 'm.month').onRef('k.applicationId', '=', 'm.applicationId'),
    )
    .select(['m.month', 'm.state', 'm.amountFen', 'm.applicationId', 'application.caseNumber'])
    .select(['k.disbursementId', 'k.lineId', 'k.lineState', 'k.failure', 'k.settledAt', 'k.returnedOn'])
    .select(['k.returnReason', 'k.setOffAt', 'k.wasPaid', 'k.owedFen', 'k.recoveryClosedAt'])
    .select('k.isClosed')
    .where('application.personId', '=', personId)
    .where(inScope(scope))
    .orderBy('m.month')
    .orderBy('m.applicationId')
    .execute();
}

interface MoneyRow extends Omit<MonthWithMoney, 'state' | 'amountFen'> {
  readonly month: string;
  readonly applicationId: string;
  readonly lineId: string | null;
  readonly disbursementId: string | null;
}
