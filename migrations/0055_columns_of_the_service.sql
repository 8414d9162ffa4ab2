-- What the service may change, column by column: keys, amounts, who did what and when it was made stay what they were, and
-- no statement of the service can change them, whatever it is made to send.

do $$
declare its record;
begin
  for its in
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      and has_table_privilege('subsidy_service', c.oid, 'update')
  loop
    execute format('revoke update on %I from subsidy_service', its.name);
  end loop;
end $$;
-- Tables of later migrations say for themselves what of them changes.
alter default privileges in schema public revoke update on tables from subsidy_service;

grant update (state, taken_at, rows_digest, rows_received, rows_new, rows_superseding, rows_unchanged, rows_outdated,
  rows_refused, people_to_reassess) on record_delivery to subsidy_service;
grant update (state, version, quarter, months, street_code, agency_code, name_sealed, phone_sealed, phone_index, bank,
  account_sealed, account_masked, account_index, work_kind, work_since, work_place, undertaking_version, undertaking_digest,
  undertaking_signed_at, undertaking_signed_how, undertaking_taken_by, submitted_at, accepted_at, closed_at, clock,
  clock_days_left, clock_from, clock_due_on, records_changed_at, records_told_digest) on application to subsidy_service;
grant update (closed_at) on correction to subsidy_service;
grant update (answered_at) on correction_item to subsidy_service;
grant update (imported_months, live_months) on term to subsidy_service;
grant update (state, amount_fen, after_recovery_id, still_owed) on subsidy_month to subsidy_service;
grant update (state, looked_by, looked_at) on second_look to subsidy_service;
grant update (tell_by, version, attempts, told_at) on notice to subsidy_service;
grant update (state, version) on disbursement to subsidy_service;
grant update (verified_at, verified_by) on roster to subsidy_service;
grant update (state, failure, hold_reason, release_cause, batch_number) on payment_line to subsidy_service;
grant update (live) on payment_line_month to subsidy_service;
grant update (state, answered_at, answered_by) on payment_correction to subsidy_service;
grant update (state, version, was_paid, heard_on, heard_how, reason, closed_at, refund_reference, refunded_on, refunded_fen,
  repaid_fen, set_off_fen) on recovery to subsidy_service;
grant update (reversed_at, reversed_by, reason) on set_off to subsidy_service;
grant update (state, version, heard_on, heard_how, confirmed_at, confirmed_by, closed_at, closing_reason, lifted_by)
  on bar to subsidy_service;
grant update (expires_at) on app_key to subsidy_service;
grant update (people) on asked_day to subsidy_service;

-- Data keys are made by the owner (npm run rotate-keys). The first start makes the first ones by way of this function,
-- which adds a key only where the database has none for its purpose: a thief of the account cannot add one of theirs.
revoke insert on data_key from subsidy_service;
create function add_first_data_key(new_id int, new_purpose text, new_wrapped bytea, made_at timestamptz) returns boolean
  language plpgsql security definer set search_path = public, pg_temp as $$
declare its_class text := case when new_purpose like 'seal-%' then 'seal-%' else new_purpose end;
begin
  lock table data_key in share row exclusive mode; -- of two first starts at once, one makes the keys
  if exists (select from data_key where purpose like its_class) then return false; end if;
  insert into data_key (key_id, purpose, wrapped, created_at) values (new_id, new_purpose, new_wrapped, made_at);
  return true;
end $$;
revoke execute on function add_first_data_key(int, text, bytea, timestamptz) from public;
grant execute on function add_first_data_key(int, text, bytea, timestamptz) to subsidy_service;
