// Computes the figures of the reconciliation from the facts (months, lines, receipts, repayments), independently of the
// ledger. A difference between the two is an error. Reads only.

import { type RawBuilder, sql } from 'kysely';
import { type KeyRange, keyRangesOf } from '../../platform/database/batches.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { PaymentLine } from '../../platform/database/tables.ts';
import type { ClaimFigure } from './figures.ts';

/** Whose money is summed: an agency's, optionally of one quarter, or a person's. */
interface ClaimScope {
  readonly agencyCode?: string;
  readonly quarter?: string;
  readonly personId?: string;
}

type LineState = PaymentLine['state'];

export interface Figure {
  /** Distinct months of people; lines for a disbursement. */
  readonly count: number;
  readonly amountFen: number;
}

/** People per statement: at most a few hundred thousand months, however many years they cover. */
const peoplePerPage = 5_000;

/** Repeated for each table: the planner does not carry a range condition over a join. */
function isAmong(column: string, { after, through }: KeyRange<string>) {
  const id = sql.ref(column);
  return after === null ? sql`${id} <= ${through}` : sql`${id} > ${after} and ${id} <= ${through}`;
}

/** The people in scope with an approved case. */
function grantedPeople(tx: Tx, scope: ClaimScope) {
  const { agencyCode = null, personId = null } = scope;
  return keyRangesOf<string>(async (after) => {
    if (personId !== null) return after === null ? personId : undefined;
    const { rows } = await sql<{ personId: string }>`
      select person_id from (
        select distinct person_id from application
        where agency_code = ${agencyCode} and state = 'approved' and (${after}::uuid is null or person_id > ${after})
        order by person_id limit ${atMost(peoplePerPage)}
      ) as people order by person_id desc limit 1`.execute(tx);
    return rows[0]?.personId;
  });
}

/**
 * Granted months of a range, each with the payment that occupies it and its recovery. Only approved cases have granted
 * months.
 */
function grantedMonths(scope: ClaimScope, among: (table: string) => RawBuilder<unknown>) {
  const { agencyCode = null, quarter = null, personId = null } = scope;
  return sql`
    select m.person_id, m.application_id, a.case_number, m.month::text as month, m.amount_fen,
      l.line_id, l.disbursement_id, l.state as line_state, r.recovery_id, r.was_paid, m.state,
      coalesce(r.repaid_fen + r.set_off_fen - r.refunded_fen, 0) as repaid_fen, o.set_off_id
    from application a
    join subsidy_month m on m.person_id = a.person_id and m.application_id = a.application_id and ${among('m')}
    left join payment_line_month pm on pm.person_id = m.person_id and pm.month = m.month
      and pm.application_id = m.application_id and pm.live and ${among('pm')}
    left join payment_line l on l.person_id = pm.person_id and l.line_id = pm.line_id
    left join recovery r on r.person_id = m.person_id and r.month = m.month
      and r.application_id = m.application_id and r.state in ('confirmed', 'repaid')
    left join set_off o on o.person_id = m.person_id and o.month = m.month
      and o.application_id = m.application_id and o.reversed_at is null
    where a.state = 'approved' and ${among('a')} and m.state in ('live', 'recovered')
      and (${agencyCode}::text is null or a.agency_code = ${agencyCode})
      and (${quarter}::text is null or quarter_of(m.month) = ${quarter})
      and (${personId}::uuid is null or m.person_id = ${personId})`;
}

/** Figure → the condition under which a granted month counts in it. A month may count in several. */
const conditions = {
  approved: sql<boolean>`true`,
  waiting: sql<boolean>`state = 'live' and set_off_id is null
    and coalesce(line_state, 'waiting') in ('waiting', 'held', 'failed', 'returned')`,
  held: sql<boolean>`line_state = 'held'`,
  inPayment: sql<boolean>`line_state in ('in-payment', 'unknown')`,
  unknown: sql<boolean>`line_state = 'unknown'`,
  paid: sql<boolean>`line_state = 'paid' or (state = 'recovered' and was_paid and set_off_id is null)`,
  failed: sql<boolean>`line_state = 'failed'`,
  returned: sql<boolean>`line_state = 'returned'`,
  recoveredBeforePayment: sql<boolean>`state = 'recovered' and not was_paid`,
  recovered: sql<boolean>`state = 'recovered'`,
  setOff: sql<boolean>`set_off_id is not null`,
} as const satisfies Record<ClaimFigure, RawBuilder<boolean>>;
// Object.keys returns string[].
const claimFigures = Object.keys(conditions) as ClaimFigure[];

export type ClaimFigures = Readonly<Record<ClaimFigure | 'overpaid', Figure>>;

/** Months that were paid more than once: the excess over one month's amount that was not repaid. */
const overpaid = sql`paid_fen + set_off_fen - repaid_fen > month_fen`;

/**
 * Sums every figure of the granted months in scope, one page of people at a time. A person's month counts once with
 * everything granted for it, because a recovered month may have been granted again.
 */
export async function sumClaims(tx: Tx, scope: ClaimScope): Promise<ClaimFigures> {
  const ofMonth = claimFigures.map(
    (name) => sql`coalesce(sum(amount_fen) filter (where ${conditions[name]}), 0) as ${fenOf(name)}`,
  );
  const columns = claimFigures.map(
    (name) => sql`count(*) filter (where ${fenOf(name)} > 0) as ${sql.id(`${name}_count`)},
      coalesce(sum(${fenOf(name)}), 0)::bigint as ${fenOf(name)}`,
  );
  const names = [...claimFigures, 'overpaid'] as const;
  const figures = new Map(names.map((name) => [name, { count: 0, amountFen: 0 }]));
  for await (const people of grantedPeople(tx, scope)) {
    const granted = grantedMonths(scope, (table) => isAmong(`${table}.person_id`, people));
    const { rows } = await sql<Record<string, number>>`
      with granted as (${granted}), of_month as (
        select ${sql.join(ofMonth)}, sum(repaid_fen) as repaid_fen, max(amount_fen) as month_fen
        from granted group by person_id, month
      )
      select ${sql.join(columns)}, count(*) filter (where ${overpaid}) as overpaid_count,
        coalesce(sum(paid_fen + set_off_fen - repaid_fen - month_fen) filter (where ${overpaid}), 0)::bigint as overpaid_fen
      from of_month`.execute(tx);
    for (const [name, figure] of figures) {
      figure.count += rows[0]?.[`${name}Count`] ?? 0;
      figure.amountFen += rows[0]?.[`${name}Fen`] ?? 0;
    }
  }
  return Object.fromEntries(figures) as ClaimFigures; // its keys are that list
}

function fenOf(name: ClaimFigure) {
  return sql.id(`${name}_fen`);
}

/**
 * The months behind a figure, case by case in order of id: up to `limit`, and one more to see whether there is a next
 * page.
 */
export async function listClaims(
  tx: Tx,
  scope: ClaimScope,
  figure: ClaimFigure,
  page: { afterId: string | null; limit: number },
) {
  const found: ClaimedCase[] = [];
  for await (const cases of approvedCases(tx, scope, page.afterId)) {
    // Only cases have these ids; joined tables are found by person.
    const granted = grantedMonths(scope, (table) =>
      table === 'a' ? isAmong('a.application_id', cases) : sql`true`,
    );
    const { rows } = await sql<ClaimedCase>`
      with granted as (${granted})
      select person_id, application_id, case_number, sum(amount_fen)::bigint as amount_fen,
        json_agg(json_build_object('month', month, 'amountFen', amount_fen, 'lineId', line_id,
          'disbursementId', disbursement_id, 'lineState', line_state, 'recoveryId', recovery_id) order by month) as months
      from granted where ${conditions[figure]}
      group by person_id, application_id, case_number order by application_id
      limit ${atMost(page.limit + 1 - found.length)}`.execute(tx);
    found.push(...rows);
    if (found.length > page.limit) break;
  }
  return found;
}

/** Cases per statement when a figure is listed. */
const casesPerPage = 2_000;

function approvedCases(tx: Tx, scope: ClaimScope, start: string | null) {
  const { agencyCode = null, personId = null } = scope;
  return keyRangesOf<string>(async (after) => {
    const { rows } = await sql<{ applicationId: string }>`
      select application_id from (
        select application_id from application
        where state = 'approved' and (${agencyCode}::text is null or agency_code = ${agencyCode})
          and (${personId}::uuid is null or person_id = ${personId})
          and (${after}::uuid is null or application_id > ${after})
        order by application_id limit ${atMost(casesPerPage)}
      ) as cases order by application_id desc limit 1`.execute(tx);
    return rows[0]?.applicationId;
  }, start);
}

interface ClaimedCase {
  readonly personId: string;
  readonly applicationId: string;
  readonly caseNumber: string;
  readonly amountFen: number;
  readonly months: readonly ClaimedMonth[];
}

interface ClaimedMonth {
  readonly month: string;
  readonly amountFen: number;
  readonly lineId: string | null;
  readonly disbursementId: string | null;
  readonly lineState: LineState | null;
  readonly recoveryId: string | null;
}

/** Repayments less refunds. */
export async function sumRepayments(tx: Tx, scope: ClaimScope): Promise<Figure> {
  const { agencyCode = null, quarter = null, personId = null } = scope;
  const { rows } = await sql<Figure>`
    select count(*) as count, (coalesce(sum(paid.amount_fen), 0) - coalesce(sum(r.refunded_fen), 0))::bigint as amount_fen
    from recovery r join lateral (
      select sum(p.amount_fen) as amount_fen from repayment p
      where p.person_id = r.person_id and p.recovery_id = r.recovery_id) as paid on paid.amount_fen > 0
    where (${agencyCode}::text is null or r.agency_code = ${agencyCode})
      and (${quarter}::text is null or quarter_of(r.month) = ${quarter})
      and (${personId}::uuid is null or r.person_id = ${personId})`.execute(tx);
  return rows[0] ?? { count: 0, amountFen: 0 };
}

/** Debts settled by other months of the same person instead of money. */
export async function sumSetOffs(tx: Tx, scope: ClaimScope): Promise<Figure> {
  const { agencyCode = null, quarter = null, personId = null } = scope;
  const { rows } = await sql<Figure>`
    select count(*) as count, coalesce(sum(o.amount_fen), 0)::bigint as amount_fen
    from set_off o join recovery r using (person_id, recovery_id)
    where o.reversed_at is null
      and (${agencyCode}::text is null or r.agency_code = ${agencyCode})
      and (${quarter}::text is null or quarter_of(r.month) = ${quarter})
      and (${personId}::uuid is null or r.person_id = ${personId})`.execute(tx);
  return rows[0] ?? { count: 0, amountFen: 0 };
}

/** Lines of a disbursement by state. */
export async function sumLineStates(tx: Tx, disbursementId: string): Promise<Map<LineState, Figure>> {
  const { rows } = await sql<Figure & { state: LineState }>`
    select state, count(*) as count, sum(amount_fen)::bigint as amount_fen
    from payment_line where disbursement_id = ${disbursementId} group by state`.execute(tx);
  return new Map(rows.map(({ state, count, amountFen }) => [state, { count, amountFen }]));
}

/** Money requested, received and returned, for an agency or one of its disbursements. */
export async function sumFunds(
  tx: Tx,
  scope: { agencyCode?: string; disbursementId?: string },
): Promise<Record<'requested' | 'received' | 'returnedToFinance', Figure>> {
  const { agencyCode = null, disbursementId = null } = scope;
  const isMeant = sql`(${agencyCode}::text is null or agency_code = ${agencyCode})
    and (${disbursementId}::uuid is null or disbursement_id = ${disbursementId})`;
  const { rows } = await sql<Figure & { name: string }>`
    select 'requested' as name, coalesce(sum(line_count), 0)::bigint as count, coalesce(sum(amount_fen), 0)::bigint as amount_fen
      from fund_request join disbursement using (disbursement_id) where ${isMeant}
    union all select 'received', count(*), coalesce(sum(amount_fen), 0)::bigint
      from fund_receipt join disbursement using (disbursement_id) where ${isMeant}
    union all select 'returned', count(*), coalesce(sum(amount_fen), 0)::bigint
      from fund_return join disbursement using (disbursement_id) where ${isMeant}`.execute(tx);
  const of = (name: string) => {
    const row = rows.find((candidate) => candidate.name === name);
    return { count: row?.count ?? 0, amountFen: row?.amountFen ?? 0 };
  };
  return { requested: of('requested'), received: of('received'), returnedToFinance: of('returned') };
}

/**
 * Whether an agency handles, or has handled, a case of the person. If so, widens row security for the rest of the
 * transaction to the person's cases at other agencies.
 */
export async function takePersonOfAgency(tx: Tx, personId: string, agencyCode: string): Promise<boolean> {
  const row = await tx
    .selectFrom('application')
    .select(sql<string>`set_config('subsidy.person', person_id::text, true)`.as('taken'))
    .where('personId', '=', personId)
    .where('agencyCode', '=', agencyCode)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
