-- Who the service knows, and the case: one person, one quarter, one to three months. The two stand in one file because a
-- person may be seen by whoever has a case of theirs.

-- The only way from an identity number to a person: a keyed hash, so that a stolen table is of no use. Not a column of person,
-- because every key of a table about a person begins with person_id.
create table identity_index (
  identity_hash bytea primary key check (octet_length(identity_hash) = 32),
  person_id uuid not null constraint one_identity_per_person unique
);
alter table identity_index enable row level security;
-- Nobody finds a row who does not already know the whole number, of which the key is a keyed hash.
create policy reads on identity_index for select using (is_identified());
create policy adds on identity_index for insert with check (is_identified());
grant select, insert on identity_index to subsidy_service;

-- One person per identity number, however they were first heard of. The day of birth stands in the encrypted number alone:
-- beside the mask it would leave only a few dozen numbers to try.
create table person (
  person_id uuid primary key,
  identity_encrypted bytea not null,
  identity_masked text not null constraint identity_is_masked check (identity_masked ~ '^\d\*{16}[0-9X]$'),
  sex text not null check (sex in ('M', 'F')),
  born_month calendar_month not null,
  residence_permit boolean not null, -- of Hong Kong, Macao or Taiwan residents: never a local household
  created_at timestamptz not null
);
-- Records name people without a foreign key (see record).
create trigger kept before delete or update of person_id on person for each row execute function refuse_deletion();

create sequence case_number_sequence;
grant usage on sequence case_number_sequence to subsidy_service;

create table application (
  person_id uuid not null references person,
  application_id uuid not null constraint one_row_per_application unique,
  case_number text not null constraint one_application_per_case_number unique,
  state text not null check (state in ('draft', 'submitted', 'correction-requested', 'not-accepted', 'accepted',
    'approved', 'refused', 'withdrawn')),
  version int not null check (version >= 1), -- the ETag: one more with every change
  quarter calendar_quarter not null,
  months calendar_month[] not null check (cardinality(months) between 1 and 3),
  channel text not null check (channel in ('provincial-online-hall', 'ganfutong', 'wujia2-platform', 'wujia2-home',
    'street-social-affairs', 'street-service-centre')),
  client_id text not null, -- the platform or office that created the case; a platform sees only its own
  street_code text not null references street,
  agency_code text not null references agency, -- of the household's street on the day of creation, or after a transfer
  name_encrypted bytea not null,
  phone_encrypted bytea not null,
  phone_index bytea check (octet_length(phone_index) = 32), -- keyed hash: finds other cases with the same number
  bank text not null,
  account_encrypted bytea not null,
  -- The first and the last digit and nothing else: with a birth month and a sex beside it, more would tell too much.
  account_masked text not null constraint account_is_masked check (account_masked ~ '^\d?\*+\d?$'),
  account_index bytea check (octet_length(account_index) = 32), -- keyed hash, as phone_index
  work_kind text not null,
  work_since date not null,
  work_place text not null,
  -- The undertaking 承诺书. A draft may be printed before it is signed, so it is null until the submission.
  undertaking_version text,
  undertaking_digest bytea,
  undertaking_signed_at timestamptz,
  undertaking_signed_how text,
  undertaking_taken_by text, -- the platform or officer before whom it was signed
  created_at timestamptz not null,
  submitted_at timestamptz,
  accepted_at timestamptz,
  closed_at timestamptz,
  -- The time limit in working days. It stands with the case, so that an index finds what is overdue; a year that is added to
  -- the calendar later counts the running ones again.
  time_limit text check (time_limit in ('acceptance', 'review')),
  time_limit_days_left int, -- below zero once the limit has passed
  time_limit_from date, -- null while the time limit stands still
  time_limit_due_on date,
  -- Since when the records say something else than the handler or reviewer last saw; null: nothing new.
  records_changed_at timestamptz,
  -- Of the assessment that was told last, so that the same records are not told twice.
  records_told_digest bytea check (octet_length(records_told_digest) = 32),
  primary key (person_id, application_id),
  constraint submitted_once_past_draft check (submitted_at is not null or state in ('draft', 'withdrawn')),
  constraint undertaking_is_signed_whole
    check (num_nonnulls(undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how) in (0, 4)),
  constraint signed_before_submission check (undertaking_version is not null or state in ('draft', 'withdrawn')),
  constraint time_limit_runs_or_stands check (
    (time_limit is null) = (time_limit_days_left is null) and (time_limit_from is null) = (time_limit_due_on is null)
    and (time_limit is not null or time_limit_from is null))
);
-- Lists of an agency, a street, a client.
create index application_by_agency on application (agency_code, state, application_id);
create index application_by_street on application (street_code, application_id);
create index application_by_client on application (client_id, application_id);
-- What has waited longest, of an agency, a street, a client and the city.
create index application_by_waiting on application (agency_code, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_waiting_in_street on application (street_code, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_waiting_of_client on application (client_id, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_waiting_in_city on application (submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_due_day on application (agency_code, time_limit_due_on, application_id)
  where time_limit_due_on is not null;
create index application_by_records_changed on application (agency_code, application_id)
  where records_changed_at is not null;
create index open_application_by_person on application (person_id)
  where state in ('submitted', 'correction-requested', 'accepted');
-- A disbursement gathers the approved months of an agency person by person.
create index approved_application_by_person on application (agency_code, person_id, application_id)
  where state = 'approved';
-- Drafts older than thirty days are deleted.
create index application_draft_by_age on application (created_at) where state = 'draft';
-- Statistics ask by quarter, and cases arrive in that order: a few pages of summary, which cost a submission nothing.
create index application_by_quarter on application using brin (quarter) with (pages_per_range = 32);
-- Who else uses the account or the phone. A draft has not been handed in, and into a withdrawn case nothing is paid.
create index application_by_account on application (account_index, person_id) include (application_id)
  where account_index is not null and state not in ('draft', 'withdrawn');
create index application_by_phone on application (phone_index, person_id) include (application_id)
  where phone_index is not null and state not in ('draft', 'withdrawn');

alter table application enable row level security;
-- A case of the current person may be read; only a case within the caller's own scope may be changed.
create policy reads on application for select using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id) or is_current_person(person_id));
create policy adds on application for insert with check (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
create policy changes on application for update using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
create policy deletes on application for delete using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
-- Deleted are drafts with which nobody went on.
grant select, insert, delete on application to subsidy_service;
grant update (state, version, quarter, months, street_code, agency_code, name_encrypted, phone_encrypted, phone_index, bank,
  account_encrypted, account_masked, account_index, work_kind, work_since, work_place, undertaking_version, undertaking_digest,
  undertaking_signed_at, undertaking_signed_how, undertaking_taken_by, submitted_at, accepted_at, closed_at, time_limit,
  time_limit_days_left, time_limit_from, time_limit_due_on, records_changed_at, records_told_digest) on application to subsidy_service;

-- A decided case stays with the agency that decided it, and is paid from there.
create function keep_place() returns trigger language plpgsql as $$
begin
  raise exception 'a case is transferred before its decision'
    using errcode = 'check_violation', constraint = 'transferred_before_decision';
end $$;
create trigger keep_place before update of street_code, agency_code on application for each row
  when ((old.street_code, old.agency_code) is distinct from (new.street_code, new.agency_code)
    and old.state not in ('draft', 'submitted', 'correction-requested', 'accepted'))
  execute function keep_place();

-- A case that belongs elsewhere is handed over 移送, with its time limit, its materials and its months.
create table case_transfer (
  person_id uuid not null,
  transfer_id uuid not null,
  application_id uuid not null,
  from_agency text not null references agency,
  from_street text not null references street,
  to_agency text not null references agency,
  to_street text not null references street,
  reason text not null,
  transferred_at timestamptz not null,
  transferred_by text not null,
  primary key (person_id, transfer_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint transferred_elsewhere check (from_street <> to_street)
);
create index case_transfer_by_application on case_transfer (person_id, application_id);
create trigger append_only before update or delete on case_transfer for each row execute function refuse_change();
alter table case_transfer enable row level security;
-- Whoever handed a case over still sees that they did; the case itself they see no more.
create policy reads on case_transfer for select using (in_city() or of_agency(from_agency) or of_street(from_street)
  or exists (select from application a
    where a.person_id = case_transfer.person_id and a.application_id = case_transfer.application_id));
create policy adds on case_transfer for insert with check (in_city() or of_agency(from_agency));
grant select, insert on case_transfer to subsidy_service;

-- Puts a case into the place that its transfer names, which lies beyond the caller's scope; its version is one more. Only for
-- who could write that transfer, and only from the place that it names; then the person is the current one, so that the event of it
-- can be written.
create function move_application(person uuid, transfer uuid) returns boolean volatile language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  update application a set street_code = t.to_street, agency_code = t.to_agency, version = a.version + 1
  from case_transfer t
  where t.person_id = person and t.transfer_id = transfer and (in_city() or of_agency(t.from_agency))
    and a.person_id = t.person_id and a.application_id = t.application_id
    and a.street_code = t.from_street and a.agency_code = t.from_agency;
  if not found then return false; end if;
  perform set_config('subsidy.person', person::text, true);
  return true;
end $$;
revoke execute on function move_application(uuid, uuid) from public;
grant execute on function move_application(uuid, uuid) to subsidy_service;

alter table person enable row level security;
create policy reads on person for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person.person_id));
-- A person is made from a whole identity number before there is any case.
create policy adds on person for insert with check (in_city() or is_current_person(person_id) or is_identified()
  or exists (select from application a where a.person_id = person.person_id));
create policy changes on person for update using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person.person_id));
grant select, insert on person to subsidy_service;
-- Enough to lock the row until the transaction ends, and to encrypt the number anew under a newer key.
grant update (identity_encrypted) on person to subsidy_service;

-- Names as each source spells them. Sources may differ, and the handler is shown that they do.
create table person_name (
  person_id uuid not null references person,
  source text not null,
  name_hash bytea not null,
  name_encrypted bytea not null,
  learnt_at timestamptz not null,
  primary key (person_id, source, name_hash)
);
alter table person_name enable row level security;
-- A case that was withdrawn does not show the person's data for ever.
create policy reads on person_name for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person_name.person_id and a.state <> 'withdrawn'));
create policy adds on person_name for insert with check (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person_name.person_id));
create policy changes on person_name for update using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person_name.person_id));
grant select, insert on person_name to subsidy_service;
grant update (name_encrypted) on person_name to subsidy_service; -- encrypted anew under a newer key

-- A person's entitlement period, fixed at the first approval and never recomputed (article 三).
create table term (
  person_id uuid primary key references person,
  first_approved_on date not null,
  retirement_month calendar_month not null, -- not the day, which is the day of birth
  near boolean not null, -- less than five years to retirement: no cap
  cap int check ((cap is null) = near),
  policy_version text not null,
  imported_months int not null check (imported_months >= 0), -- granted before this service or in another city
  live_months int not null default 0 check (live_months >= 0), -- kept by the trigger on subsidy_month
  constraint months_within_cap check (cap is null or imported_months + live_months <= cap)
);
comment on column term.live_months is 'months that count against the cap: live, or recovered and still owed';
alter table term enable row level security;
create policy reads on term for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = term.person_id and a.state <> 'withdrawn'));
create policy adds on term for insert with check (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = term.person_id));
create policy changes on term for update using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = term.person_id));
create policy deletes on term for delete using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = term.person_id));
-- Deleted is a term that only an undone decision had fixed.
grant select, insert, delete on term to subsidy_service;
grant update (imported_months, live_months) on term to subsidy_service;
