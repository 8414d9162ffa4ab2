-- The service is a guest in this database: it owns nothing, may do what is granted here, and is checked for that at each
-- start. Its login is a member of this group; who makes the login, and its password, is the operator's business.

do $$
begin
  if not exists (select from pg_roles where rolname = 'subsidy_service') then
    create role subsidy_service nologin nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
  end if;
exception when duplicate_object or unique_violation then
  null; -- roles belong to the whole cluster: another database of it has just made this one
end $$;

-- What may be read and added to. Everything that only ever grows gets nothing more.
grant select on schema_migrations, agency, street, street_agency, policy_version, audit_cut to subsidy_service;
grant select, insert on
  working_calendar_year, working_calendar_exception, data_key, identity_index, person, person_name,
  record_delivery, record_delivery_refusal, record, coverage, attestation,
  application, material, case_part, correction, correction_item, term, subsidy_month, comparison, decision,
  decision_undo, second_look, notice, notice_delivery, event,
  disbursement, roster, payment_line, payment_line_month, payment_correction, payment_return, fund_request, fund_receipt,
  fund_return, payment_file, payment_file_download, result_file, ledger_entry, recovery, repayment,
  refusal_reason, fund_request_part, app, app_key, app_nonce, idempotency_key, audit_entry, audit_seal
to subsidy_service;

grant update on
  record_delivery, application, correction, correction_item, term, subsidy_month, second_look, notice,
  disbursement, roster, payment_line, payment_line_month, payment_correction, recovery, app_key
to subsidy_service;
-- One column is enough to hold a row until the transaction ends; where it is a sealed one, it is also what a newer key
-- seals anew. The rest of these rows never changes.
grant update (identity_sealed) on person to subsidy_service;
grant update (name_sealed) on person_name to subsidy_service;
grant update (content_sealed) on material to subsidy_service;
grant update (part) on case_part to subsidy_service;
grant update (position) on event to subsidy_service;
grant update (made_at) on payment_file to subsidy_service;
grant update (name) on app to subsidy_service;
grant update (valid_until) on app_nonce to subsidy_service;

-- Drafts that nobody went on with, the term that an undone decision had fixed and its reasons as they are counted, nonces
-- out of time.
grant delete on application, material, term, refusal_reason, app_nonce to subsidy_service;

-- What its time is over for is deleted by these, with their owner's rights and within their bounds.
grant execute on function delete_expired(text, timestamptz, int), cut_audit(bigint, bytea, jsonb, timestamptz)
  to subsidy_service;

grant usage on sequence case_number_sequence, disbursement_number_sequence to subsidy_service;

-- Tables of later migrations. One that only grows takes UPDATE back; a test looks.
alter default privileges in schema public grant select, insert, update on tables to subsidy_service;
alter default privileges in schema public grant usage on sequences to subsidy_service;

-- The job runner keeps its tables under row-level security of its own, for their owner alone.
grant usage on schema graphile_worker to subsidy_service;
grant select, insert, update, delete on all tables in schema graphile_worker to subsidy_service;
grant usage on all sequences in schema graphile_worker to subsidy_service;
grant execute on all functions in schema graphile_worker to subsidy_service;
do $$
declare its record;
begin
  for its in select oid::regclass as table from pg_class
    where relnamespace = 'graphile_worker'::regnamespace and relkind = 'r' and relrowsecurity
  loop
    execute format('create policy service on %s to subsidy_service using (true)', its.table);
  end loop;
end $$;
