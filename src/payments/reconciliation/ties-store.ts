// Compares in SQL the amounts that two tables hold for the same money. Reads only; every row found is an error.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';

/** A difference between the amounts of two tables. */
export interface LooseEnd {
  /** The equation: what should be equal, left and right. */
  readonly tie: string;
  /** What to look up: the id of a line, case or recovery, the number of a batch, or a disbursement and quarter. */
  readonly where: string;
  readonly left: number;
  readonly right: number;
}

/** Findings reported per check, at most. */
const mostFindings = 100;

/** Queries with the columns `id`, `left_fen` and `right_fen`; null counts as 0. */
const ties: ReadonlyMap<string, RawBuilder<unknown>> = new Map(
  Object.entries<RawBuilder<unknown>>({
    'line = its months': sql`
    select l.line_id::text as id, l.amount_fen as left_fen, sum(m.amount_fen) as right_fen
    from payment_line l left join payment_line_month m using (person_id, line_id)
    group by l.line_id, l.amount_fen`,

    'month in a payment = month granted': sql`
    select m.line_id || ' ' || m.month as id, m.amount_fen as left_fen, s.amount_fen as right_fen
    from payment_line_month m left join subsidy_month s using (person_id, month, application_id)`,

    'file for the bank = its lines': sql`
    select f.batch_number as id, f.amount_fen as left_fen, sum(l.amount_fen) as right_fen
    from payment_file f left join payment_line l
      on l.disbursement_id = f.disbursement_id and l.batch_number = f.batch_number
    where not f.is_withdrawn group by f.batch_number, f.amount_fen`,

    'file for the bank = number of its lines': sql`
    select f.batch_number as id, f.line_count as left_fen, count(l.line_id) as right_fen
    from payment_file f left join payment_line l
      on l.disbursement_id = f.disbursement_id and l.batch_number = f.batch_number
    where not f.is_withdrawn group by f.batch_number, f.line_count`,

    'granted in the ledger = months of the case': sql`
    select coalesce(entered.application_id, granted.application_id)::text as id,
      entered.amount_fen as left_fen, granted.amount_fen as right_fen
    from (
      select application_id, sum(case when from_account = 'entitled' then amount_fen else -amount_fen end) as amount_fen
      from ledger_entry where 'entitled' in (from_account, to_account) group by application_id
    ) as entered
    full join (
      select application_id, sum(amount_fen) as amount_fen
      from subsidy_month where state in ('live', 'recovered') group by application_id
    ) as granted using (application_id)`,

    ...Object.fromEntries(
      (
        [
          ['in-payment', ['in-payment', 'unknown']],
          ['paid', ['paid']],
        ] as const
      ).flatMap(([account, states]) =>
        [account, `cash-${account}`].map((name) => [
          `${name} in the ledger = months of the disbursement’s lines`,
          balanceOfLines(name, states),
        ]),
      ),
    ),

    'received in the ledger = receipts': fundsIn('finance', 'fund_receipt'),
    'given back in the ledger = fund returns': fundsIn('returned-to-finance', 'fund_return'),

    'owed and repaid in the ledger = recovery': sql`
    select r.recovery_id::text as id,
      case when r.state in ('confirmed', 'repaid') then r.amount_fen else 0 end as left_fen,
      (select sum(case when from_account in ('debtor', 'waiting') then e.amount_fen
        when to_account in ('debtor', 'waiting') then -e.amount_fen else 0 end)
        from ledger_entry e where e.recovery_id = r.recovery_id) as right_fen
    from recovery r`,

    'repaid in the ledger = recovery': sql`
    select r.recovery_id::text as id, r.repaid_fen - r.refunded_fen as left_fen,
      (select sum(case when to_account = 'repaid' then e.amount_fen when from_account = 'repaid' then -e.amount_fen else 0 end)
        from ledger_entry e where e.recovery_id = r.recovery_id) as right_fen
    from recovery r`,

    'repaid = repayments': sql`
    select r.recovery_id::text as id, r.repaid_fen as left_fen, sum(p.amount_fen) as right_fen
    from recovery r left join repayment p using (person_id, recovery_id) group by r.recovery_id, r.repaid_fen`,

    'paid − repaid of a month ≤ its amount': sql`
    select person_id || ' ' || month || ' ' || string_agg(case_number, ' ' order by case_number) as id,
      sum(paid_fen - repaid_fen) as left_fen, max(amount_fen) as right_fen
    from (
      select m.person_id, m.month, a.case_number, m.amount_fen,
        case when l.state = 'paid' or r.was_paid or o.set_off_id is not null then m.amount_fen else 0 end as paid_fen,
        coalesce(r.repaid_fen + r.set_off_fen - r.refunded_fen, 0) as repaid_fen
      from subsidy_month m
      join application a using (person_id, application_id)
      left join payment_line_month pm on pm.person_id = m.person_id and pm.month = m.month
        and pm.application_id = m.application_id and pm.live
      left join payment_line l on l.person_id = pm.person_id and l.line_id = pm.line_id
      left join recovery r on r.person_id = m.person_id and r.month = m.month
        and r.application_id = m.application_id and r.state in ('confirmed', 'repaid')
      left join set_off o on o.person_id = m.person_id and o.month = m.month
        and o.application_id = m.application_id and o.reversed_at is null
      where m.state in ('live', 'recovered')
    ) as granted
    group by person_id, month having sum(paid_fen - repaid_fen) > max(amount_fen)`,

    'owed month = recovery that owes': sql`
    select coalesce(m.person_id, r.person_id) || ' ' || coalesce(m.month, r.month) as id,
      (m.person_id is not null)::int as left_fen, (r.person_id is not null)::int as right_fen
    from (select * from subsidy_month where still_owed) as m
    full join (select * from recovery where owes) as r using (person_id, month, application_id)`,

    'set off in the ledger = set-offs of the recovery': sql`
    select r.recovery_id::text as id,
      (select sum(case when to_account = 'settled-by-set-off' then e.amount_fen
        when from_account = 'settled-by-set-off' then -e.amount_fen else 0 end)
        from ledger_entry e where e.recovery_id = r.recovery_id) as left_fen,
      (select sum(o.amount_fen) from set_off o
        where o.person_id = r.person_id and o.recovery_id = r.recovery_id and o.reversed_at is null) as right_fen
    from recovery r`,

    'set off of the recovery = its set-offs': sql`
    select r.recovery_id::text as id, r.set_off_fen as left_fen, sum(o.amount_fen) as right_fen
    from recovery r left join set_off o on o.person_id = r.person_id and o.recovery_id = r.recovery_id
      and o.reversed_at is null
    group by r.recovery_id, r.set_off_fen`,

    'month set off = month held by the set-off': sql`
    select o.set_off_id::text as id, case when s.state = 'live' then o.amount_fen else 0 end as left_fen,
      case when m.live then m.amount_fen else 0 end as right_fen
    from set_off o
    join subsidy_month s using (person_id, month, application_id)
    left join payment_line_month m on m.person_id = o.person_id and m.line_id = o.set_off_id and m.month = o.month
    where o.reversed_at is null`,

    'payments of a month ≤ 1': sql`
    select person_id || ' ' || month as id, count(*) as left_fen, 1 as right_fen
    from payment_line_month where live group by person_id, month`,

    'live months of cases that are not approved = 0': sql`
    select m.application_id::text as id, count(*) as left_fen, 0 as right_fen
    from subsidy_month m join application a using (person_id, application_id)
    where m.state in ('live', 'recovered') and a.state <> 'approved' group by m.application_id`,
  }),
);

/** Compares the balance of a disbursement's account, by quarter, with the months of its lines in the given states. */
function balanceOfLines(account: string, states: readonly string[]): RawBuilder<unknown> {
  return sql`
    select d.disbursement_number || ' ' || quarter as id, entered.amount_fen as left_fen, paid_for.amount_fen as right_fen
    from (
      select disbursement_id, quarter, sum(case when to_account = ${account} then amount_fen else -amount_fen end) as amount_fen
      from ledger_entry where ${account} in (from_account, to_account) group by 1, 2
    ) as entered
    full join (
      select l.disbursement_id, quarter_of(m.month) as quarter, sum(m.amount_fen) as amount_fen
      from payment_line l join payment_line_month m using (person_id, line_id)
      where l.state = any(${states}) group by 1, 2
    ) as paid_for using (disbursement_id, quarter)
    left join disbursement d using (disbursement_id)`;
}

function fundsIn(account: string, table: 'fund_receipt' | 'fund_return'): RawBuilder<unknown> {
  return sql`
    select d.disbursement_number as id, entered.amount_fen as left_fen, told.amount_fen as right_fen
    from disbursement d
    left join (
      select disbursement_id,
        abs(sum(case when to_account = ${account} then amount_fen else -amount_fen end)) as amount_fen
      from ledger_entry where ${account} in (from_account, to_account) group by 1
    ) as entered using (disbursement_id)
    left join (
      select disbursement_id, sum(amount_fen) as amount_fen from ${sql.table(table)} group by 1
    ) as told using (disbursement_id)`;
}

/** Every difference in the whole city. */
export async function listLooseEnds(tx: Tx): Promise<LooseEnd[]> {
  const found: LooseEnd[] = [];
  for (const [tie, question] of ties) {
    const { rows } = await sql<{ id: string; leftFen: number; rightFen: number }>`
      select id, coalesce(left_fen, 0)::bigint as left_fen, coalesce(right_fen, 0)::bigint as right_fen
      from (${question}) as tie where coalesce(left_fen, 0) <> coalesce(right_fen, 0)
      order by id limit ${atMost(mostFindings)}`.execute(tx);
    found.push(
      ...rows.map(({ id, leftFen, rightFen }) => ({ tie, where: id, left: leftFen, right: rightFen })),
    );
  }
  return found;
}

export async function listAgencies(tx: Tx): Promise<string[]> {
  const rows = await tx.selectFrom('agency').select('agencyCode').orderBy('agencyCode').execute();
  return rows.map(({ agencyCode }) => agencyCode);
}
