-- Every row that is about somebody is judged by the database too: by city, agency, street or client, as the transaction
-- was told when it began (database/row-sight.ts). A transaction that was told nothing sees nothing.

-- What a transaction was told. Plain comparisons, which the planner puts in the place of the call.
create function in_city() returns boolean stable parallel safe language sql
  return current_setting('subsidy.city', true) = 'yes';
create function of_agency(code text) returns boolean stable parallel safe language sql
  return code = current_setting('subsidy.agency', true);
create function of_street(code text) returns boolean stable parallel safe language sql
  return code = current_setting('subsidy.street', true);
create function of_client(client text) returns boolean stable parallel safe language sql
  return client = current_setting('subsidy.client', true);
create function is_told() returns boolean stable parallel safe language sql
  return current_setting('subsidy.actor', true) <> '';
-- The one person whom the transaction holds, having seen a case of theirs or been told their whole identity number. What
-- others granted them counts against the cap, so all that is about this person may be read, wherever it lies.
create function in_hand(person uuid) returns boolean stable parallel safe language sql
  return person = nullif(current_setting('subsidy.person', true), '')::uuid;

-- Puts a table under row-level security: which rows may be read, and which may be added, changed and deleted.
create procedure secure_rows(name regclass, reads text, writes text) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  execute format('create policy reads on %s for select using (%s)', name, reads);
  execute format('create policy adds on %s for insert with check (%s)', name, writes);
  execute format('create policy changes on %s for update using (%s) with check (%2$s)', name, writes);
  execute format('create policy deletes on %s for delete using (%s)', name, writes);
end $$;

-- Cases, and what belongs to one. A case of a person in hand may be read; only a case in sight may be acted on.
call secure_rows('application',
  'in_city() or of_agency(agency_code) or of_street(street_code) or of_client(client_id) or in_hand(person_id)',
  'in_city() or of_agency(agency_code) or of_street(street_code) or of_client(client_id)');

do $$
declare
  name text;
  its_case text;
  read_case text;
begin
  foreach name in array array['material', 'case_part', 'correction', 'comparison', 'second_look', 'decision', 'decision_undo',
    'attestation', 'subsidy_month', 'refusal_reason']
  loop
    its_case := format('in_city() or exists (select from application a
      where a.person_id = %1$I.person_id and a.application_id = %1$I.application_id
        and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id)))', name);
    read_case := case
      -- What says what a person was granted is read with the person.
      when name in ('decision', 'decision_undo') then its_case || ' or in_hand(person_id)'
      when name in ('attestation', 'subsidy_month') then format('in_city() or in_hand(person_id) or exists (
        select from application a where a.person_id = %I.person_id)', name)
      else its_case end;
    call secure_rows(name::regclass, read_case, its_case);
  end loop;
end $$;

call secure_rows('correction_item',
  'in_city() or exists (select from correction c
    where c.person_id = correction_item.person_id and c.correction_id = correction_item.correction_id)',
  'in_city() or exists (select from correction c
    where c.person_id = correction_item.person_id and c.correction_id = correction_item.correction_id)');
call secure_rows('notice',
  'in_city() or of_agency(agency_code) or of_street(street_code) or of_client(client_id)',
  'in_city() or of_agency(agency_code) or of_street(street_code) or of_client(client_id)');
call secure_rows('notice_delivery',
  'in_city() or exists (select from notice n
    where n.person_id = notice_delivery.person_id and n.notice_id = notice_delivery.notice_id)',
  'in_city() or exists (select from notice n
    where n.person_id = notice_delivery.person_id and n.notice_id = notice_delivery.notice_id)');
call secure_rows('event',
  'in_city() or of_agency(agency_code) or of_street(street_code) or of_client(client_id)',
  'in_city() or of_agency(agency_code) or of_street(street_code) or of_client(client_id)');

-- People: seen by whoever sees a case of theirs.
do $$
declare
  name text;
  its_person text;
begin
  foreach name in array array['person', 'person_name', 'record', 'term'] loop
    its_person := format('in_city() or in_hand(person_id) or exists (
      select from application a where a.person_id = %I.person_id)', name);
    -- A person is made of a whole identity number, before there is any case.
    call secure_rows(name::regclass, its_person, case name when 'person' then its_person || ' or is_told()' else its_person end);
  end loop;
end $$;
drop policy changes on person;
create policy changes on person for update using (in_city() or in_hand(person_id)
  or exists (select from application a where a.person_id = person.person_id));
-- Nobody is found by it who does not already know the whole number, of which it is a keyed hash.
call secure_rows('identity_index', 'is_told()', 'is_told()');
-- How far registers vouch for everybody is nobody's secret; for one person it is that person's.
call secure_rows('coverage',
  'in_city() or in_hand(person_id) or person_id is null and is_told() or exists (
    select from application a where a.person_id = coverage.person_id)',
  'in_city() or exists (select from application a where a.person_id = coverage.person_id)');

call secure_rows('record_delivery', 'in_city() or of_client(client_id)', 'in_city() or of_client(client_id)');
call secure_rows('record_delivery_refusal',
  'in_city() or exists (select from record_delivery d where d.delivery_id = record_delivery_refusal.delivery_id)',
  'in_city() or exists (select from record_delivery d where d.delivery_id = record_delivery_refusal.delivery_id)');

-- Money. A street sees the disbursements that pay people of its own, and of the lines its own; an agency all of its own.
create function pays_street(disbursement uuid, street text) returns boolean stable language plpgsql
  set search_path = public, pg_temp as $$
declare
  before text := widen_sight();
  pays boolean := exists (select from roster r where r.disbursement_id = disbursement and r.street_code = street);
begin
  perform narrow_sight(before);
  return pays;
end $$;

call secure_rows('disbursement',
  $$in_city() or of_agency(agency_code) or current_setting('subsidy.street', true) <> ''
    and pays_street(disbursement_id, current_setting('subsidy.street', true))$$,
  $$in_city() or of_agency(agency_code) or current_setting('subsidy.street', true) <> ''
    and pays_street(disbursement_id, current_setting('subsidy.street', true))$$);
-- The last street to sign moves the whole on, so each sees whether the others have signed.
call secure_rows('roster',
  'in_city() or exists (select from disbursement d where d.disbursement_id = roster.disbursement_id)',
  'in_city() or of_street(street_code) or exists (select from disbursement d
    where d.disbursement_id = roster.disbursement_id and of_agency(d.agency_code))');
call secure_rows('payment_line',
  'in_city() or of_street(street_code) or in_hand(person_id) or exists (select from disbursement d
    where d.disbursement_id = payment_line.disbursement_id and of_agency(d.agency_code))',
  'in_city() or of_street(street_code) or exists (select from disbursement d
    where d.disbursement_id = payment_line.disbursement_id and of_agency(d.agency_code))');

do $$
declare
  name text;
  its_line text;
begin
  foreach name in array array['payment_correction', 'payment_return'] loop
    its_line := format('in_city() or exists (select from payment_line l
      where l.person_id = %1$I.person_id and l.line_id = %1$I.line_id
        and (of_street(l.street_code) or exists (select from disbursement d
          where d.disbursement_id = l.disbursement_id and of_agency(d.agency_code))))', name);
    call secure_rows(name::regclass, its_line || ' or in_hand(person_id)', its_line);
  end loop;
  foreach name in array array['fund_request', 'fund_request_part', 'fund_receipt', 'fund_return', 'payment_file', 'result_file'] loop
    call secure_rows(name::regclass,
      format('in_city() or exists (select from disbursement d where d.disbursement_id = %I.disbursement_id)', name),
      format('in_city() or exists (select from disbursement d
        where d.disbursement_id = %I.disbursement_id and of_agency(d.agency_code))', name));
  end loop;
end $$;
call secure_rows('payment_file_download',
  'in_city() or exists (select from payment_file f where f.batch_number = payment_file_download.batch_number)',
  'in_city() or exists (select from payment_file f where f.batch_number = payment_file_download.batch_number)');

-- A line is made in one statement with its months, which therefore are judged by their case; a roster also shows those of
-- an older case of the person in another street.
call secure_rows('payment_line_month',
  'in_city() or in_hand(person_id) or exists (select from application a
    where a.person_id = payment_line_month.person_id and a.application_id = payment_line_month.application_id)
    or exists (select from payment_line l
      where l.person_id = payment_line_month.person_id and l.line_id = payment_line_month.line_id)',
  'in_city() or exists (select from application a
    where a.person_id = payment_line_month.person_id and a.application_id = payment_line_month.application_id
      and (of_agency(a.agency_code) or of_street(a.street_code)))
    or exists (select from payment_line l
      where l.person_id = payment_line_month.person_id and l.line_id = payment_line_month.line_id
        and of_street(l.street_code))');

call secure_rows('ledger_entry', 'in_city() or of_agency(agency_code)', 'in_city() or of_agency(agency_code)');
call secure_rows('recovery',
  'in_city() or of_agency(agency_code) or of_street(street_code) or in_hand(person_id)',
  'in_city() or of_agency(agency_code) or of_street(street_code)');
call secure_rows('repayment',
  'in_city() or exists (select from recovery r
    where r.person_id = repayment.person_id and r.recovery_id = repayment.recovery_id)',
  'in_city() or exists (select from recovery r
    where r.person_id = repayment.person_id and r.recovery_id = repayment.recovery_id and of_agency(r.agency_code))');

-- Answers are found by whoever was given them. The audit is written in one's own name, and read by who reads the audit;
-- an officer's own entries are counted for the limits on their reveals.
call secure_rows('idempotency_key',
  $$client_id = current_setting('subsidy.caller', true)$$, $$client_id = current_setting('subsidy.caller', true)$$);
call secure_rows('audit_entry',
  $$current_setting('subsidy.audit', true) = 'read' or actor = current_setting('subsidy.actor', true)$$,
  $$actor = current_setting('subsidy.actor', true)$$);
call secure_rows('audit_seal',
  $$current_setting('subsidy.audit', true) = 'read'$$,
  $$current_setting('subsidy.audit', true) = 'read' and in_city()$$);

call secure_rows('audit_cut',
  $$current_setting('subsidy.audit', true) = 'read' or current_setting('subsidy.expiry', true) = 'on'$$,
  $$current_setting('subsidy.expiry', true) = 'on'$$);

-- What its time is over for goes through functions of the owner, who is bound by the policies like everybody.
do $$
declare name text;
begin
  foreach name in array array['idempotency_key', 'record_delivery', 'record_delivery_refusal', 'audit_entry',
    'audit_seal']
  loop
    execute format($policy$create policy expiry on %s using (current_setting('subsidy.expiry', true) = 'on')
      with check (false)$policy$, name);
  end loop;
end $$;

-- Four questions about what lies out of sight, each answered with that and nothing more.

-- What stands in one account of a disbursement, by quarter: a street is shown the sums, and not the entries of other
-- streets' people that they are made of. Asked beside the disbursement's own row, which has to be in sight.
create function standing_of_disbursement(disbursement uuid, account text)
  returns table (quarter text, balance bigint)
  stable language plpgsql set search_path = public, pg_temp as $$
declare before text := widen_sight();
begin
  return query select e.quarter::text, sum(case when e.to_account = account then e.amount_fen else -e.amount_fen end)::bigint
    from ledger_entry e
    where e.disbursement_id = disbursement and (e.from_account = account or e.to_account = account)
    group by e.quarter;
  perform narrow_sight(before);
end $$;

-- Whether a person's household lies on a day in the agency or street that asks; then the person is in hand.
create function take_person_by_household(person uuid, on_day date, asking text) returns boolean volatile language plpgsql
  set search_path = public, pg_temp as $$
declare
  before text := widen_sight();
  lives_here boolean;
begin
  with newest as (
    select distinct on (source, source_key) details ->> 'street' as street_code, from_day, to_day, removed
    from record where person_id = person and kind = 'household'
    order by source, source_key, version desc
  )
  select exists (
    select from newest join street_agency using (street_code)
    where not removed and from_day <= on_day and coalesce(to_day, 'infinity') >= on_day
      and valid_from <= on_day and coalesce(valid_to, 'infinity') >= on_day
      and (agency_code = asking and of_agency(asking) or street_code = asking and of_street(asking))
  ) into lives_here;
  perform narrow_sight(before);
  if lives_here then perform set_config('subsidy.person', person::text, true); end if;
  return lives_here;
end $$;

-- What anybody who holds a notice on paper may know of it.
create function notice_of_code(code text)
  returns table (kind text, notice_number text, issued_at timestamptz, content_digest bytea, agency_code text,
    is_overruled boolean)
  stable language plpgsql set search_path = public, pg_temp as $$
declare before text := widen_sight();
begin
  return query select n.kind, n.notice_number, n.issued_at, n.content_digest, n.agency_code,
      -- Of a decision that was undone since, whether or not there is another one by now.
      n.kind = 'decision' and (a.state not in ('approved', 'refused') or exists (select from notice later
        where later.person_id = n.person_id and later.application_id = n.application_id
          and later.kind = 'decision' and later.notice_id > n.notice_id))
    from notice n join application a using (person_id, application_id)
    where n.verification_code = code;
  perform narrow_sight(before);
end $$;
