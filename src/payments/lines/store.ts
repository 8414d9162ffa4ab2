// Stores rosters, payment lines and the months they pay for; gathering writes all three in one statement. Work on a
// whole disbursement is done in pages in roster order (street, then line), one statement each: even 300,000 lines stay
// within the statement timeout and are never in memory together. Payees are read in payee-store.ts.

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { KeyRange } from '../../platform/database/batches.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import { arrayOf } from '../../platform/database/rows.ts';
import type { Database, PayeeChange } from '../../platform/database/tables.ts';
import type { PaymentFailure } from '../../values/payment-failures.ts';
import { heirToPay, holderOf, isStoppedByDeath } from './heirs-store.ts';
import { isInRange, linesPerPage, monthsOf, type RosterPlace, waitingRanges } from './page-store.ts';
import type { LineState, ReleaseCause } from './states.ts';

/** Sums of lines by the quarter of their months. */
export interface QuarterSum {
  readonly quarter: string;
  readonly amountFen: number;
  readonly lineCount: number;
}

export interface LineKey {
  readonly personId: string;
  readonly lineId: string;
}

export interface MonthKey {
  readonly personId: string;
  readonly applicationId: string;
  readonly month: string;
}

/**
 * Gathers the payable months of a page of people into lines of a disbursement, on the rosters of their streets: every
 * month that is live, in no payment, not in doubt, and not stopped by a death. Months are locked while they are taken
 * (FOR SHARE), so that a recovery made at the same time is either seen here or waits. A person with two cases
 * gets one line, for the account and on the roster of the newer case.
 *
 * @param lineIds at least one per person, assigned in the order of the people's ids
 * @returns the number of lines created
 */
export async function gatherLines(
  tx: Tx,
  disbursement: { disbursementId: string; agencyCode: string },
  people: readonly string[],
  lineIds: readonly string[],
): Promise<number> {
  const { disbursementId, agencyCode } = disbursement;
  // An array, because the planner knows its length: of a range of people between two bounds of its statistics it expects
  // one. OFFSET 0 makes it look up what stands against each month, instead of reading whole tables.
  const { rows } = await sql<{ made: number }>`
    with page as materialized (
      select person_id from unnest(${arrayOf('uuid', people)}::uuid[]) as person_id
    ), month as (
      select m.person_id, m.month, m.application_id, m.amount_fen, a.street_code
      from page join application a using (person_id) join subsidy_month m using (person_id, application_id)
      where a.agency_code = ${agencyCode} and a.state = 'approved' and m.state = 'live'
        and not exists (select from payment_line_month l
          where l.person_id = m.person_id and l.month = m.month and l.live offset 0)
        and not exists (select from recovery r
          where r.person_id = m.person_id and r.month = m.month and r.state = 'suspected' offset 0)
        and not (${isStoppedByDeath('m')})
        -- An approval drawn for a quality review is not paid before the review is confirmed.
        and not exists (select from quality_review s
          where s.person_id = m.person_id and s.application_id = m.application_id and s.state = 'waiting' offset 0)
      for share of m
    ), payee as (
      select person_id, row_number() over (order by person_id) as number, sum(amount_fen)::bigint as amount_fen,
        (array_agg(application_id order by application_id desc))[1] as application_id,
        (array_agg(street_code order by application_id desc))[1] as street_code
      from month group by person_id
    ), rostered as (
      insert into roster (disbursement_id, street_code)
      select distinct ${disbursementId}::uuid, street_code from payee on conflict do nothing
    ), line as (
      insert into payment_line (person_id, line_id, disbursement_id, street_code, application_id, state, amount_fen,
        account_change_id, name_change_id, replaces_line_id)
      select person_id, id.line_id, ${disbursementId}, street_code, application_id, 'waiting', amount_fen,
        coalesce(account.payee_change_id, heir.id), coalesce(heir.id, name.payee_change_id), replaced.line_id
      from payee
      join unnest(${lineIds}::uuid[]) with ordinality as id (line_id, number) using (number)
      left join lateral ${heirToPay(sql`payee.person_id`, sql`payee.application_id`)}
        as heir on true
      left join lateral ${newestChange('account')} as account on heir.id is null or account.payee_change_id > heir.id
      left join lateral ${newestChange('name')} as name on true
      left join lateral (select c.line_id from payee_change c
        where c.person_id = payee.person_id and c.application_id = payee.application_id and c.state = 'confirmed'
          and c.line_id is not null and not exists (select from payment_line other
            where other.replaces_line_id = c.line_id and other.release_cause is null)
        order by payee_change_id desc limit 1) as replaced on true
      returning person_id, line_id
    ), paid_for as (
      insert into payment_line_month (person_id, line_id, month, application_id, amount_fen)
      select person_id, line_id, month, application_id, amount_fen from line join month using (person_id)
    )
    select count(*) as made from line`.execute(tx);
  return rows[0]?.made ?? 0;
}

function newestChange(kind: 'account' | 'name') {
  return sql`(select payee_change_id from payee_change c
        where c.person_id = payee.person_id and c.application_id = payee.application_id and c.kind = ${kind}
          and c.state = 'confirmed'
        order by payee_change_id desc limit 1)`;
}

/** Signs a street's roster. Throws if it was already signed. */
export async function setRosterVerified(
  tx: Tx,
  roster: { disbursementId: string; streetCode: string },
  verifiedAt: string,
  verifiedBy: string,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('roster')
    .set({ verifiedAt, verifiedBy })
    .where('disbursementId', '=', roster.disbursementId)
    .where('streetCode', '=', roster.streetCode)
    .where('verifiedAt', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`the roster of ${roster.streetCode} was signed before`);
}

/** Releases waiting lines, all or those after a roster position; their months wait for another disbursement. */
export async function releaseWaiting(
  tx: Tx,
  disbursementId: string,
  after: RosterPlace | null,
  cause: ReleaseCause,
): Promise<number> {
  let released = 0;
  for await (const range of waitingRanges(tx, disbursementId, after)) {
    const { rows } = await sql<{ count: number }>`
      with released as (
        update payment_line set state = 'released', release_cause = ${cause}
        where disbursement_id = ${disbursementId} and state = 'waiting' and ${isInRange(range)}
        returning person_id, line_id
      ), freed as (
        update payment_line_month m set live = false from released
        where m.person_id = released.person_id and m.line_id = released.line_id
      )
      select count(*) as count from released`.execute(tx);
    released += rows[0]?.count ?? 0;
  }
  return released;
}

/** Releases one waiting or held line. Throws if it is neither. */
export async function releaseLine(tx: Tx, { personId, lineId }: LineKey, cause: ReleaseCause): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('paymentLine')
    .set({ state: 'released', releaseCause: cause })
    .where('personId', '=', personId)
    .where('lineId', '=', lineId)
    .where('state', 'in', ['waiting', 'held'])
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`line ${lineId} was neither waiting nor held`);
  await freeMonths(tx, { personId, lineId });
}

/** Frees the months of a line, or one of them, for another payment. */
export async function freeMonths(tx: Tx, { personId, lineId }: LineKey, month?: string): Promise<void> {
  await tx
    .updateTable('paymentLineMonth')
    .set({ live: false })
    .where('personId', '=', personId)
    .where('lineId', '=', lineId)
    .$if(month !== undefined, (query) => query.where('month', '=', month ?? ''))
    .execute();
}

/**
 * Assigns a month to a set-off as if to a line: the index one_live_line_per_month refuses a month that is in a payment.
 */
export async function occupyBySetOff(tx: Tx, month: MonthKey, setOffId: string, amountFen: number) {
  const { personId, applicationId } = month;
  await tx
    .insertInto('paymentLineMonth')
    .values({ personId, lineId: setOffId, setOffId, month: month.month, applicationId, amountFen })
    .execute();
}

/**
 * Lets a month be occupied again by the line that paid it or would have (paid, held, or failed and not yet corrected),
 * or by its set-off that was not reversed. A replaced or released line had freed the month before; such a month waits
 * for a new line.
 */
export async function restoreMonth(tx: Tx, { personId, applicationId, month }: MonthKey): Promise<void> {
  await sql`
    update payment_line_month m set live = true
    where m.person_id = ${personId} and m.application_id = ${applicationId} and m.month = ${month} and not m.live
      and (exists (select from payment_line l where l.person_id = m.person_id and l.line_id = m.line_id
        and (l.state in ('paid', 'held') or (l.state in ('failed', 'returned') and not exists (
          select from payee_change c
          where c.person_id = l.person_id and c.line_id = l.line_id and c.state = 'confirmed'))))
        or exists (select from set_off o
          where o.person_id = m.person_id and o.set_off_id = m.line_id and o.reversed_at is null))`.execute(
    tx,
  );
}

/** Holds lines, each with its reason. Throws if one of them is not waiting. */
export async function holdLines(
  tx: Tx,
  lines: readonly (LineKey & { readonly reason: string })[],
): Promise<void> {
  if (lines.length === 0) return;
  const { numAffectedRows } = await sql`
    update payment_line l set state = 'held', hold_reason = held.reason
    from unnest(${lines.map((line) => line.personId)}::uuid[], ${lines.map((line) => line.lineId)}::uuid[],
      ${lines.map((line) => line.reason)}::text[]) as held (person_id, line_id, reason)
    where l.person_id = held.person_id and l.line_id = held.line_id and l.state = 'waiting'`.execute(tx);
  if (numAffectedRows !== BigInt(lines.length)) throw new Error('not every line to be held was waiting');
}

/** Waiting lines of a disbursement that go to the bank together. */
export interface Payable {
  readonly disbursementId: string;
  readonly doubtful: readonly string[];
}

/**
 * Assigns the waiting lines of a roster range to a batch, and signs the cases that they pay for. Returns sums by quarter;
 * undefined if the officer has another part in one of the cases.
 *
 * @param signing the statement that signs the cases of a table
 */
export async function putInBatch(
  tx: Tx,
  { disbursementId, doubtful }: Payable,
  batchNumber: string,
  signing: (cases: RawBuilder<unknown>) => RawBuilder<unknown>,
  range: KeyRange<RosterPlace>,
): Promise<QuarterSum[] | undefined> {
  const { rows } = await sql<{ sums: QuarterSum[]; isSigned: boolean }>`
    with moved as (
      update payment_line l set state = 'in-payment', batch_number = ${batchNumber}
      where disbursement_id = ${disbursementId} and state = 'waiting' and line_id <> all(${doubtful}::uuid[])
        and ${isInRange(range, 'l')}
      returning l.person_id, l.line_id
    ), month as (select m.* from moved join ${monthsOf('moved')} on true),
    signed as (${signing(sql`month`)} returning 1),
    sums as (
      select quarter_of(month) as quarter, sum(amount_fen)::bigint as amount_fen, count(distinct line_id) as line_count
      from month group by 1
    )
    select coalesce((select json_agg(json_build_object('quarter', quarter, 'amountFen', amount_fen, 'lineCount', line_count))
        from sums), '[]') as sums,
      (select count(*) from signed) = (select count(distinct application_id) from month) as is_signed`.execute(
    tx,
  );
  const [row] = rows;
  return row?.isSigned === true ? row.sums : undefined;
}

/** Lets the lines of a batch wait again, one page at a time. Returns sums by quarter. */
export async function takeOutOfBatch(
  tx: Tx,
  disbursementId: string,
  batchNumber: string,
): Promise<QuarterSum[]> {
  const sums: QuarterSum[] = [];
  for (;;) {
    const page = await sumMoved(
      tx,
      sql`update payment_line l set state = 'waiting', batch_number = null
        where line_id in (select line_id from payment_line
          where disbursement_id = ${disbursementId} and batch_number = ${batchNumber} and state = 'in-payment'
          limit ${atMost(linesPerPage)})`,
    );
    if (page.length === 0) return sums;
    sums.push(...page);
  }
}

/** What the bank says of a line; result null if it could not be understood. */
export interface LineResult {
  readonly lineId: string;
  readonly result: 'paid' | 'failed' | 'unknown' | null;
  readonly failure?: PaymentFailure;
}

/** Lines that went to the bank together. */
export interface Batch {
  readonly disbursementId: string;
  readonly batchNumber: string;
}

/** The months of one case that a changed line pays, with the line's new state. */
export interface MovedCase extends LineKey {
  readonly applicationId: string;
  readonly months: readonly { readonly month: string; readonly amountFen: number }[];
  /** Of the whole line, which may pay another case too. */
  readonly lineFen: number;
  readonly state: LineState;
  readonly failure: PaymentFailure | null;
}

/** Written in this transaction: a row names the transaction that wrote it. */
export const isWrittenNow = sql<SqlBool>`l.xmin = pg_current_xact_id()::xid`;

/**
 * Stores the bank's results of lines that are with it and have had no result in this transaction, and returns them. Only
 * in a transaction that is rolled back a result may be null.
 */
export async function setLineResults(
  tx: Tx,
  { disbursementId, batchNumber }: Batch,
  results: readonly LineResult[],
  at: string,
): Promise<MovedCase[]> {
  return await listMoved(
    tx,
    sql`update payment_line l set state = coalesce(told.result, 'unknown'), failure = told.failure,
        settled_at = case when told.result in ('paid', 'failed') then ${at}::timestamptz end
      from unnest(${results.map(({ lineId }) => lineId)}::uuid[], ${results.map(({ result }) => result)}::text[],
        ${results.map(({ failure }) => failure ?? null)}::text[]) as told (line_id, result, failure)
      where l.line_id = told.line_id and l.disbursement_id = ${disbursementId} and l.batch_number = ${batchNumber}
        and l.state in ('in-payment', 'unknown') and not ${isWrittenNow}`,
  );
}

/** Marks a paid line as returned by the bank; returns its months. Throws if it is not paid. */
export async function setLineReturned(
  tx: Tx,
  { personId, lineId }: LineKey,
  at: string,
): Promise<MovedCase[]> {
  const moved = await listMoved(
    tx,
    sql`update payment_line l set state = 'returned', settled_at = ${at}
      where person_id = ${personId} and line_id = ${lineId} and state = 'paid'`,
  );
  if (moved.length === 0) throw new Error(`line ${lineId} was not paid`);
  return moved;
}

/** Runs an update of lines and returns their months, by line and case. */
async function listMoved(tx: Tx, update: RawBuilder<unknown>): Promise<MovedCase[]> {
  const { rows } = await sql<MovedCase>`
    with moved as (${update} returning l.person_id, l.line_id, l.state, l.failure, l.amount_fen)
    select moved.person_id, moved.line_id, moved.state, moved.failure, moved.amount_fen as line_fen, m.application_id,
      json_agg(json_build_object('month', m.month, 'amountFen', m.amount_fen) order by m.month) as months
    from moved join ${monthsOf('moved')} on true
    group by moved.person_id, moved.line_id, moved.state, moved.failure, moved.amount_fen, m.application_id
    order by moved.line_id, m.application_id`.execute(tx);
  return rows;
}

/** The same for whole batches, returning only sums. */
async function sumMoved(tx: Tx, update: RawBuilder<unknown>): Promise<QuarterSum[]> {
  const { rows } = await sql<QuarterSum>`
    with moved as (${update} returning l.person_id, l.line_id)
    select quarter_of(m.month) as quarter, sum(m.amount_fen)::bigint as amount_fen,
      count(distinct m.line_id) as line_count
    from moved join ${monthsOf('moved')} on true group by 1 order by 1`.execute(tx);
  return rows;
}

/**
 * Inserts a line that replaces one that did not arrive. The index one_live_replacement_per_line refuses a second one.
 */
export async function insertReplacement(
  tx: Tx,
  line: Pick<
    Database['paymentLine'],
    'personId' | 'lineId' | 'disbursementId' | 'streetCode' | 'applicationId' | 'amountFen'
  > & { accountChangeId: string; replacesLineId: string },
  months: readonly { month: string; applicationId: string; amountFen: number }[],
): Promise<void> {
  await tx
    .insertInto('paymentLine')
    .values({ ...line, state: 'waiting', nameChangeId: holderOf(line) })
    .execute();
  const { personId, lineId } = line;
  await tx
    .insertInto('paymentLineMonth')
    .values(months.map((month) => ({ personId, lineId, ...month })))
    .execute();
}

/** Pays these lines, which the bank does not have, to another account, under another name, or to an heir. */
export async function setPayee(
  tx: Tx,
  personId: string,
  lineIds: readonly string[],
  { kind, payeeChangeId }: Pick<PayeeChange, 'kind' | 'payeeChangeId'>,
): Promise<void> {
  await tx
    .updateTable('paymentLine')
    .set({
      ...(kind === 'name' ? {} : { accountChangeId: payeeChangeId }),
      ...(kind === 'account' ? {} : { nameChangeId: payeeChangeId }),
    })
    .where('personId', '=', personId)
    .where('lineId', '=', (eb) => eb.fn.any(eb.val(lineIds)))
    .where('state', 'in', ['waiting', 'held'])
    .execute();
}
