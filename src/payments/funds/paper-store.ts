// Remembers what a fund request asked for in parts, and finds rosters across disbursements by whether they were answered.

import { type SqlBool, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';

/**
 * Freezes what waits to be paid, by street and quarter, as what was asked of finance. Street by street: no statement takes
 * longer for a large disbursement.
 */
export async function insertFundRequestParts(
  tx: Tx,
  disbursementId: string,
  streetCodes: readonly string[],
): Promise<void> {
  for (const streetCode of streetCodes) {
    await sql`
      insert into fund_request_part (disbursement_id, street_code, quarter, person_count, month_count, amount_fen)
      select l.disbursement_id, l.street_code, quarter_of(m.month), count(distinct l.line_id), count(*), sum(m.amount_fen)
      from payment_line l join payment_line_month m using (person_id, line_id)
      where l.disbursement_id = ${disbursementId} and l.street_code = ${streetCode} and l.state = 'waiting' and m.live
      group by 1, 2, 3`.execute(tx);
  }
}

/** What was asked for, as far as it is in scope: a street's own parts, or all. */
export async function listFundRequestParts(tx: Tx, scope: Scope, disbursementId: string) {
  let parts = tx
    .selectFrom('fundRequestPart as part')
    .innerJoin('street', 'street.streetCode', 'part.streetCode')
    .select(['part.streetCode', 'street.name as streetName', 'part.quarter'])
    .select(['part.personCount', 'part.monthCount', 'part.amountFen'])
    .where('part.disbursementId', '=', disbursementId);
  if (scope.relation === 'street') parts = parts.where('part.streetCode', '=', scope.code);
  return await parts.orderBy('part.streetCode').orderBy('part.quarter').execute();
}

/** The order of the list: by disbursement, oldest first, then street. */
export interface RosterKey {
  readonly disbursementId: string;
  readonly streetCode: string;
}

/**
 * Rosters within scope with what they hold, one more than the limit: those that wait for their street, those that it has
 * signed, or all of them. A cancelled disbursement waits for nobody.
 */
export async function listRostersByAnswer(
  tx: Tx,
  scope: Scope,
  filter: { answer: 'waiting' | 'signed' | undefined; streetCode: string | undefined },
  after: RosterKey | null,
  limit: number,
) {
  return await tx
    .selectFrom('roster as r')
    .innerJoin('disbursement as d', 'd.disbursementId', 'r.disbursementId')
    .innerJoin('street', 'street.streetCode', 'r.streetCode')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('paymentLine as l')
          .select((lines) => [
            lines.fn.countAll<number>().as('lineCount'),
            sql<number>`coalesce(sum(l.amount_fen), 0)::bigint`.as('amountFen'),
          ])
          .whereRef('l.disbursementId', '=', 'r.disbursementId')
          .whereRef('l.streetCode', '=', 'r.streetCode')
          .where('l.state', 'not in', ['held', 'released'])
          .where(standsForItself)
          .as('sums'),
      (join) => join.onTrue(),
    )
    .select(['r.disbursementId', 'r.streetCode', 'street.name as streetName', 'r.verifiedAt'])
    .select(['d.disbursementNumber', 'd.agencyCode', 'd.createdAt'])
    .select(sql<SqlBool>`r.verified_at is null and d.state = 'verifying'`.as('isWaiting'))
    .select(['sums.lineCount', 'sums.amountFen'])
    .$if(scope.relation === 'agency', (query) =>
      query.where('d.agencyCode', '=', scope.relation === 'agency' ? scope.code : ''),
    )
    .$if(scope.relation === 'street', (query) =>
      query.where('r.streetCode', '=', scope.relation === 'street' ? scope.code : ''),
    )
    .$if(scope.relation === 'own', (query) => query.where(sql<SqlBool>`false`))
    .$if(filter.answer === 'waiting', (query) =>
      query.where('r.verifiedAt', 'is', null).where('d.state', '=', 'verifying'),
    )
    .$if(filter.answer === 'signed', (query) => query.where('r.verifiedAt', 'is not', null))
    .$if(filter.streetCode !== undefined, (query) =>
      query.where('r.streetCode', '=', filter.streetCode ?? ''),
    )
    .$if(after !== null, (query) =>
      query.where(
        sql<SqlBool>`(r.disbursement_id, r.street_code) > (${after?.disbursementId ?? null}::uuid, ${after?.streetCode ?? ''})`,
      ),
    )
    .orderBy('r.disbursementId')
    .orderBy('r.streetCode')
    .limit(limit + 1)
    .execute();
}

/** A corrected payment in the same disbursement stands for the one it replaces, not beside it. */
const standsForItself = sql<boolean>`(l.replaces_line_id is null or not exists (select from payment_line replaced
  where replaced.line_id = l.replaces_line_id and replaced.disbursement_id = l.disbursement_id))`;
