// What happened with the people of an agency (city.ts), inserted directly into the tables: one case in ten is open, one
// refused, half of the granted ones are paid. Each case has a comparison, a decision unless open, a notice and an event;
// one in five hundred has each flag. All with one agency, whose officers' lists are then the longest that there can be.

import type pg from 'pg';
import type { Encryption } from '../src/platform/encryption/encryption.ts';
import { hardshipCategories } from '../src/rules/facts.ts';
import { agency, monthFen } from './city.ts';
import { clientOfPlatform } from './service.ts';

const noticesPerStatement = 10_000;
const claimed = "'2025-07-05T02:00:00Z'::timestamptz";
const monthsOfCase = 'lateral unnest(months) as month';

/** In order: each statement inserts what the next ones read. `work` tells the cases' course; `kind` tells the flag. */
const statements = [
  `create temporary table work as
   select person_id, application_id, street_code, number, number / 10 % 50 as kind, number / 1000 as thousand,
     ${claimed} - number / 10 % 20 * interval '1 day' as at,
     case when number % 10 = 1 and number / 10 % 50 = 0 then '{2024-10}'::text[] else months end as months,
     case number % 10 when 1 then (array['submitted', 'accepted', 'correction-requested'])[1 + number / 10 % 3]
       when 2 then 'refused' else 'approved' end as state, number % 2 = 0 and number % 10 <> 2 as is_paid
   from (select *, split_part(case_number, '-', 2)::int as number from application) as numbered`,
  'analyze work',
  `update application a set state = w.state, months = w.months, quarter = quarter_of(w.months[1]), created_at = at,
     submitted_at = at, accepted_at = case when w.state in ('accepted', 'refused') then at + interval '2 days' end,
     closed_at = case w.state when 'refused' then at + kind * interval '1 day' end,
     household_standing = case when w.state <> 'refused' then 'confirmed' end,
     time_limit = case w.state when 'accepted' then 'review' when 'refused' then null else 'acceptance' end,
     time_limit_days_left = case when w.state <> 'refused' then 5 end,
     time_limit_from = case when w.state in ('submitted', 'accepted') then at::date end,
     time_limit_due_on = case when w.state in ('submitted', 'accepted') then at::date + 10 end,
     assigned_to = case when thousand % 2 = 0 and w.state <> 'refused' then 'urn:bench handler' end,
     account_index = sha256(('account' || case kind when 8 then -thousand else number end)::bytea),
     phone_index = sha256(('phone' || case kind when 9 then -thousand else number end)::bytea)
   from work w where a.person_id = w.person_id and a.application_id = w.application_id and w.state <> 'approved'`,
  `delete from term using work w where w.person_id = term.person_id and w.state <> 'approved'`,
  `delete from subsidy_month m using work w where w.person_id = m.person_id and w.state <> 'approved'`,
  `insert into subsidy_month (person_id, month, application_id, state)
   select person_id, month, application_id, case state when 'refused' then 'refused' else 'claimed' end
   from work, ${monthsOfCase} where state <> 'approved'`,
  `insert into refusal_reason (person_id, application_id, month, check_code)
   select person_id, application_id, month, (array['dishonest', 'contributed'])[1 + kind % 2]
   from work, ${monthsOfCase} where state = 'refused'`,
  `insert into comparison (person_id, comparison_id, application_id, compared_at, compared_by, policy_version, snapshot,
     snapshot_digest, assessment, assessment_digest)
   select person_id, application_id, application_id, at, 'urn:bench handler', 'jdz-2024-139/2025-01-01', '{}', sha256(''), '{}',
     sha256('') from work`,
  `insert into decision (person_id, decision_id, application_id, comparison_id, outcome, approved_months, amount_fen, officer,
     agency_code, role, decided_at)
   select person_id, application_id, application_id, application_id, state,
     case state when 'approved' then months else '{}' end,
     case state when 'approved' then cardinality(months) * ${monthFen} else 0 end, 'urn:bench reviewer', '${agency}',
     'reviewer', at
   from work where state in ('approved', 'refused')`,
  `insert into event (person_id, event_id, application_id, case_number, client_id, agency_code, street_code, type,
     happened_at, content, position)
   select person_id, application_id, application_id, 'JDZ25-' || number, '${clientOfPlatform}', '${agency}', street_code,
     'application-' || state, at, jsonb_build_object('state', state), row_number() over (order by number)
   from work`,

  // Paid months, and the ledger as the payments leave it.
  `insert into disbursement (disbursement_id, agency_code, disbursement_number, state, version, created_at, created_by)
   values (gen_random_uuid(), '${agency}', 'bench', 'settled', 1, ${claimed}, 'urn:bench payer')`,
  `insert into roster (disbursement_id, street_code, verified_at, verified_by)
   select disbursement_id, street_code, ${claimed}, 'urn:bench street'
   from disbursement, (select distinct street_code from work) as streets`,
  `insert into payment_file (batch_number, disbursement_id, line_count, amount_fen, format, content_digest, made_at, made_by)
   select 'bench', disbursement_id, count(*), count(*) * ${monthFen}, 'bench', sha256(''), ${claimed}, 'urn:bench payer'
   from disbursement, work where is_paid group by disbursement_id`,
  `insert into payment_line (person_id, line_id, disbursement_id, street_code, application_id, state, amount_fen, settled_at,
     batch_number)
   select person_id, application_id, disbursement_id, street_code, application_id, 'paid', cardinality(months) * ${monthFen}, at,
     'bench'
   from disbursement, work where is_paid`,
  `insert into payment_line_month (person_id, line_id, month, application_id, amount_fen)
   select person_id, application_id, month, application_id, ${monthFen} from work, ${monthsOfCase} where is_paid`,
  `insert into fund_receipt (receipt_id, disbursement_id, amount_fen, reference, received_on, recorded_at, recorded_by)
   select gen_random_uuid(), disbursement_id, sum(amount_fen), 'bench', '2025-07-05', ${claimed}, 'urn:bench finance'
   from payment_line group by disbursement_id`,
  `update ledger_entry set amount_fen = (select sum(amount_fen) from subsidy_month where state = 'live')`,
  `insert into ledger_entry (entered_at, operation, agency_code, quarter, disbursement_id, from_account, to_account, amount_fen)
   select ${claimed}, 'bench', '${agency}', '2025Q2', disbursement_id, from_account, to_account, amount_fen
   from fund_receipt, (values ('finance', 'unspent'), ('waiting', 'in-payment'), ('unspent', 'cash-in-payment'),
     ('in-payment', 'paid'), ('cash-in-payment', 'cash-paid')) as moved (from_account, to_account)`,

  // A fourth of the people by category, and the flags.
  `insert into record (person_id, record_id, kind, source, source_key, version, from_day, details, removed, content_digest,
     learnt_at)
   select person_id, gen_random_uuid(), 'hardship-recognition', 'bench', 'hardship ' || person_id, 1, '2025-01-01'::date,
     jsonb_build_object('category', ('{${hardshipCategories.join()}}'::text[])[1 + number / 4 % ${hardshipCategories.length}]),
     false, sha256(''), ${claimed}
   from work where number % 4 = 0
   union all
   select person_id, gen_random_uuid(), 'death', 'bench', 'death ' || person_id, 1, '2025-06-30', '{}', false, sha256(''),
     ${claimed}
   from work where number % 10 = 1 and kind = 3`,
  `delete from record r using work w where r.person_id = w.person_id and r.kind = 'household' and w.kind = 6`,
  `update record r set details = '{"street": "360202001"}' from work w
   where r.person_id = w.person_id and r.kind = 'household' and w.kind = 5`,
  `update application a set household_standing = standing_of_household(a) from work w
   where a.person_id = w.person_id and a.application_id = w.application_id and w.kind in (5, 6)
     and w.state not in ('approved', 'refused')`,
  `insert into shared_number (what, number_index)
   select 'account', account_index from application group by 2 having count(account_index) > 1
   union all
   select 'phone', phone_index from application group by 2 having count(phone_index) > 1`,
  `insert into person_name (person_id, source, name_hash, name_encrypted, learnt_at)
   select person_id, source, sha256(source::bytea), '', ${claimed}
   from work, (values ('bench'), ('register')) as one (source) where number % 10 = 1 and kind = 1`,
  `insert into person_of_two_names (person_id) select distinct person_id from person_name`,
  `insert into bar (person_id, bar_id, application_id, agency_code, street_code, state, version, proposed_at, proposed_by,
     heard_on, heard_how, confirmed_at, confirmed_by)
   select person_id, application_id, application_id, '${agency}', street_code, 'in-force', 1, at, 'urn:bench handler', at, 'bench',
     at, 'urn:bench reviewer'
   from work where number % 10 = 1 and kind = 2`,
  `insert into recovery (person_id, recovery_id, application_id, month, agency_code, street_code, state, version, cause, findings,
     findings_digest, amount_fen, was_paid, opened_at, heard_on, heard_how, confirmed_by)
   select person_id, application_id, application_id, months[1], '${agency}', street_code, 'confirmed', 1, 'contradicting-record',
     '[]', sha256(''), ${monthFen}, true, at, at, 'bench', 'urn:bench reviewer'
   from work where number % 10 = 1 and kind = 4`,
  `insert into appeal (person_id, appeal_id, application_id, kind, decision_id, contested_by, agency_code, street_code, state,
     version, grounds, received_on, due_on, received_at, received_by)
   select person_id, application_id, application_id, 'objection', application_id, 'urn:bench reviewer', '${agency}', street_code,
     'open', 1, 'bench', at, at + interval '60 days', at, 'urn:bench handler'
   from work where state = 'refused' and kind = 7`,
] as const;

/** @param client of the tables' owner, because triggers and foreign keys are bypassed */
export async function fillWork(client: pg.Client, encryption: Encryption): Promise<void> {
  await client.query('set session_replication_role = replica; set synchronous_commit = off');
  for (const statement of statements) await client.query(statement);
  await fillNotices(client, encryption);
  await client.query('set session_replication_role = origin');
  await client.query('vacuum analyze');
}

/** One notice in twenty is not told yet. */
async function fillNotices(client: pg.Client, encryption: Encryption): Promise<void> {
  const content = {
    title: '审核结果告知书',
    subject: { name: '', identityNumber: '3****************X', quarter: '2025Q2', months: ['2025-04'] },
    paragraphs: [],
    months: [],
    items: [],
    fillIn: [],
    closing: [],
    evidence: [],
  };
  for (let start = 0; ; start += noticesPerStatement) {
    const { rows } = await client.query<{ row: string }>(
      `select person_id || ' ' || application_id as row from work
       where number >= $1 and number < $1 + ${noticesPerStatement} order by number`,
      [start],
    );
    if (rows.length === 0) return;
    const names = rows.map(({ row }) =>
      encryption.encrypt('王建国', { table: 'notice', column: 'name_encrypted', row }),
    );
    await client.query(
      `insert into notice (person_id, notice_id, notice_number, kind, application_id, agency_code, street_code, client_id,
         verification_code, content, name_encrypted, content_digest, issued_at, issued_by, tell_by, told_at, attempts)
       select person_id, application_id, 'JDZ25-' || number || '-01',
         case when state in ('approved', 'refused') then 'decision' else 'acceptance' end, application_id, '${agency}',
         street_code, '${clientOfPlatform}', 'bench' || number,
         jsonb_set($3::jsonb, '{subject,caseNumber}', to_jsonb('JDZ25-' || number))::text, name_encrypted, sha256(''), at,
         'urn:bench reviewer', at + interval '10 days', case when number % 20 > 1 then at end, 1
       from unnest($1::text[], $2::bytea[]) as named (row, name_encrypted)
       join work on work.person_id = split_part(row, ' ', 1)::uuid`,
      [rows.map(({ row }) => row), names, JSON.stringify(content)],
    );
  }
}
