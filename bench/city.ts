// An agency with many approved people, inserted directly into the tables, since their creation is not
// measured. Names and accounts are encrypted as in the service.

import type pg from 'pg';
import type { Encryption } from '../src/platform/encryption/encryption.ts';

export const agency = '360203';
export const monthsOfEach = ['2025-04', '2025-05', '2025-06'] as const;
export const monthFen = 50_000;

const peoplePerStatement = 10_000;
const surnames = '王李张刘陈杨黄赵周吴';

/** @param client of the tables' owner, because triggers and foreign keys are bypassed */
export async function fillAgency(
  client: pg.Client,
  encryption: Encryption,
  newId: () => string,
  people: number,
): Promise<void> {
  await client.query('set session_replication_role = replica; set synchronous_commit = off');
  for (let start = 0; start < people; start += peoplePerStatement) {
    const numbers = Array.from({ length: Math.min(peoplePerStatement, people - start) }, (_, n) => start + n);
    const rows = numbers.map((number) => {
      const personId = newId();
      const applicationId = newId();
      const row = `${personId} ${applicationId}`;
      const encrypted = (column: string, text: string) =>
        encryption.encrypt(text, { table: 'application', column, row });
      const account = `621700${String(number).padStart(13, '0')}`;
      const name = encrypted(
        'name_encrypted',
        `${surnames[number % 10]}建${surnames[Math.floor(number / 10) % 10]}`,
      );
      const phone = encrypted('phone_encrypted', `139${String(number).padStart(8, '0')}`);
      const identity = encryption.encrypt('36029919720511001X', {
        table: 'person',
        column: 'identity_encrypted',
        row: personId,
      });
      return {
        personId,
        applicationId,
        identity,
        name,
        phone,
        account: encrypted('account_encrypted', account),
      };
    });
    await client.query(
      `with someone as (
         select *, number - 1 + $6::int as sequence
         from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $9::bytea[], $10::bytea[]) with ordinality
           as given (person_id, application_id, name_encrypted, account_encrypted, phone_encrypted, identity_encrypted, number)
       ), street as (
         select street_code, row_number() over (order by street_code) as number, count(*) over () as count
         from street where street_code like $5 || '%'
       ), people as (
         insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
         select person_id, identity_encrypted, '3****************X', 'M', '1972-05', false, now() from someone
       ), term as (
         insert into term (person_id, first_approved_on, retirement_month, near, cap, policy_version, imported_months, live_months)
         select person_id, '2025-07-05', '2033-05', false, 36, 'jdz-2024-139/2025-01-01', 0, 3 from someone
       ), cases as (
         insert into application (person_id, application_id, case_number, state, version, quarter, months, channel, client_id,
           street_code, agency_code, name_encrypted, phone_encrypted, bank, account_encrypted, account_masked, work_kind, work_since,
           work_place, undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how, created_at,
           submitted_at, accepted_at, closed_at)
         select person_id, application_id, 'JDZ25-' || sequence, 'approved', 4, '2025Q2', $7::text[], 'ganfutong', 'bench',
           street_code, $5, name_encrypted, phone_encrypted, '景德镇农商银行', account_encrypted, '6*****************5', 'platform', '2024-03-01',
           '珠山区', 'jdz-2024-139', sha256(''), at, 'online-confirmation', at, at, at + interval '2 days',
           at + sequence % 4 * interval '1 day'
         from someone join street on street.number = 1 + someone.sequence * street.count / $8::int,
           (values ('2025-07-01T02:00:00Z'::timestamptz)) as submitted (at)
       ), parts as (
         insert into case_part (person_id, application_id, officer, part, agency_code, acted_at)
         select person_id, application_id, 'urn:bench ' || part, part, $5, now()
         from someone, (values ('handler'), ('reviewer')) as of (part)
       )
       insert into subsidy_month (person_id, month, application_id, state, amount_fen)
       select person_id, month, application_id, 'live', ${monthFen} from someone, unnest($7::text[]) as month`,
      [
        rows.map((row) => row.personId),
        rows.map((row) => row.applicationId),
        rows.map((row) => row.name),
        rows.map((row) => row.account),
        agency,
        start,
        [...monthsOfEach],
        people,
        rows.map((row) => row.phone),
        rows.map((row) => row.identity),
      ],
    );
  }
  await client.query(
    `insert into ledger_entry (entered_at, operation, agency_code, quarter, from_account, to_account, amount_fen)
     values (now(), 'decideApplication', $1, '2025Q2', 'entitled', 'waiting', $2)`,
    [agency, people * monthsOfEach.length * monthFen],
  );
  await client.query('set session_replication_role = origin');
  await client.query('vacuum analyze');
}

/** Inserts records that everybody lives in the street of their case and has contributed for their months. */
export async function fillRecords(client: pg.Client): Promise<void> {
  await client.query('set session_replication_role = replica; set synchronous_commit = off');
  await client.query(
    `insert into record (person_id, record_id, kind, source, source_key, version, from_day, to_day, details, removed,
       content_digest, learnt_at)
     select person_id, gen_random_uuid(), kind, 'bench', kind || '-' || month || '-' || person_id, 1, from_day, to_day,
       details, false, sha256(''), '2025-07-01'
     from application, lateral (
       select 'contribution' as kind, month, (month || '-01')::date as from_day,
         ((month || '-01')::date + interval '1 month - 1 day')::date as to_day,
         jsonb_build_object('month', month, 'scheme', 'employees', 'insurance', 'pension', 'payer', 'individual', 'refunded', false) as details
       from unnest($1::text[]) as month
       union all
       select 'household', '', '1990-01-01', null, jsonb_build_object('street', street_code)
     ) as said`,
    [[...monthsOfEach]],
  );
  await client.query('set session_replication_role = origin');
  await client.query('vacuum analyze');
}
