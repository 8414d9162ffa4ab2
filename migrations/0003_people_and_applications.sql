-- People and cases: one person, one quarter, one to three months. In one file because the policies of people refer to
-- their cases.

-- The only lookup from an identity number to a person: a keyed hash, of no use without the key. A separate table,
-- because every key of a table about a person begins with person_id.
create table identity_index (
  identity_hash bytea primary key check (octet_length(identity_hash) = 32),
  person_id uuid not null constraint one_identity_per_person unique
);
alter table identity_index enable row level security;
-- Readable by the hash only, which requires the key and the whole number.
create policy reads on identity_index for select using (is_identified());
create policy adds on identity_index for insert with check (is_identified());
grant select, insert on identity_index to subsidy_service;

-- One person per identity number, from records or applications. The day of birth is stored only in the encrypted
-- number: with it the mask would leave only a few dozen possible numbers.
create table person (
  person_id uuid primary key,
  identity_encrypted bytea not null,
  identity_masked text not null constraint identity_is_masked check (identity_masked ~ '^\d\*{16}[0-9X]$'),
  sex text not null check (sex in ('M', 'F')),
  born_month calendar_month not null,
  residence_permit boolean not null, -- of Hong Kong, Macao or Taiwan residents: never a local household
  created_at timestamptz not null
);
-- Records refer to people without a foreign key (see record).
create trigger kept before delete or update of person_id on person for each row execute function refuse_deletion();

-- How many quarters before that of its submission a case's first month lies.
create function quarters_late(first_month text, submitted timestamptz) returns int immutable parallel safe language sql
  return extract(year from submitted at time zone 'Asia/Shanghai')::int * 4
    + extract(quarter from submitted at time zone 'Asia/Shanghai')::int
    - left(first_month, 4)::int * 4 - (right(first_month, 2)::int + 2) / 3;

create sequence case_number_sequence;
grant usage on sequence case_number_sequence to subsidy_service;

create table application (
  person_id uuid not null references person,
  application_id uuid not null constraint one_row_per_application unique,
  case_number text not null constraint one_application_per_case_number unique,
  state text not null check (state in ('draft', 'submitted', 'correction-requested', 'not-accepted', 'accepted',
    'approved', 'refused', 'withdrawn')),
  version int not null check (version >= 1), -- the ETag; incremented by every change
  quarter calendar_quarter not null,
  months calendar_month[] not null check (cardinality(months) between 1 and 3),
  channel text not null check (channel in ('provincial-online-hall', 'ganfutong', 'wujia2-platform', 'wujia2-home',
    'street-social-affairs', 'street-service-centre')),
  client_id text not null, -- the platform or office that created the case; a platform sees only its own cases
  street_code text not null references street,
  agency_code text not null references agency, -- of the household's street at the creation, or after a transfer
  name_encrypted bytea not null,
  phone_encrypted bytea not null,
  phone_index bytea check (octet_length(phone_index) = 32), -- keyed hash: finds other cases with the same number
  -- Whose the phone is, if it is a contact's 联系人: of an applicant without one.
  contact_name_encrypted bytea,
  contact_relation text check (contact_relation in ('spouse', 'parent', 'child', 'sibling', 'relative', 'community-worker', 'other')),
  -- The agent 代办人 who hands the case in for the applicant.
  agent_name_encrypted bytea,
  agent_identity_encrypted bytea,
  agent_relation text check (agent_relation in ('spouse', 'parent', 'child', 'sibling', 'relative', 'community-worker', 'other')),
  bank text not null,
  account_encrypted bytea not null,
  -- At most the first digit, and the last: with birth month and sex beside it, more digits would identify people.
  account_masked text not null constraint account_is_masked check (account_masked ~ '^\d?\*+\d?$'),
  account_index bytea check (octet_length(account_index) = 32), -- keyed hash, like phone_index
  work_kind text not null,
  work_since date not null,
  work_place text not null,
  -- The undertaking 承诺书; null until the submission, because a draft may be printed before it is signed.
  undertaking_version text,
  undertaking_digest bytea,
  undertaking_signed_at timestamptz,
  undertaking_signed_how text,
  undertaking_taken_by text, -- the platform or officer before whom it was signed
  created_at timestamptz not null,
  submitted_at timestamptz,
  accepted_at timestamptz,
  acceptance_reason text, -- the handler's, if no month could be paid by the records of that day
  closed_at timestamptz,
  assigned_to text, -- the officer in whose queue it is; says nothing of who may act. Ends with the acceptance or a transfer
  -- The time limit in working days. Stored, so that an index finds overdue cases; recomputed for running ones when a
  -- year is added to the calendar.
  time_limit text check (time_limit in ('acceptance', 'review')),
  time_limit_days_left int, -- negative after the due day
  time_limit_from date, -- null while paused
  time_limit_due_on date,
  -- Since when the records differ from what the handler or reviewer last saw; null if they do not.
  records_changed_at timestamptz,
  -- Of the assessment last reported to the officers, so that it is not reported twice.
  records_told_digest bytea check (octet_length(records_told_digest) = 32),
  -- Whether the street is the household's by what is on record, of an open case. Kept by triggers (standing_of_household).
  household_standing text check (household_standing in ('confirmed', 'elsewhere', 'unconfirmed')),
  primary key (person_id, application_id),
  constraint contact_is_whole check (num_nonnulls(contact_name_encrypted, contact_relation) in (0, 2)),
  constraint agent_is_whole check (num_nonnulls(agent_name_encrypted, agent_identity_encrypted, agent_relation) in (0, 3)),
  constraint contact_and_agent_come_to_a_counter check (num_nonnulls(contact_relation, agent_relation) = 0
    or channel in ('wujia2-home', 'street-social-affairs', 'street-service-centre')),
  constraint submitted_once_past_draft check (submitted_at is not null or state in ('draft', 'withdrawn')),
  constraint undertaking_is_signed_whole
    check (num_nonnulls(undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how) in (0, 4)),
  constraint signed_before_submission check (undertaking_version is not null or state in ('draft', 'withdrawn')),
  constraint reason_is_of_an_acceptance check (acceptance_reason is null or accepted_at is not null),
  constraint household_stands_while_open check ((household_standing is not null)
    = (state in ('draft', 'submitted', 'correction-requested', 'accepted'))),
  constraint time_limit_runs_or_stands check (
    (time_limit is null) = (time_limit_days_left is null) and (time_limit_from is null) = (time_limit_due_on is null)
    and (time_limit is not null or time_limit_from is null))
);
-- Lists by agency, street and client.
create index application_by_agency on application (agency_code, state, application_id);
create index application_by_street on application (street_code, application_id);
create index application_by_client on application (client_id, application_id);
-- Longest waiting cases by agency, street, client and city.
-- With what a summary of the list counts and row security asks, so that a hundred thousand cases are counted here alone.
create index application_by_waiting on application (agency_code, submitted_at, application_id)
  include (state, time_limit_due_on, assigned_to, records_changed_at, street_code, client_id, person_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_waiting_in_street on application (street_code, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_waiting_of_client on application (client_id, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_waiting_in_city on application (submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_due_day on application (agency_code, time_limit_due_on, application_id)
  where time_limit_due_on is not null;
create index application_by_assignee on application (assigned_to, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_records_changed on application (agency_code, application_id)
  where records_changed_at is not null;
create index open_application_by_person on application (person_id)
  where state in ('submitted', 'correction-requested', 'accepted');
-- A disbursement collects the approved months of an agency person by person.
create index approved_application_by_person on application (agency_code, person_id, application_id)
  where state = 'approved';
-- Cases flagged as late by any policy: a quarter is claimed in the next one.
create index application_by_lateness on application (application_id) where quarters_late(months[1], submitted_at) > 1;
-- Cases whose household is not confirmed.
create index application_by_household on application (household_standing, application_id)
  where household_standing <> 'confirmed';
-- Drafts are deleted after thirty days.
create index application_draft_by_age on application (created_at) where state = 'draft';
-- For statistics by quarter. Cases arrive in that order, so a BRIN index of a few pages is enough and submissions pay
-- nothing for it.
create index application_by_quarter on application using brin (quarter) with (pages_per_range = 32);
-- Other cases with the same account or phone. Drafts are not submitted yet, and withdrawn cases are not paid.
create index application_by_account on application (account_index, person_id) include (application_id)
  where account_index is not null and state not in ('draft', 'withdrawn');
create index application_by_phone on application (phone_index, person_id) include (application_id)
  where phone_index is not null and state not in ('draft', 'withdrawn');

alter table application enable row level security;
-- The current person's cases may be read; only cases in the caller's own scope may be changed.
create policy reads on application for select using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id) or is_current_person(person_id));
create policy adds on application for insert with check (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
create policy changes on application for update using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
create policy deletes on application for delete using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
-- Only expired drafts are deleted.
grant select, insert, delete on application to subsidy_service;
grant update (state, version, quarter, months, street_code, agency_code, name_encrypted, phone_encrypted, phone_index,
  contact_name_encrypted, contact_relation, agent_name_encrypted, agent_identity_encrypted, agent_relation, bank,
  account_encrypted, account_masked, account_index, work_kind, work_since, work_place, undertaking_version, undertaking_digest,
  undertaking_signed_at, undertaking_signed_how, undertaking_taken_by, submitted_at, accepted_at, acceptance_reason, closed_at, assigned_to, time_limit,
  time_limit_days_left, time_limit_from, time_limit_due_on, records_changed_at, records_told_digest) on application to subsidy_service;

-- A decided case stays with the agency that decided it, which also pays.
create function keep_place() returns trigger language plpgsql as $$
begin
  raise exception 'a case is transferred before its decision'
    using errcode = 'check_violation', constraint = 'transferred_before_decision';
end $$;
create trigger keep_place before update of street_code, agency_code on application for each row
  when ((old.street_code, old.agency_code) is distinct from (new.street_code, new.agency_code)
    and old.state not in ('draft', 'submitted', 'correction-requested', 'accepted'))
  execute function keep_place();

-- Transfers 移送 of a case to the place of the household, with its time limit, materials and months.
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
-- The old agency and street still see the transfer, but no longer the case.
create policy reads on case_transfer for select using (in_city() or of_agency(from_agency) or of_street(from_street)
  or exists (select from application a
    where a.person_id = case_transfer.person_id and a.application_id = case_transfer.application_id));
create policy adds on case_transfer for insert with check (in_city() or of_agency(from_agency));
grant select, insert on case_transfer to subsidy_service;

-- Sets the agency and street of a case to those of its transfer, which are out of the caller's scope, and increments
-- the version. Only for callers who may write that transfer, and only from the place that it states. Makes the person
-- the current one, so that the event can be written.
create function move_application(person uuid, transfer uuid) returns boolean volatile language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  update application a set street_code = t.to_street, agency_code = t.to_agency, assigned_to = null,
    version = a.version + 1
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
-- A person is created from a whole identity number before there is a case.
create policy adds on person for insert with check (in_city() or is_current_person(person_id) or is_identified()
  or exists (select from application a where a.person_id = person.person_id));
create policy changes on person for update using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person.person_id));
grant select, insert on person to subsidy_service;
-- For locking the row, and for re-encrypting the number with a newer key.
grant update (identity_encrypted) on person to subsidy_service;

-- Names as each source spells them; differing spellings are shown to the handler.
create table person_name (
  person_id uuid not null references person,
  source text not null,
  name_hash bytea not null,
  name_encrypted bytea not null,
  learnt_at timestamptz not null,
  primary key (person_id, source, name_hash)
);
-- A person is found by a name as any source spells it.
create index person_name_by_name on person_name (name_hash, person_id);
alter table person_name enable row level security;
-- A withdrawn case gives no lasting access to the person's data.
create policy reads on person_name for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person_name.person_id and a.state <> 'withdrawn'));
create policy adds on person_name for insert with check (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person_name.person_id));
create policy changes on person_name for update using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = person_name.person_id));
grant select, insert on person_name to subsidy_service;
grant update (name_encrypted) on person_name to subsidy_service; -- re-encrypted with a newer key

-- Everybody with two spellings, kept by the transaction that adds the second, for listing cases whose names differ.
-- Written only by the trigger below.
create table person_of_two_names (
  person_id uuid primary key references person
);
alter table person_of_two_names enable row level security;
create policy reads on person_of_two_names for select using (in_city() or is_current_person(person_id));
grant select on person_of_two_names to subsidy_service;
-- Locks the people first, in one order: of two transactions that each add a spelling, the second sees the first one's.
create function mark_two_names() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  perform from person where person_id = any (array(select distinct person_id from added)) order by person_id for no key update;
  insert into person_of_two_names
    select distinct a.person_id from added a join (
      select person_id, name_hash from person_name
      where person_id = any (array(select distinct person_id from added)) offset 0
    ) as other using (person_id) where other.name_hash <> a.name_hash
    on conflict do nothing;
  return null;
end $$;
create trigger mark_two_names after insert on person_name referencing new table as added
  for each statement execute function mark_two_names();
-- For filtering cases; row security of the cases still applies.
create function people_of_two_names() returns table (person_id uuid)
  stable language sql security definer set search_path = public, pg_temp as $$
  select p.person_id from person_of_two_names p
$$;
revoke execute on function mark_two_names(), people_of_two_names() from public;
grant execute on function people_of_two_names() to subsidy_service;

-- A person's entitlement period, fixed at the first approval and never recomputed (article 三).
create table term (
  person_id uuid primary key references person,
  first_approved_on date not null,
  retirement_month calendar_month not null, -- without the day, which is the day of birth
  near boolean not null, -- less than five years to retirement: no cap
  cap int check ((cap is null) = near),
  policy_version text not null,
  imported_months int not null check (imported_months >= 0), -- granted before this service or in another city
  live_months int not null default 0 check (live_months >= 0), -- maintained by a trigger on subsidy_month
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
-- A term is deleted only if the decision that fixed it is undone.
grant select, insert, delete on term to subsidy_service;
grant update (imported_months, live_months) on term to subsidy_service;
