// The peer of the payments benchmark: the rows that one payment run writes and the figures it answers with, by plain SQL
// as the tables' owner, on a copy of the same database: the same tables, keys, indexes, foreign keys and checks. No row
// security, no triggers, no audit, no idempotency and no decryption.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectClient } from '../src/platform/database/connect.ts';
import { agency } from './city.ts';
import type { Place } from './service.ts';

const tables = ['payment_line', 'ledger_entry', 'fund_request_part', 'event', 'application', 'subsidy_month'];
const batch = 'PLAIN-01';
const format = 'utf-8-csv';

/** The steps by plain SQL, each in one transaction, in the order of the service's steps of the same names. */
export async function startPlain({ dataDir, ownerUrl }: Place) {
  const client = await connectClient(ownerUrl, 'plain');
  for (const table of tables) await client.query(`alter table ${table} disable trigger user`);
  const folder = mkdtempSync(join(dataDir, 'plain-'));
  chmodSync(folder, 0o755); // the server reads it, which may have another account
  const { rows } = await client.query('select gen_random_uuid() as id');
  const id: string = rows[0].id;

  async function transact(...statements: readonly (readonly [string, ...unknown[]])[]): Promise<void> {
    await client.query('begin');
    for (const [text, ...values] of statements) await client.query(text, values);
    await client.query('commit');
  }

  const steps = {
    createDisbursement: () =>
      transact(
        [`insert into disbursement values ($1, $2, 'PLAIN', 'verifying', 1, now(), 'bench')`, id, agency],
        [
          `insert into roster (disbursement_id, street_code)
           select distinct $1::uuid, street_code from application where agency_code = $2 and state = 'approved'`,
          id,
          agency,
        ],
        [
          `with month as (
             select m.*, a.street_code from application a join subsidy_month m using (person_id, application_id)
             where a.agency_code = $2 and a.state = 'approved' and m.state = 'live' and not exists (
               select from payment_line_month l where l.person_id = m.person_id and l.month = m.month and l.live)
           ), line as (
             insert into payment_line (person_id, line_id, disbursement_id, street_code, application_id, state, amount_fen)
             select person_id, uuidv7(), $1, min(street_code), min(application_id::text)::uuid, 'waiting', sum(amount_fen)
             from month group by person_id returning person_id, line_id
           )
           insert into payment_line_month (person_id, line_id, month, application_id, amount_fen)
           select person_id, line_id, month, application_id, amount_fen from line join month using (person_id)`,
          id,
          agency,
        ],
        ['analyze payment_line'],
        ['analyze payment_line_month'],
      ),
    verifyRoster: async () => {
      const { rows: rosters } = await client.query(
        'select street_code from roster where disbursement_id = $1',
        [id],
      );
      for (const { street_code: street } of rosters) {
        await client.query(
          `update roster set verified_at = now(), verified_by = 'bench' where disbursement_id = $1 and street_code = $2`,
          [id, street],
        );
        await client.query(
          `select l.*, a.case_number, a.name_encrypted, a.account_masked, p.identity_masked,
             array(select month from payment_line_month m where m.person_id = l.person_id and m.line_id = l.line_id)
           from payment_line l join application a using (person_id, application_id) join person p using (person_id)
           where l.disbursement_id = $1 and l.street_code = $2 order by l.line_id`,
          [id, street],
        );
      }
    },
    requestFunds: () =>
      transact(
        [
          `insert into fund_request select $1, count(*), sum(amount_fen), now(), 'bench' from payment_line
           where disbursement_id = $1 and state = 'waiting'`,
          id,
        ],
        [
          `insert into fund_request_part
           select l.disbursement_id, l.street_code, quarter_of(m.month), count(distinct l.line_id), count(*), sum(m.amount_fen)
           from payment_line l join payment_line_month m using (person_id, line_id) where l.disbursement_id = $1
           group by 1, 2, 3`,
          id,
        ],
        [
          `update disbursement set state = 'funds-requested', version = version + 1 where disbursement_id = $1`,
          id,
        ],
      ),
    recordFundsReceipt: () =>
      transact(
        [
          `insert into fund_receipt select gen_random_uuid(), $1, sum(amount_fen), true, 'bench', now()::date, now(), 'bench'
           from payment_line where disbursement_id = $1 and state = 'waiting'`,
          id,
        ],
        [entered('waiting', 'finance', 'unspent'), id],
        [`update disbursement set state = 'funded', version = version + 1 where disbursement_id = $1`, id],
      ),
    startPayment: () =>
      transact(
        [
          `insert into payment_file select $2, $1, count(*), sum(amount_fen), '${format}', sha256(''), now(), 'bench'
           from payment_line where disbursement_id = $1 and state = 'waiting'`,
          id,
          batch,
        ],
        [
          `update payment_line set state = 'in-payment', batch_number = $2
           where disbursement_id = $1 and state = 'waiting'`,
          id,
          batch,
        ],
        [
          `insert into case_part (person_id, application_id, officer, part, agency_code, acted_at)
           select distinct m.person_id, m.application_id, 'urn:bench payer', 'payer', $2, now()
           from payment_line l join payment_line_month m using (person_id, line_id) where l.disbursement_id = $1`,
          id,
          agency,
        ],
        [entered('in-payment', 'waiting', 'in-payment'), id],
        [entered('in-payment', 'unspent', 'cash-in-payment'), id],
        [
          `update disbursement set state = 'in-payment', version = version + 1 where disbursement_id = $1`,
          id,
        ],
      ),
    getPaymentFile: async () => {
      await client.query(
        `insert into payment_file_download values (gen_random_uuid(), $1, false, now(), 'bench')`,
        [batch],
      );
      await client.query(
        `select l.line_id, a.name_encrypted, a.account_encrypted, a.bank, l.amount_fen
         from payment_line l join application a using (person_id, application_id)
         where l.disbursement_id = $1 and l.batch_number = $2 order by l.street_code, l.line_id`,
        [id, batch],
      );
    },
    applyPaymentResultFile: () =>
      transact(
        ['create temp table told (line_id uuid, amount_fen bigint, code text) on commit drop'],
        [`copy told from '${join(folder, 'results')}' (format csv)`],
        [
          `update payment_line l set state = 'paid', settled_at = now() from told
           where l.disbursement_id = $1 and l.line_id = told.line_id and l.amount_fen = told.amount_fen
             and l.state = 'in-payment' and told.code = 'SUCCESS'`,
          id,
        ],
        [
          `insert into event (person_id, event_id, application_id, case_number, client_id, agency_code, street_code, type,
             happened_at, content)
           select a.person_id, uuidv7(), a.application_id, a.case_number, a.client_id, a.agency_code, a.street_code,
             'payment-paid', now(), jsonb_build_object('months', jsonb_agg(jsonb_build_object('month', m.month, 'state',
               'paid', 'amountFen', m.amount_fen) order by m.month), 'amountFen', sum(m.amount_fen), 'lineId', l.line_id)
           from payment_line l join payment_line_month m using (person_id, line_id)
           join application a on a.person_id = m.person_id and a.application_id = m.application_id
           where l.disbursement_id = $1 group by a.person_id, a.application_id, l.line_id`,
          id,
        ],
        [entered('paid', 'in-payment', 'paid'), id],
        [entered('paid', 'cash-in-payment', 'cash-paid'), id],
        [
          `insert into result_file select $1, $2, sha256('told'), count(*), 0, 0, now(), 'bench'
           from payment_line where disbursement_id = $1`,
          id,
          batch,
        ],
        [`update disbursement set state = 'settled', version = version + 1 where disbursement_id = $1`, id],
      ),
    getDisbursementReconciliation: async () => {
      await client.query(
        `select from_account, to_account, sum(amount_fen) from ledger_entry where disbursement_id = $1 group by 1, 2`,
        [id],
      );
      await client.query(
        `select state, count(*), sum(amount_fen) from payment_line where disbursement_id = $1 group by 1`,
        [id],
      );
    },
  };

  /** Writes the bank's answer, that everybody was paid, where the server reads it. */
  async function writeResults(): Promise<void> {
    const { rows: lines } = await client.query<{ line: string }>(
      `select line_id || ',' || amount_fen || ',SUCCESS' as line from payment_line where disbursement_id = $1`,
      [id],
    );
    writeFileSync(join(folder, 'results'), lines.map(({ line }) => `${line}\n`).join(''));
  }

  return {
    steps,
    writeResults,
    close: async () => {
      await client.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A sum per quarter of the lines in a state, from one account to another. */
function entered(state: string, from: string, to: string): string {
  return `insert into ledger_entry (entered_at, operation, agency_code, quarter, disbursement_id, from_account, to_account,
      amount_fen, line_count)
    select now(), 'plain', d.agency_code, quarter_of(m.month), d.disbursement_id, '${from}', '${to}', sum(m.amount_fen),
      count(distinct m.line_id)
    from disbursement d join payment_line l using (disbursement_id) join payment_line_month m using (person_id, line_id)
    where d.disbursement_id = $1 and l.state = '${state}' group by 3, 4, 5`;
}
