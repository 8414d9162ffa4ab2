// Stores changes of whom a case pays: another account, or the corrected name of its holder.

import { sql } from 'kysely';
import type { Officer } from '../../platform/access/officers.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { scopeFilter } from '../../platform/database/scope-filter.ts';
import type { PayeeChange } from '../../platform/database/tables.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import type { LineState } from '../lines/states.ts';

export type PayeeChangeRow = Omit<PayeeChange, 'deathCertificateKind'>;
type CaseKey = Pick<PayeeChange, 'personId' | 'applicationId'>;

/** Returns undefined if its line, or its case, already has one that stands or waits for an answer. */
export async function insertPayeeChange(tx: Tx, row: PayeeChangeRow): Promise<PayeeChangeRow | undefined> {
  return await tx
    .insertInto('payeeChange')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** The proposal that waits for an answer for a line; locked until the transaction ends. */
export async function lockProposalOfLine(tx: Tx, { personId, lineId }: { personId: string; lineId: string }) {
  return await tx
    .selectFrom('payeeChange')
    .selectAll()
    .where('personId', '=', personId)
    .where('lineId', '=', lineId)
    .where('state', '=', 'proposed')
    .forUpdate()
    .executeTakeFirst();
}

/** A change of a case that is not about a line that failed; locked until the transaction ends. */
export async function lockPayeeChange(tx: Tx, { personId, applicationId }: CaseKey, payeeChangeId: string) {
  return await tx
    .selectFrom('payeeChange')
    .selectAll()
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('payeeChangeId', '=', payeeChangeId)
    .where('lineId', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

export async function findKind(tx: Tx, { personId, applicationId }: CaseKey, payeeChangeId: string) {
  const row = await tx
    .selectFrom('payeeChange')
    .select('kind')
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('payeeChangeId', '=', payeeChangeId)
    .executeTakeFirst();
  return row?.kind;
}

/** With who proposed and answered it. */
function described(tx: Tx) {
  return tx
    .selectFrom('payeeChange')
    .selectAll('payeeChange')
    .select(officerAt('proposedBy', 'proposedAt').as('proposer'))
    .select(officerAt<Officer | null>('answeredBy', 'answeredAt').as('answerer'));
}

export type DescribedChange = Awaited<ReturnType<typeof readPayeeChange>>;

export async function readPayeeChange(
  tx: Tx,
  { personId, payeeChangeId }: Pick<PayeeChange, 'personId' | 'payeeChangeId'>,
) {
  return await described(tx)
    .where('personId', '=', personId)
    .where('payeeChangeId', '=', payeeChangeId)
    .executeTakeFirstOrThrow();
}

const inScope = scopeFilter({
  agency: 'application.agencyCode',
  street: 'application.streetCode',
  client: 'application.clientId',
});

/** A page of the changes of cases in scope. Platforms are not told of a death, nor of an heir. */
export async function listPayeeChanges(
  tx: Tx,
  scope: Scope,
  { applicationId, state }: { readonly applicationId?: string; readonly state?: PayeeChange['state'] },
  { afterId, limit }: PageRequest,
) {
  return await described(tx)
    .innerJoin('application', (join) =>
      join
        .onRef('application.personId', '=', 'payeeChange.personId')
        .onRef('application.applicationId', '=', 'payeeChange.applicationId'),
    )
    .where(inScope(scope))
    .$if(scope.relation === 'own', (query) => query.where('payeeChange.kind', 'in', ['account', 'name']))
    .$if(applicationId !== undefined, (query) =>
      query.where('application.applicationId', '=', applicationId ?? ''),
    )
    .$if(state !== undefined, (query) => query.where('payeeChange.state', '=', state ?? 'proposed'))
    .$if(afterId !== null, (query) => query.where('payeeChange.payeeChangeId', '>', afterId ?? ''))
    .orderBy('payeeChange.payeeChangeId')
    .limit(atMost(limit + 1))
    .execute();
}

/** Answers a proposal. Throws if it was answered before. */
export async function setAnswered(
  tx: Tx,
  { personId, payeeChangeId }: Pick<PayeeChange, 'personId' | 'payeeChangeId'>,
  state: 'confirmed' | 'rejected',
  answeredAt: string,
  answeredBy: string,
): Promise<PayeeChangeRow> {
  const row = await tx
    .updateTable('payeeChange')
    .set({ state, answeredAt, answeredBy })
    .where('personId', '=', personId)
    .where('payeeChangeId', '=', payeeChangeId)
    .where('state', '=', 'proposed')
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new Error(`payee change ${payeeChangeId} was not proposed`);
  return row;
}

export interface CaseLine {
  readonly lineId: string;
  readonly disbursementId: string;
  readonly state: LineState;
  /** Whether another line pays its months again. */
  readonly isReplaced: boolean;
}

/**
 * The lines that pay to the account of a case, in the order in which their disbursements are locked; for an heir, those
 * of all cases of the person at its agency; for a closed case, those that pay a month of it.
 */
export async function listLinesOfCase(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  kind?: PayeeChange['kind'],
): Promise<readonly CaseLine[]> {
  const isMeant =
    kind === 'heir'
      ? sql`application_id in (select other.application_id from application a
          join application other using (person_id, agency_code)
          where a.person_id = ${personId} and a.application_id = ${applicationId})`
      : kind === 'nobody'
        ? sql`exists (select from payment_line_month m where m.person_id = l.person_id and m.line_id = l.line_id
            and m.application_id = ${applicationId})`
        : sql`application_id = ${applicationId}`;
  const { rows } = await sql<CaseLine>`
    select line_id, disbursement_id, state, exists (select from payee_change c
        where c.person_id = l.person_id and c.line_id = l.line_id and c.state = 'confirmed') as is_replaced
    from payment_line l
    where person_id = ${personId} and ${isMeant} and state <> 'released'
    order by disbursement_id, line_id`.execute(tx);
  return rows;
}

/** Whether a payment of the person that did not arrive waits to be paid again. */
export async function hasOpenReissue(tx: Tx, personId: string): Promise<boolean> {
  const { rows } = await sql`
    select from payee_change where person_id = ${personId} and line_id is not null and state = 'proposed'`.execute(
    tx,
  );
  return rows.length > 0;
}

/**
 * The heir to be paid for a case, as of now: the id, and the row where the caller sees it, which may be another street's.
 * Null if nobody is to be paid.
 */
export async function findHeir(tx: Tx, { personId, applicationId }: CaseKey) {
  const { rows } = await sql<{
    id: string | null;
  }>`select heir_of(${personId}, ${applicationId}) as id`.execute(tx);
  const id = rows[0]?.id ?? null;
  if (id === null) return null;
  const row = await tx
    .selectFrom('payeeChange')
    .selectAll()
    .where('personId', '=', personId)
    .where('payeeChangeId', '=', id)
    .executeTakeFirst();
  return { id, row };
}
