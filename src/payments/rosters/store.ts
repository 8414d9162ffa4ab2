// Reads rosters: the streets of a disbursement, the totals of their lines, and which have answered. They are written
// together with their lines, in lines/store.ts.

import { type SqlBool, sql } from 'kysely';
import type { Officer } from '../../platform/access/officers.ts';
import type { Scope } from '../../platform/access/permissions.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { officerAt } from '../../platform/database/officers.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { LineState } from '../lines/states.ts';

/** The streets of a disbursement, with their signatures. */
export async function listRosters(tx: Tx, disbursementId: string) {
  return await tx
    .selectFrom('roster')
    .innerJoin('street', 'street.streetCode', 'roster.streetCode')
    .select(['roster.streetCode', 'street.name', 'roster.verifiedAt'])
    .where('roster.disbursementId', '=', disbursementId)
    .orderBy('roster.streetCode')
    .execute();
}

/** The total of one street's lines in one state, with the street's signature. */
export interface StateSum {
  readonly streetCode: string;
  readonly streetName: string;
  readonly verifiedAt: string | null;
  readonly verifiedBy: Officer | null;
  readonly state: LineState;
  readonly lineCount: number;
  readonly amountFen: number;
}

/**
 * Totals of each street's lines by state, in one pass; of one street where it is given. A corrected payment in the same disbursement replaces the
 * original line and is not counted in addition.
 */
export async function sumStreets(
  tx: Tx,
  disbursementId: string,
  streetCode: string | null = null,
): Promise<StateSum[]> {
  const ofStreet = streetCode === null ? sql`true` : sql`street_code = ${streetCode}`;
  const { rows } = await sql<StateSum & { replacing: number }>`
    select r.street_code, street.name as street_name, r.verified_at,
      officer_at(r.verified_by, r.verified_at) as verified_by, l.state, l.line_count, l.amount_fen, l.replacing
    from roster r join street using (street_code) join (
      select street_code, state, count(*) as line_count, sum(amount_fen)::bigint as amount_fen,
        count(replaces_line_id) as replacing
      from payment_line where disbursement_id = ${disbursementId} and ${ofStreet} group by street_code, state
    ) as l using (street_code)
    where r.disbursement_id = ${disbursementId} order by r.street_code`.execute(tx);
  if (rows.every(({ replacing }) => replacing === 0)) return rows;
  const { rows: doubled } = await sql<Pick<StateSum, 'streetCode' | 'state' | 'lineCount' | 'amountFen'>>`
    select l.street_code, l.state, count(*) as line_count, sum(l.amount_fen)::bigint as amount_fen
    from payment_line l join payment_line replaced
      on replaced.person_id = l.person_id and replaced.line_id = l.replaces_line_id
    where l.disbursement_id = ${disbursementId} and replaced.disbursement_id = l.disbursement_id
      and l.state not in ('held', 'released')
    group by l.street_code, l.state`.execute(tx);
  return rows.map((row) => {
    const twice = doubled.find(
      ({ streetCode, state }) => streetCode === row.streetCode && state === row.state,
    );
    const { lineCount, amountFen } = row;
    return {
      ...row,
      lineCount: lineCount - (twice?.lineCount ?? 0),
      amountFen: amountFen - (twice?.amountFen ?? 0),
    };
  });
}

/** Sort key: disbursement, oldest first, then street. */
export interface RosterKey {
  readonly disbursementId: string;
  readonly streetCode: string;
}

/**
 * Rosters within scope with their totals, one more than the limit: those not yet signed, those signed, or all. Nobody
 * has to sign for a cancelled disbursement.
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
    .select(officerAt<Officer | null>('r.verifiedBy', 'r.verifiedAt').as('verifiedBy'))
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
    .limit(atMost(limit + 1))
    .execute();
}

/** A corrected payment in the same disbursement replaces the original line and is not counted in addition. */
const standsForItself = sql<boolean>`(l.replaces_line_id is null or not exists (select from payment_line replaced
  where replaced.line_id = l.replaces_line_id and replaced.disbursement_id = l.disbursement_id))`;
