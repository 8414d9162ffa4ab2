// Stores the months of cases: claimed, released, granted, refused, recovered.

import type { Selectable } from 'kysely';
import type { Tx } from '../../platform/database/connect.ts';
import type { SubsidyMonth } from '../../platform/database/tables.ts';
import { ask } from '../../platform/database/transaction.ts';
import type { CaseKey } from './store.ts';

export type MonthRow = Selectable<SubsidyMonth>;
export type ClaimedMonth = Pick<MonthRow, 'month' | 'state' | 'amountFen'>;

/** Months as one text: a statement with an array is planned anew each time. */
const joined = (months: readonly string[]): string => months.join(' ');

const claiming = `insert into subsidy_month as own (person_id, application_id, month, state, after_recovery_id)
  select $1, $2, given.month, 'claimed', (select r.recovery_id from recovery r
    where r.person_id = $1 and r.month = given.month and r.state = 'repaid' order by r.recovery_id desc limit 1)
  from unnest(string_to_array($3, ' ')) as given (month)`;
const again = `on conflict (person_id, month, application_id)
  do update set state = 'claimed', after_recovery_id = excluded.after_recovery_id where own.state = 'released'`;
const asClaimed = 'returning month, state, amount_fen as "amountFen"';

/**
 * Claims months that the case never had. Returns their rows. The index one_live_claim_per_person_month refuses a month that
 * is claimed or live elsewhere, or that was recovered and is still owed; a month that a recovery freed keeps it, and
 * one_second_claim_per_person_month refuses a third claim.
 */
export async function insertClaims(tx: Tx, { personId, applicationId }: CaseKey, months: readonly string[]) {
  return await ask<ClaimedMonth>(tx, `${claiming} ${asClaimed}`, [personId, applicationId, joined(months)]);
}

/** The same of months of which the case may have released some. */
export async function renewClaims(tx: Tx, { personId, applicationId }: CaseKey, months: readonly string[]) {
  const parameters = [personId, applicationId, joined(months)];
  return await ask<ClaimedMonth>(tx, `${claiming} ${again} ${asClaimed}`, parameters);
}

/** Releases the given months of the case, or all its claimed months. Returns their rows. */
export async function releaseClaims(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  months?: readonly string[],
): Promise<MonthRow[]> {
  let query = tx
    .updateTable('subsidyMonth')
    .set({ state: 'released' })
    .where('personId', '=', personId)
    .where('applicationId', '=', applicationId)
    .where('state', '=', 'claimed');
  if (months !== undefined) query = query.where('month', 'in', [...months]);
  return await query.returningAll().execute();
}

export type MonthKey = Pick<MonthRow, 'personId' | 'applicationId' | 'month'>;

/**
 * Changes the state of one month of one case, and its amount and `stillOwed` where given. Throws if it is not in the
 * expected state.
 */
export async function setMonthState(
  tx: Tx,
  key: MonthKey,
  from: MonthRow['state'],
  to: MonthRow['state'],
  more: { readonly amountFen?: number | null; readonly stillOwed?: boolean } = {},
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('subsidyMonth')
    .set({ state: to, ...more })
    .where('personId', '=', key.personId)
    .where('applicationId', '=', key.applicationId)
    .where('month', '=', key.month)
    .where('state', '=', from)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error(`month ${key.month} of ${key.applicationId} was not ${from}`);
}

/** A month that another case of the person claims or has been granted, or of which money is still owed. */
export interface TakenMonth {
  readonly month: string;
  readonly by: 'claimed' | 'live' | 'owed';
  /** Of the other case; empty for money that is owed. */
  readonly caseNumber: string;
  readonly owedFen: number;
}

/** The taken ones of a case's months, or of others. The person is the current one. */
export async function listTakenMonths(
  tx: Tx,
  applicationId: string,
  months: readonly string[] | null,
): Promise<TakenMonth[]> {
  return await ask<TakenMonth>(
    tx,
    `select m.month, case when m.still_owed then 'owed' else m.state end as by,
      case when m.still_owed then '' else (select o.case_number from application o
        where o.person_id = m.person_id and o.application_id = m.application_id) end as "caseNumber",
      case when m.still_owed then (select sum(r.owed_fen) from recovery r
        where r.person_id = m.person_id and r.month = m.month and r.owes) else 0 end::bigint as "owedFen"
    from application own join subsidy_month m on m.person_id = own.person_id and m.application_id <> own.application_id
      and m.month = any (coalesce(string_to_array($2, ' '), own.months::text[]))
      and (m.state in ('claimed', 'live') or m.still_owed)
    where own.application_id = $1 order by m.month`,
    [applicationId, months === null ? null : joined(months)],
  );
}

/** Gives claimed months of a case their states and amounts. Throws if one is not claimed. */
export async function settleMonths(
  tx: Tx,
  { personId, applicationId }: CaseKey,
  months: readonly ClaimedMonth[],
): Promise<void> {
  const settled = await ask(
    tx,
    `update subsidy_month m set state = given.state, amount_fen = given."amountFen"
    from jsonb_to_recordset($3) as given (month text, state text, "amountFen" bigint)
    where m.person_id = $1 and m.application_id = $2 and m.month = given.month and m.state = 'claimed' returning m.month`,
    [personId, applicationId, JSON.stringify(months)],
  );
  if (settled.length !== months.length) throw new Error(`a month of ${applicationId} was not claimed`);
}
