// Remembers payment lines and the months they pay for. What concerns a whole disbursement is done in pages of the roster's
// order (street, then line), each one statement: 300,000 lines stay within the time-out of a statement and never stand in
// memory together.

import { type RawBuilder, sql } from 'kysely';
import { type KeyRange, keyRangesOf } from '../../platform/database/batches.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { LineState, PaymentFailure, ReleaseCause } from '../disbursement/states.ts';

/** Lines in one statement; about a quarter of a second on a small machine. */
export const linesPerPage = 5_000;

/** A place in the order of the rosters. */
export interface RosterPlace {
  readonly streetCode: string;
  readonly lineId: string;
}

/** What lines pay for, by the quarter of their months. */
export interface QuarterSum {
  readonly quarter: string;
  readonly amountFen: number;
  readonly lineCount: number;
}

export interface LineKey {
  readonly personId: string;
  readonly lineId: string;
}

/** The people of the agency who had a case approved, `linesPerPage` at a time. */
export function approvedPeople(tx: Tx, agencyCode: string) {
  return keyRangesOf<string>(async (after) => {
    const { rows } = await sql<{ personId: string }>`
      select person_id from (
        select distinct person_id from application
        where agency_code = ${agencyCode} and state = 'approved' and (${after}::uuid is null or person_id > ${after})
        order by person_id limit ${linesPerPage}
      ) as people order by person_id desc limit 1`.execute(tx);
    return rows[0]?.personId;
  });
}

/**
 * Whether the person of a month has died, and nobody has decided yet who is paid for it.
 *
 * @param people where only these are looked at: else the planner reads all deaths for each page of them
 */
export function isUndecidedAfterDeath(month: string, people: RawBuilder<unknown> = sql`true`) {
  const of = (column: string) => sql.ref(`${month}.${column}`);
  return sql`exists (select from death where death.person_id = ${of('person_id')} and ${people})
    and not exists (select from payment_after_death decided
      where decided.person_id = ${of('person_id')} and decided.application_id = ${of('application_id')})`;
}

/**
 * Gathers the payable months of the people after one and through another into lines of a disbursement: every month that
 * is live, in no payment, not in doubt, and not of somebody who died. Months are held while they are taken (FOR SHARE): one that is recovered at
 * the same time is either gone or seen here. A person with two cases is paid once, into the newer one's account, on its
 * street's roster.
 *
 * @param lineIds as many as there may be people; taken in the order of the people
 * @returns how many lines were made
 */
export async function gatherLines(
  tx: Tx,
  disbursement: { disbursementId: string; agencyCode: string },
  people: KeyRange<string>,
  lineIds: readonly string[],
): Promise<number> {
  const { disbursementId, agencyCode } = disbursement;
  const { rows } = await sql<{ made: number }>`
    with month as (
      select m.person_id, m.month, m.application_id, m.amount_fen, a.street_code
      from application a join subsidy_month m using (person_id, application_id)
      where a.agency_code = ${agencyCode} and a.state = 'approved' and ${isAmong('a', people)}
        and m.state = 'live' and ${isAmong('m', people)}
        and not exists (select from payment_line_month l
          where l.person_id = m.person_id and l.month = m.month and l.live and ${isAmong('l', people)})
        and not exists (select from recovery r
          where r.person_id = m.person_id and r.month = m.month and r.state = 'suspected')
        and not (${isUndecidedAfterDeath('m', isAmong('death', people))})
        -- An approval that was drawn for a quality review waits for it.
        and not exists (select from second_look s
          where s.person_id = m.person_id and s.application_id = m.application_id and s.state = 'waiting')
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
        correction_id, replaces_line_id)
      select person_id, id.line_id, ${disbursementId}, street_code, application_id, 'waiting', amount_fen,
        correction.correction_id, replaced.line_id
      from payee
      join unnest(${lineIds}::uuid[]) with ordinality as id (line_id, number) using (number)
      left join lateral (select correction_id from payment_correction c
        where c.person_id = payee.person_id and c.application_id = payee.application_id and c.state = 'confirmed'
        order by correction_id desc limit 1) as correction on true
      left join lateral (select c.line_id from payment_correction c
        where c.person_id = payee.person_id and c.application_id = payee.application_id and c.state = 'confirmed'
          and not exists (select from payment_line other
            where other.replaces_line_id = c.line_id and other.release_cause is null)
        order by correction_id desc limit 1) as replaced on true
      returning person_id, line_id
    ), paid_for as (
      insert into payment_line_month (person_id, line_id, month, application_id, amount_fen)
      select person_id, line_id, month, application_id, amount_fen from line join month using (person_id)
    )
    select count(*) as made from line`.execute(tx);
  return rows[0]?.made ?? 0;
}

/**
 * Said of every table by itself: what holds for one side of a join the planner does not know of the other, and it would
 * read the whole of it for each page.
 */
function isAmong(table: string, { after, through }: KeyRange<string>) {
  const id = sql.ref(`${table}.person_id`);
  return after === null ? sql`${id} <= ${through}` : sql`${id} > ${after} and ${id} <= ${through}`;
}

const linesTables = ['payment_line', 'payment_line_month'] as const;
// Not the lines' own: of an empty table that was counted the planner believes that it stays empty while it is filled.
const gatheredTables = [
  'application',
  'subsidy_month',
  'recovery',
  'second_look',
  'payment_correction',
] as const;

/**
 * Tells the planner how much there is to gather. At the beginning: on a young database, or after a crash that lost
 * every count, it would plan the gathering as if there were next to nothing.
 */
export async function countBeforeGathering(tx: Tx): Promise<void> {
  await countForPlanner(tx, gatheredTables);
}

/**
 * Tells the planner how many lines there are now: it would learn it by itself a minute later, and until then sort all lines
 * of a disbursement for each page of them. For a small one it makes no difference.
 */
export async function countAfterGathering(tx: Tx): Promise<void> {
  await countForPlanner(tx, linesTables);
}

async function countForPlanner(tx: Tx, tables: readonly string[]): Promise<void> {
  for (const table of tables) await sql`select count_for_planner(${table})`.execute(tx);
}

/** Count and sum of the lines in some states. */
export async function sumLines(
  tx: Tx,
  disbursementId: string,
  states: readonly LineState[],
): Promise<{ lineCount: number; amountFen: number }> {
  const { rows } = await sql<{ lineCount: number; amountFen: number }>`
    select count(*) as line_count, coalesce(sum(amount_fen), 0)::bigint as amount_fen
    from payment_line where disbursement_id = ${disbursementId} and state = any(${states})`.execute(tx);
  return rows[0] ?? { lineCount: 0, amountFen: 0 };
}

/** The waiting lines of a disbursement, a batch after another in the order of its rosters. */
export function waitingRanges(tx: Tx, disbursementId: string, start: RosterPlace | null = null) {
  return keyRangesOf(async (after) => {
    const { rows } = await sql<RosterPlace>`
      select street_code, line_id from (
        select street_code, line_id from payment_line
        where disbursement_id = ${disbursementId} and state = 'waiting' and ${isAfter(after)}
        order by street_code, line_id limit ${linesPerPage}
      ) as page order by street_code desc, line_id desc limit 1`.execute(tx);
    return rows[0];
  }, start);
}

/** Lets waiting lines go, after a place of the roster or all: their months wait for another disbursement. */
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

/** Lets one waiting or held line go. Throws when it is neither. */
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

/** The line no longer occupies its months, or one of them. */
export async function freeMonths(tx: Tx, { personId, lineId }: LineKey, month?: string): Promise<void> {
  await tx
    .updateTable('paymentLineMonth')
    .set({ live: false })
    .where('personId', '=', personId)
    .where('lineId', '=', lineId)
    .$if(month !== undefined, (query) => query.where('month', '=', month ?? ''))
    .execute();
}

/** Holds lines back, each with its reason. Throws when one of them does not wait. */
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

/**
 * Waiting lines of which a month is in doubt: a recovery is suspected and nobody was heard yet, or the person has died and
 * nobody has decided who is paid. They are not sent to the bank. Asked once for a batch, so that a doubt that arises
 * meanwhile comes after it.
 */
export async function listDoubtful(tx: Tx, disbursementId: string): Promise<string[]> {
  const { rows } = await sql<{ lineId: string }>`
    select distinct l.line_id
    from disbursement d
    join recovery r on r.agency_code = d.agency_code and r.state = 'suspected'
    join payment_line_month m on m.person_id = r.person_id and m.month = r.month
      and m.application_id = r.application_id and m.live
    join payment_line l on l.person_id = m.person_id and l.line_id = m.line_id
      and l.disbursement_id = d.disbursement_id and l.state = 'waiting'
    where d.disbursement_id = ${disbursementId}
    union
    select l.line_id
    from (select distinct person_id from death offset 0) as died
    join payment_line l on l.person_id = died.person_id and l.disbursement_id = ${disbursementId} and l.state = 'waiting'
    join payment_line_month m on m.person_id = l.person_id and m.line_id = l.line_id
    where ${isUndecidedAfterDeath('m')}`.execute(tx);
  return rows.map(({ lineId }) => lineId);
}

/** Waiting lines of a disbursement that go to the bank together. */
export interface Payable {
  readonly disbursementId: string;
  readonly doubtful: readonly string[];
}

/** Count and sum of what may be sent. */
export async function sumPayable(
  tx: Tx,
  { disbursementId, doubtful }: Payable,
): Promise<{ lineCount: number; amountFen: number }> {
  const { rows } = await sql<{ lineCount: number; amountFen: number }>`
    select count(*) as line_count, coalesce(sum(amount_fen), 0)::bigint as amount_fen
    from payment_line where disbursement_id = ${disbursementId} and state = 'waiting'
      and line_id <> all(${doubtful}::uuid[])`.execute(tx);
  return rows[0] ?? { lineCount: 0, amountFen: 0 };
}

/** Puts the waiting lines of a range of the roster into a batch. */
export async function putInBatch(
  tx: Tx,
  { disbursementId, doubtful }: Payable,
  batchNumber: string,
  range: KeyRange<RosterPlace>,
): Promise<QuarterSum[]> {
  return await moved(
    tx,
    sql`update payment_line l set state = 'in-payment', batch_number = ${batchNumber}
      where disbursement_id = ${disbursementId} and state = 'waiting' and line_id <> all(${doubtful}::uuid[])
        and ${isInRange(range, 'l')}`,
  );
}

export interface LineResult extends LineKey {
  readonly to: 'paid' | 'failed' | 'unknown';
  readonly failure: PaymentFailure | null;
}

/** Writes what the bank says of lines that are with it; sums of those that moved out of its hands. */
export async function setLineResults(tx: Tx, results: readonly LineResult[]): Promise<QuarterSum[]> {
  return await moved(
    tx,
    sql`update payment_line l set state = result.state, failure = result.failure
      from unnest(${results.map((line) => line.personId)}::uuid[], ${results.map((line) => line.lineId)}::uuid[],
        ${results.map((line) => line.to)}::text[], ${results.map((line) => line.failure)}::text[])
        as result (person_id, line_id, state, failure)
      where l.person_id = result.person_id and l.line_id = result.line_id and l.state in ('in-payment', 'unknown')`,
    results.length,
  );
}

/** A paid line came back from the bank. */
export async function setLineReturned(tx: Tx, { personId, lineId }: LineKey): Promise<QuarterSum[]> {
  return await moved(
    tx,
    sql`update payment_line l set state = 'returned'
      where person_id = ${personId} and line_id = ${lineId} and state = 'paid'`,
    1,
  );
}

/** Runs an update of lines and answers what they pay for. Throws when it moved another number of them than expected. */
export async function moved(tx: Tx, update: RawBuilder<unknown>, expected?: number): Promise<QuarterSum[]> {
  const { rows } = await sql<QuarterSum & { moved: number }>`
    with moved as (${update} returning l.person_id, l.line_id)
    select quarter_of(m.month) as quarter, sum(m.amount_fen)::bigint as amount_fen,
      count(distinct m.line_id) as line_count, (select count(*) from moved) as moved
    from moved join ${monthsOf('moved')} on true group by 1 order by 1`.execute(tx);
  const [first] = rows;
  if (expected !== undefined && (first?.moved ?? 0) !== expected)
    throw new Error(`${first?.moved ?? 0} lines moved instead of ${expected}`);
  return rows.map(({ quarter, amountFen, lineCount }) => ({ quarter, amountFen, lineCount }));
}

/**
 * The months of each line of a page, looked up one after another. Left to itself the planner may read all months of all
 * disbursements for each page (OFFSET 0 keeps it from that), and a large disbursement has sixty pages.
 */
export function monthsOf(lines: string) {
  const of = (column: string) => sql.ref(`${lines}.${column}`);
  return sql`lateral (select * from payment_line_month
    where person_id = ${of('person_id')} and line_id = ${of('line_id')} offset 0) as m`;
}

export function isAfter(place: RosterPlace | null) {
  return place === null
    ? sql<boolean>`true`
    : sql<boolean>`(street_code, line_id) > (${place.streetCode}, ${place.lineId}::uuid)`;
}

/** @param of the table of lines, where the columns of another would be meant as well */
export function isInRange({ after, through }: KeyRange<RosterPlace>, of = 'payment_line') {
  const place = sql`(${sql.ref(`${of}.street_code`)}, ${sql.ref(`${of}.line_id`)})`;
  const isThrough = sql`${place} <= (${through.streetCode}, ${through.lineId}::uuid)`;
  return after === null
    ? isThrough
    : sql`${place} > (${after.streetCode}, ${after.lineId}::uuid) and ${isThrough}`;
}
