// Computes the figures of the reconciliation from the facts (months, lines, receipts, repayments) and, beside them, the
// balances of the ledger. A difference between the two is an error. Reads only.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { PaymentLine } from '../../platform/database/tables.ts';
import { joinWholeSets, lookUpEach } from '../../platform/database/whole-sets.ts';
import type { ClaimFigure } from './figures.ts';

/** Whose money is summed: an agency's, a quarter's, a person's; or everybody's. */
export interface ClaimScope {
  readonly agencyCode?: string | undefined;
  readonly quarter?: string | undefined;
  readonly personId?: string | undefined;
}

type LineState = PaymentLine['state'];

export interface Figure {
  /** Distinct months of people; lines for a disbursement. */
  readonly count: number;
  readonly amountFen: number;
}

/** The condition that a row is in scope, by the columns that say so. */
function isIn(
  { agencyCode, quarter, personId }: ClaimScope,
  columns: { agency: string; quarter?: RawBuilder<unknown>; person?: string },
) {
  const conditions = [
    [columns.agency, agencyCode],
    [columns.quarter, quarter],
    [columns.person, personId],
  ].flatMap(([column, value]) =>
    column === undefined || value === undefined
      ? []
      : [sql`${typeof column === 'string' ? sql.ref(column) : column} = ${value}`],
  );
  return sql.join([sql`true`, ...conditions], sql` and `);
}

/** Granted months, each with the payment that occupies it and its recovery. Only approved cases have granted months. */
function grantedMonths(scope: ClaimScope, isMeant = sql`true`) {
  return sql`
    select m.person_id, m.application_id, a.case_number, a.agency_code, m.month::text as month, m.amount_fen,
      l.line_id, l.disbursement_id, l.state as line_state, r.recovery_id, r.was_paid, m.state,
      coalesce(r.repaid_fen + r.set_off_fen - r.refunded_fen, 0) as repaid_fen, o.set_off_id
    from application a
    join subsidy_month m on m.person_id = a.person_id and m.application_id = a.application_id
    left join payment_line_month pm on pm.person_id = m.person_id and pm.month = m.month
      and pm.application_id = m.application_id and pm.live
    left join payment_line l on l.person_id = pm.person_id and l.line_id = pm.line_id
    left join recovery r on r.person_id = m.person_id and r.month = m.month
      and r.application_id = m.application_id and r.state in ('confirmed', 'repaid')
    left join set_off o on o.person_id = m.person_id and o.month = m.month
      and o.application_id = m.application_id and o.reversed_at is null
    where a.state = 'approved' and m.state in ('live', 'recovered') and ${isMeant}
      and ${isIn(scope, { agency: 'a.agency_code', quarter: sql`quarter_of(m.month)`, person: 'm.person_id' })}`;
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
 * The cells of claims: by quarter, and by agency unless a person's are asked for at every agency. In each, the count and
 * the amount of every figure. A person's month counts once with everything granted for it, because a recovered month may
 * have been granted again.
 */
function claims(scope: ClaimScope) {
  const agency = (column: string) => (scope.personId === undefined ? sql.ref(column) : sql`'*'`);
  const ofMonth = claimFigures.map(
    (name) => sql`coalesce(sum(amount_fen) filter (where ${conditions[name]}), 0) as ${fenOf(name)}`,
  );
  const sums = claimFigures.map(
    (name) => sql`${sql.lit(`${name} count`)}, count(*) filter (where ${fenOf(name)} > 0),
      ${sql.lit(`${name} fen`)}, sum(${fenOf(name)})`,
  );
  const ofRecovery = isIn(scope, {
    agency: 'r.agency_code',
    quarter: sql`quarter_of(r.month)`,
    person: 'r.person_id',
  });
  return sql`
    select agency_code, quarter, jsonb_build_object(${sql.join(sums)}, 'overpaid count', count(*) filter (where ${overpaid}),
      'overpaid fen', coalesce(sum(paid_fen + set_off_fen - repaid_fen - month_fen) filter (where ${overpaid}), 0)) as figures
    from (
      select ${agency('agency_code')} as agency_code, quarter_of(month) as quarter, ${sql.join(ofMonth)},
        sum(repaid_fen) as repaid_fen, max(amount_fen) as month_fen
      from (${grantedMonths(scope)}) as granted group by 1, person_id, month
    ) as of_month group by agency_code, quarter
    union all
    select ${agency('r.agency_code')}, quarter_of(r.month), jsonb_build_object('repaid count', count(*),
      -- Repayments less refunds.
      'repaid fen', sum(paid.amount_fen) - sum(r.refunded_fen))
    from recovery r join (
      select person_id, recovery_id, sum(amount_fen) as amount_fen from repayment p
      where ${scope.personId === undefined ? sql`true` : sql`person_id = ${scope.personId}`}
      group by person_id, recovery_id
    ) as paid using (person_id, recovery_id)
    where ${ofRecovery} group by 1, 2
    union all
    -- Debts settled by other months of the same person instead of money.
    select ${agency('r.agency_code')}, quarter_of(r.month), jsonb_build_object('settledBySetOff count', count(*),
      'settledBySetOff fen', sum(o.amount_fen))
    from set_off o join recovery r using (person_id, recovery_id)
    where o.reversed_at is null and ${ofRecovery} group by 1, 2`;
}

function fenOf(name: ClaimFigure) {
  return sql.id(`${name}_fen`);
}

/** Money requested, received and returned. */
const funds = sql`
  select 'requested' as name, disbursement_id, line_count as count, amount_fen from fund_request
  union all select 'received', disbursement_id, 1, amount_fen from fund_receipt
  union all select 'returnedToFinance', disbursement_id, 1, amount_fen from fund_return`;

/** Cells of parts with the columns agency_code, quarter and figures. */
function cellsOf(parts: RawBuilder<unknown>) {
  return sql`
    select quarter, agency_code, '*' as street_code, '*' as channel, '*' as category, '*' as outcome,
      jsonb_object_agg(name, value) as figures
    from (${parts}) as part, jsonb_each(figures) as number (name, value) group by quarter, agency_code`;
}

/** The cells of a person's claims at every agency, by quarter. */
export function cellsOfPerson(personId: string): RawBuilder<unknown> {
  return cellsOf(claims({ personId }));
}

/**
 * The cells of every agency: claims and balances of the ledger (`account paid`) by quarter; for all quarters the money of
 * disbursements, each of which may span several.
 */
export async function cellsOfChain(tx: Tx): Promise<RawBuilder<unknown>> {
  await joinWholeSets(tx);
  return cellsOf(sql`${claims({})}
    union all
    select agency_code, quarter::text, jsonb_object_agg('account ' || account, amount_fen) from (
      select agency_code, quarter, account, sum(fen) as amount_fen from (
        select agency_code, quarter, from_account, to_account, sum(amount_fen) as amount_fen from ledger_entry
        group by 1, 2, 3, 4
      ) as moved, lateral (values (from_account, -amount_fen), (to_account, amount_fen)) as side (account, fen)
      group by 1, 2, 3
    ) as balance group by 1, 2
    union all
    select agency_code, '*', jsonb_build_object(name || ' count', sum(count), name || ' fen', sum(amount_fen))
    from (${funds}) as fund join disbursement using (disbursement_id) group by agency_code, name`);
}

/** Cases per statement when a figure is listed, and per answer: what nearly nobody has would else be sought for seconds. */
const casesPerPage = 500;
const mostCases = 10_000;

/**
 * The months behind a figure, case by case in order of id: up to `limit`, and one more to see whether there is a next
 * page. `after` is the last case that was looked at; null after all of them.
 */
export async function listClaims(
  tx: Tx,
  scope: ClaimScope,
  figure: ClaimFigure,
  page: { afterId: string | null; limit: number },
) {
  lookUpEach(tx);
  const found: ClaimedCase[] = [];
  let after = page.afterId;
  let looked = 0;
  do {
    const cases = await listCases(tx, scope, figure, after);
    looked += cases.length;
    const granted = grantedMonths(scope, sql`a.application_id = any(${cases}::uuid[])`);
    const { rows } = await sql<ClaimedCase>`
      with granted as (${granted})
      select person_id, application_id, case_number, sum(amount_fen)::bigint as amount_fen,
        json_agg(json_build_object('month', month, 'amountFen', amount_fen, 'lineId', line_id,
          'disbursementId', disbursement_id, 'lineState', line_state, 'recoveryId', recovery_id) order by month) as months
      from granted where ${conditions[figure]}
      group by person_id, application_id, case_number order by application_id
      limit ${atMost(page.limit + 1 - found.length)}`.execute(tx);
    found.push(...rows);
    after = cases.length < casesPerPage ? null : (cases.at(-1) ?? null);
  } while (after !== null && found.length <= page.limit && looked < mostCases);
  return { found, after };
}

const recovered = sql`select person_id from recovery where state in ('confirmed', 'repaid')`;
/** Who may have a month that counts in a figure. Everybody granted something may have one that was granted or waits. */
const holders: Readonly<
  Record<Exclude<ClaimFigure, 'approved' | 'waiting'>, readonly RawBuilder<unknown>[]>
> = {
  held: [payeesOf('held')],
  inPayment: [payeesOf('in-payment', 'unknown')],
  unknown: [payeesOf('unknown')],
  paid: [payeesOf('paid'), recovered],
  failed: [payeesOf('failed')],
  returned: [payeesOf('returned')],
  recoveredBeforePayment: [recovered],
  recovered: [recovered],
  setOff: [sql`select person_id from set_off where reversed_at is null`],
};

function payeesOf(...states: readonly LineState[]) {
  return sql`select person_id from payment_line where state in (${sql.join(states.map((state) => sql.lit(state)))})`;
}

/** The next approved cases of those who may have such a month, in order of id. */
async function listCases(tx: Tx, scope: ClaimScope, figure: ClaimFigure, after: string | null) {
  const isMeant = isIn(scope, { agency: 'agency_code', person: 'person_id' });
  const among =
    figure === 'approved' || figure === 'waiting'
      ? [sql`true`]
      : holders[figure].map((people) => sql`person_id in (${people})`);
  const parts = among.map(
    (isAmong) => sql`(select application_id from application
      where state = 'approved' and ${isMeant} and ${after === null ? sql`true` : sql`application_id > ${after}`}
        and ${isAmong}
      order by application_id limit ${atMost(casesPerPage)})`,
  );
  const { rows } = await sql<{ applicationId: string }>`
    select application_id from (${sql.join(parts, sql` union `)}) as cases
    order by application_id limit ${atMost(casesPerPage)}`.execute(tx);
  return rows.map(({ applicationId }) => applicationId);
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

/** Lines of a disbursement by state. */
export async function sumLineStates(tx: Tx, disbursementId: string): Promise<Map<LineState, Figure>> {
  const { rows } = await sql<Figure & { state: LineState }>`
    select state, count(*) as count, sum(amount_fen)::bigint as amount_fen
    from payment_line where disbursement_id = ${disbursementId} group by state`.execute(tx);
  return new Map(rows.map(({ state, count, amountFen }) => [state, { count, amountFen }]));
}

/** Money requested, received and returned for a disbursement. */
export async function sumFunds(
  tx: Tx,
  disbursementId: string,
): Promise<Record<'requested' | 'received' | 'returnedToFinance', Figure>> {
  const { rows } = await sql<Figure & { name: string }>`
    select name, sum(count)::bigint as count, sum(amount_fen)::bigint as amount_fen
    from (${funds}) as fund where disbursement_id = ${disbursementId} group by name`.execute(tx);
  const of = (name: string) => {
    const row = rows.find((candidate) => candidate.name === name);
    return { count: row?.count ?? 0, amountFen: row?.amountFen ?? 0 };
  };
  return { requested: of('requested'), received: of('received'), returnedToFinance: of('returnedToFinance') };
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
