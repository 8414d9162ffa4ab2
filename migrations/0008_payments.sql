-- From approved months to money in an account, and the ledger. All amounts in integer fen.

create sequence disbursement_number_sequence;
grant usage on sequence disbursement_number_sequence to subsidy_service;

-- One payment run of an agency: its approved and unpaid months, verified by the streets, funded by finance, paid by the
-- bank.
create table disbursement (
  disbursement_id uuid primary key,
  agency_code text not null references agency,
  disbursement_number text not null unique,
  state text not null check (state in ('verifying', 'verified', 'funds-requested', 'funded', 'in-payment', 'settled',
    'cancelled')),
  version int not null check (version >= 1), -- the ETag
  created_at timestamptz not null,
  created_by text not null
);
create index disbursement_by_agency on disbursement (agency_code, disbursement_id);

-- One street's part of a disbursement, which the street verifies.
create table roster (
  disbursement_id uuid not null references disbursement,
  street_code text not null references street,
  verified_at timestamptz,
  verified_by text,
  primary key (disbursement_id, street_code),
  check ((verified_at is null) = (verified_by is null))
);
-- A street lists the rosters it has not answered, its county the streets that have not answered.
create index roster_by_street on roster (street_code, disbursement_id);
create index roster_not_answered on roster (disbursement_id, street_code) where verified_at is null;

-- Whether a disbursement pays people of a street. Security definer: the policy of rosters depends on the disbursement,
-- so a policy using rosters would recurse.
create function pays_street(disbursement uuid, street text) returns boolean stable language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  return exists (select from roster r where r.disbursement_id = disbursement and r.street_code = street);
end $$;
revoke execute on function pays_street(uuid, text) from public;
grant execute on function pays_street(uuid, text) to subsidy_service;

alter table disbursement enable row level security;
-- An agency sees its own disbursements; a street sees those that pay its own people, and only its own lines.
create policy reads on disbursement for select using (in_city() or of_agency(agency_code)
  or current_setting('subsidy.street', true) <> '' and pays_street(disbursement_id, current_setting('subsidy.street', true)));
create policy adds on disbursement for insert with check (in_city() or of_agency(agency_code)
  or current_setting('subsidy.street', true) <> '' and pays_street(disbursement_id, current_setting('subsidy.street', true)));
create policy changes on disbursement for update using (in_city() or of_agency(agency_code)
  or current_setting('subsidy.street', true) <> '' and pays_street(disbursement_id, current_setting('subsidy.street', true)));
grant select, insert on disbursement to subsidy_service;
grant update (state, version) on disbursement to subsidy_service;

alter table roster enable row level security;
-- A street sees the rosters of other streets, because the last one to sign moves the disbursement on.
create policy reads on roster for select using (in_city()
  or exists (select from disbursement d where d.disbursement_id = roster.disbursement_id));
create policy adds on roster for insert with check (in_city() or of_street(street_code) or exists (select from disbursement d
  where d.disbursement_id = roster.disbursement_id and of_agency(d.agency_code)));
create policy changes on roster for update using (in_city() or of_street(street_code) or exists (select from disbursement d
  where d.disbursement_id = roster.disbursement_id and of_agency(d.agency_code)));
grant select, insert on roster to subsidy_service;
grant update (verified_at, verified_by) on roster to subsidy_service;

create table fund_request (
  disbursement_id uuid primary key references disbursement,
  line_count int not null check (line_count > 0),
  amount_fen bigint not null check (amount_fen > 0),
  requested_at timestamptz not null,
  requested_by text not null
);
alter table fund_request enable row level security;
create policy reads on fund_request for select using (in_city()
  or exists (select from disbursement d where d.disbursement_id = fund_request.disbursement_id));
create policy adds on fund_request for insert with check (in_city() or exists (select from disbursement d
  where d.disbursement_id = fund_request.disbursement_id and of_agency(d.agency_code)));
grant select, insert on fund_request to subsidy_service;

-- The request by street and quarter. Frozen with its count and total, so that a reprint equals the form that finance
-- holds.
create table fund_request_part (
  disbursement_id uuid not null references fund_request,
  street_code text not null references street,
  quarter calendar_quarter not null, -- of the months
  person_count int not null check (person_count > 0), -- a person with months of two quarters counts in each
  month_count int not null check (month_count >= person_count),
  amount_fen bigint not null check (amount_fen > 0),
  primary key (disbursement_id, street_code, quarter)
);
create trigger append_only before update or delete on fund_request_part for each row execute function refuse_change();
alter table fund_request_part enable row level security;
-- A street sees only its own part.
create policy reads on fund_request_part for select using (in_city() or of_street(street_code)
  or exists (select from disbursement d
    where d.disbursement_id = fund_request_part.disbursement_id and of_agency(d.agency_code)));
create policy adds on fund_request_part for insert with check (in_city() or exists (select from disbursement d
  where d.disbursement_id = fund_request_part.disbursement_id and of_agency(d.agency_code)));
grant select, insert on fund_request_part to subsidy_service;

create table fund_receipt (
  receipt_id uuid primary key,
  disbursement_id uuid not null references disbursement,
  amount_fen bigint not null check (amount_fen > 0),
  is_last boolean not null default false, -- finance gives no more for this request
  reference text not null,
  received_on date not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  constraint one_receipt_per_reference unique (disbursement_id, reference)
);
alter table fund_receipt enable row level security;
create policy reads on fund_receipt for select using (in_city()
  or exists (select from disbursement d where d.disbursement_id = fund_receipt.disbursement_id));
create policy adds on fund_receipt for insert with check (in_city() or exists (select from disbursement d
  where d.disbursement_id = fund_receipt.disbursement_id and of_agency(d.agency_code)));
grant select, insert on fund_receipt to subsidy_service;

-- Unspent money returned to finance.
create table fund_return (
  return_id uuid primary key,
  disbursement_id uuid not null references disbursement,
  amount_fen bigint not null check (amount_fen > 0),
  reference text not null,
  returned_on date not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  constraint one_fund_return_per_reference unique (disbursement_id, reference)
);
alter table fund_return enable row level security;
create policy reads on fund_return for select using (in_city()
  or exists (select from disbursement d where d.disbursement_id = fund_return.disbursement_id));
create policy adds on fund_return for insert with check (in_city() or exists (select from disbursement d
  where d.disbursement_id = fund_return.disbursement_id and of_agency(d.agency_code)));
grant select, insert on fund_return to subsidy_service;

-- A batch for the bank. A disbursement has several, because corrected payments are sent in later batches.
create table payment_file (
  batch_number text primary key,
  disbursement_id uuid not null references disbursement,
  line_count int not null check (line_count > 0),
  amount_fen bigint not null check (amount_fen > 0),
  format text not null,
  content_digest bytea not null,
  made_at timestamptz not null,
  made_by text not null,
  -- A file that was never downloaded may be withdrawn, and cannot be downloaded afterwards.
  is_withdrawn boolean not null default false,
  withdrawn_at timestamptz,
  constraint withdrawn_file_has_time check (is_withdrawn = (withdrawn_at is not null)),
  -- Referenced by foreign keys: a downloaded file is not withdrawn, and a line's batch belongs to its disbursement.
  constraint one_row_per_file_and_withdrawal unique (batch_number, is_withdrawn),
  constraint one_row_per_file_and_disbursement unique (disbursement_id, batch_number)
);
alter table payment_file enable row level security;
create policy reads on payment_file for select using (in_city()
  or exists (select from disbursement d where d.disbursement_id = payment_file.disbursement_id));
create policy adds on payment_file for insert with check (in_city() or exists (select from disbursement d
  where d.disbursement_id = payment_file.disbursement_id and of_agency(d.agency_code)));
create policy changes on payment_file for update using (in_city() or exists (select from disbursement d
  where d.disbursement_id = payment_file.disbursement_id and of_agency(d.agency_code)));
grant select, insert on payment_file to subsidy_service;
-- made_at is granted only to allow row locks; it never changes.
grant update (made_at, is_withdrawn, withdrawn_at) on payment_file to subsidy_service;

create table payment_file_download (
  download_id uuid primary key,
  batch_number text not null references payment_file,
  is_of_withdrawn boolean not null default false check (not is_of_withdrawn), -- for the foreign key below
  downloaded_at timestamptz not null,
  downloaded_by text not null,
  reason text, -- required for every download but the first
  constraint fetched_files_are_not_withdrawn foreign key (batch_number, is_of_withdrawn)
    references payment_file (batch_number, is_withdrawn)
);
create unique index one_download_without_reason on payment_file_download (batch_number) where reason is null;
alter table payment_file_download enable row level security;
create policy reads on payment_file_download for select using (in_city()
  or exists (select from payment_file f where f.batch_number = payment_file_download.batch_number));
create policy adds on payment_file_download for insert with check (in_city()
  or exists (select from payment_file f where f.batch_number = payment_file_download.batch_number));
grant select, insert on payment_file_download to subsidy_service;

-- One person in one disbursement. A corrected payment is a new line that names the one it replaces. The fill factor
-- leaves room for HOT updates: a line moves into a batch and out of it without index writes.
create table payment_line (
  person_id uuid not null,
  line_id uuid not null constraint one_row_per_line unique,
  disbursement_id uuid not null,
  street_code text not null,
  application_id uuid not null, -- whose account is paid
  state text not null check (state in ('waiting', 'held', 'released', 'in-payment', 'paid', 'failed', 'unknown', 'returned')),
  amount_fen bigint not null constraint zero_is_never_paid_out check (amount_fen > 0),
  failure text check (failure in ('name-mismatch', 'no-account', 'account-closed', 'account-abnormal', 'not-activated',
    'amount-invalid', 'duplicate', 'other')),
  settled_at timestamptz, -- when the bank's result, or the return, was recorded
  hold_reason text, -- kept when the line is released
  -- Why a line left its disbursement; its months wait for the next one.
  release_cause text check (release_cause in ('cancelled', 'not-funded', 'hold-released', 'recovered', 'closed')),
  batch_number text,
  replaces_line_id uuid,
  account_change_id uuid, -- the account to be paid; null: the case's. References payee_change
  name_change_id uuid, -- the holder's name; null: the case's. References payee_change
  primary key (person_id, line_id),
  constraint line_is_of_a_roster foreign key (disbursement_id, street_code) references roster,
  constraint line_is_of_a_case foreign key (person_id, application_id) references application (person_id, application_id),
  constraint line_is_in_a_batch_of_its_disbursement foreign key (disbursement_id, batch_number)
    references payment_file (disbursement_id, batch_number),
  constraint line_replaced_in_one_person foreign key (person_id, replaces_line_id)
    references payment_line (person_id, line_id),
  constraint settled_line_has_time check ((settled_at is not null) = (state in ('paid', 'failed', 'returned'))),
  constraint failed_line_has_failure check ((failure is not null) = (state = 'failed')),
  constraint held_line_has_reason check (state <> 'held' or hold_reason is not null),
  constraint released_line_has_cause check ((release_cause is not null) = (state = 'released')),
  constraint line_at_the_bank_has_batch check (state in ('waiting', 'held', 'released') = (batch_number is null))
) with (fillfactor = 50);
create index payment_line_by_disbursement on payment_line (disbursement_id, street_code, line_id);
create index payment_line_by_case on payment_line (application_id);
-- A failed payment is replaced by one line at most; a line that left its disbursement does not count. The condition
-- uses the cause and not the state, because a column in an index's condition prevents HOT updates.
create unique index one_live_replacement_per_line on payment_line (replaces_line_id) where release_cause is null;
alter table payment_line enable row level security;
create policy reads on payment_line for select using (in_city() or of_street(street_code) or is_current_person(person_id)
  or exists (select from disbursement d
    where d.disbursement_id = payment_line.disbursement_id and of_agency(d.agency_code)));
create policy adds on payment_line for insert with check (in_city() or of_street(street_code)
  or exists (select from disbursement d
    where d.disbursement_id = payment_line.disbursement_id and of_agency(d.agency_code)));
create policy changes on payment_line for update using (in_city() or of_street(street_code)
  or exists (select from disbursement d
    where d.disbursement_id = payment_line.disbursement_id and of_agency(d.agency_code)));
grant select, insert on payment_line to subsidy_service;
grant update (state, failure, settled_at, hold_reason, release_cause, batch_number, account_change_id, name_change_id) on payment_line to subsidy_service;

-- The months that a line pays. A month that is set off against a debt has a row too, with the set-off's id, so that one
-- index ensures that a month is paid or set off and never both.
create table payment_line_month (
  person_id uuid not null,
  line_id uuid not null, -- the line, or the set-off
  month calendar_month not null,
  application_id uuid not null,
  amount_fen bigint not null check (amount_fen > 0),
  live boolean not null default true, -- false once the line is released or replaced, or the month is recovered
  set_off_id uuid, -- null: the month belongs to a line. References set_off
  paying_line_id uuid generated always as (case when set_off_id is null then line_id end) stored, -- for the foreign key below
  primary key (person_id, line_id, month),
  constraint paid_month_is_of_a_line foreign key (person_id, paying_line_id) references payment_line (person_id, line_id),
  constraint paid_month_is_of_a_case foreign key (person_id, month, application_id)
    references subsidy_month (person_id, month, application_id),
  constraint set_off_stands_for_the_line check (set_off_id = line_id)
);
-- A month is in one payment at most, even with concurrent disbursements.
create unique index one_live_line_per_month on payment_line_month (person_id, month) where live;
alter table payment_line_month enable row level security;
-- The policies check the case too, because one statement inserts a line with its months and the line is not visible
-- yet. By line, a roster also shows months of the person's older case in another street.
create policy reads on payment_line_month for select using (in_city() or is_current_person(person_id)
  or exists (select from application a
    where a.person_id = payment_line_month.person_id and a.application_id = payment_line_month.application_id)
  or exists (select from payment_line l
    where l.person_id = payment_line_month.person_id and l.line_id = payment_line_month.line_id));
create policy adds on payment_line_month for insert with check (in_city()
  or exists (select from application a
    where a.person_id = payment_line_month.person_id and a.application_id = payment_line_month.application_id
      and (of_agency(a.agency_code) or of_street(a.street_code)))
  or exists (select from payment_line l
    where l.person_id = payment_line_month.person_id and l.line_id = payment_line_month.line_id
      and of_street(l.street_code)));
create policy changes on payment_line_month for update using (in_city()
  or exists (select from application a
    where a.person_id = payment_line_month.person_id and a.application_id = payment_line_month.application_id
      and (of_agency(a.agency_code) or of_street(a.street_code)))
  or exists (select from payment_line l
    where l.person_id = payment_line_month.person_id and l.line_id = payment_line_month.line_id
      and of_street(l.street_code)));
grant select, insert on payment_line_month to subsidy_service;
grant update (live) on payment_line_month to subsidy_service;

-- Whom to pay instead, proposed by one officer and confirmed by another: another account, a corrected name or, after the
-- applicant's death, an heir or nobody, which closes the case.
create table payee_change (
  person_id uuid not null,
  payee_change_id uuid not null constraint one_row_per_correction unique,
  application_id uuid not null,
  kind text not null check (kind in ('account', 'name', 'heir', 'nobody')),
  line_id uuid, -- the payment that failed or was returned and is paid again; null: what the bank does not have yet
  state text not null check (state in ('proposed', 'confirmed', 'rejected')),
  bank text,
  account_encrypted bytea,
  account_masked text constraint corrected_account_is_masked check (account_masked ~ '^\d?\*+\d?$'),
  account_index bytea check (octet_length(account_index) = 32), -- keyed hash, as in application
  name_encrypted bytea,
  former_name_hash bytea check (octet_length(former_name_hash) = 32), -- of the wrong name, as in person_name
  material_id uuid, -- the identity card that shows the name, or what shows the heir's relation to the applicant
  -- An heir has the row's name and account; the whole identity number is the person's.
  heir_person_id uuid references person,
  heir_masked text constraint heir_is_masked check (heir_masked ~ '^\d\*{16}[0-9X]$'),
  relation text check (relation in ('spouse', 'child', 'parent', 'sibling', 'grandparent', 'grandchild', 'legatee', 'other')),
  death_certificate_id uuid,
  death_certificate_kind text not null generated always as ('death-certificate') stored, -- for the foreign key below
  reason text not null,
  proposed_at timestamptz not null,
  proposed_by text not null,
  answered_at timestamptz,
  answered_by text,
  primary key (person_id, payee_change_id),
  foreign key (person_id, line_id) references payment_line (person_id, line_id),
  constraint payee_change_is_of_a_case foreign key (person_id, application_id)
    references application (person_id, application_id),
  constraint name_is_shown_by_a_material foreign key (person_id, material_id) references material (person_id, material_id),
  constraint heir_is_shown_by_a_death_certificate
    foreign key (person_id, application_id, death_certificate_id, death_certificate_kind)
    references material (person_id, application_id, material_id, kind),
  constraint heir_is_another_person check (heir_person_id <> person_id),
  constraint payee_change_is_whole check (case kind
    when 'account' then num_nonnulls(bank, account_encrypted, account_masked) = 3
      and num_nonnulls(name_encrypted, former_name_hash, material_id) = 0
    when 'name' then num_nonnulls(name_encrypted, former_name_hash, material_id) = 3
      and num_nonnulls(line_id, bank, account_encrypted, account_masked, account_index) = 0
    when 'heir' then num_nonnulls(bank, account_encrypted, account_masked, name_encrypted, material_id) = 5
      and num_nonnulls(line_id, account_index, former_name_hash) = 0
    else num_nonnulls(line_id, bank, account_encrypted, account_masked, account_index, name_encrypted, former_name_hash,
      material_id) = 0 end),
  constraint heir_is_whole check (num_nonnulls(heir_person_id, heir_masked, relation, death_certificate_id)
    = case kind when 'heir' then 4 else 0 end),
  constraint correction_answered check ((state = 'proposed') = (answered_by is null)),
  constraint two_officers_per_payee_change check (state <> 'confirmed' or answered_by <> proposed_by)
);
alter table payment_line add foreign key (account_change_id) references payee_change (payee_change_id);
alter table payment_line add foreign key (name_change_id) references payee_change (payee_change_id);
create index payee_change_by_heir on payee_change (heir_person_id) where heir_person_id is not null;
create unique index one_payee_change_per_line on payee_change (line_id) where state in ('proposed', 'confirmed');
create unique index one_open_payee_change_per_case on payee_change (application_id, kind)
  where state = 'proposed' and line_id is null;
create index payee_change_not_answered on payee_change (payee_change_id) where state = 'proposed';
create index payee_change_by_case on payee_change (person_id, application_id, payee_change_id desc);
create index payee_change_by_account on payee_change (account_index, person_id) include (application_id)
  where account_index is not null and state <> 'rejected';
alter table payee_change enable row level security;
create policy reads on payee_change for select using (in_city() or is_current_person(person_id)
  or exists (select from application a
    where a.person_id = payee_change.person_id and a.application_id = payee_change.application_id
      and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on payee_change for insert with check (in_city()
  or exists (select from application a
    where a.person_id = payee_change.person_id and a.application_id = payee_change.application_id
      and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy changes on payee_change for update using (in_city()
  or exists (select from application a
    where a.person_id = payee_change.person_id and a.application_id = payee_change.application_id
      and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on payee_change to subsidy_service;
grant update (state, answered_at, answered_by) on payee_change to subsidy_service;

-- Once the bank may have a line, whom it pays does not change any more; a payment that fails is replaced by a new line.
create function keep_payee() returns trigger language plpgsql as $$
begin
  raise exception 'the bank may have this line'
    using errcode = 'check_violation', constraint = 'payee_of_a_sent_line_stays';
end $$;
create trigger keep_payee before update of account_change_id, name_change_id on payment_line for each row
  when ((old.account_change_id, old.name_change_id) is distinct from (new.account_change_id, new.name_change_id)
    and (old.state not in ('waiting', 'held') or new.state not in ('waiting', 'held')))
  execute function keep_payee();

-- Who is paid for a case after its applicant's death: the newest heir of the agency's cases of the person. Null while nobody
-- is named, once the case was closed, and when the heir has died too. Security definer: the heir may be named with the
-- case of another street, and the heir's death is out of scope.
create function heir_of(person uuid, application uuid) returns uuid stable language sql
  security definer set search_path = public, pg_temp as $$
  select case when c.kind = 'heir' and not exists (select from death d where d.person_id = c.heir_person_id)
    then c.payee_change_id end
  from payee_change c join application named using (person_id, application_id)
  where c.person_id = person and c.state = 'confirmed' and (c.kind = 'nobody' and c.application_id = application
    or c.kind = 'heir' and named.agency_code = (select a.agency_code from application a where a.application_id = application))
  order by c.answered_at desc, c.payee_change_id desc limit 1
$$;
revoke execute on function heir_of(uuid, uuid) from public;
grant execute on function heir_of(uuid, uuid) to subsidy_service;

-- For a person who died a line goes to the bank only with the heir's name and account, and for no month that had not
-- ended before the death; for somebody who lives, with no heir's. A trigger, because a death is learnt later than the
-- line is made.
create function pay_heirs_alone_after_death() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if exists (select from sent l
    cross join lateral (select min(d.died_on) as died_on from death d where d.person_id = l.person_id) as death
    where l.state = 'in-payment' and case
      when death.died_on is null then exists (select from payee_change c
        where c.person_id = l.person_id and c.payee_change_id = l.name_change_id and c.kind = 'heir')
      -- An heir's account that failed is corrected by a later change.
      else (l.name_change_id = heir_of(l.person_id, l.application_id) and l.account_change_id >= l.name_change_id) is not true
        or exists (select from payment_line_month m where m.person_id = l.person_id and m.line_id = l.line_id
          and m.month >= to_char(death.died_on, 'YYYY-MM'))
      end)
  then
    raise exception 'after a death its heir alone is paid'
      using errcode = 'check_violation', constraint = 'after_a_death_its_heir_alone_is_paid';
  end if;
  return null;
end $$;
create trigger pay_heirs_alone_after_death after update on payment_line referencing new table as sent
  for each statement execute function pay_heirs_alone_after_death();
revoke execute on function pay_heirs_alone_after_death() from public;

-- 退票: the bank had reported the payment as paid, and the money came back.
create table payment_return (
  person_id uuid not null,
  line_id uuid not null constraint one_return_per_line unique,
  returned_on date not null,
  reference text not null,
  reason text not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  primary key (person_id, line_id),
  foreign key (person_id, line_id) references payment_line (person_id, line_id)
);
alter table payment_return enable row level security;
create policy reads on payment_return for select using (in_city() or is_current_person(person_id)
  or exists (select from payment_line l
    where l.person_id = payment_return.person_id and l.line_id = payment_return.line_id
      and (of_street(l.street_code) or exists (select from disbursement d
        where d.disbursement_id = l.disbursement_id and of_agency(d.agency_code)))));
create policy adds on payment_return for insert with check (in_city()
  or exists (select from payment_line l
    where l.person_id = payment_return.person_id and l.line_id = payment_return.line_id
      and (of_street(l.street_code) or exists (select from disbursement d
        where d.disbursement_id = l.disbursement_id and of_agency(d.agency_code)))));
grant select, insert on payment_return to subsidy_service;

create table result_file (
  disbursement_id uuid not null references disbursement,
  batch_number text not null references payment_file,
  content_digest bytea not null,
  lines_paid int not null,
  lines_failed int not null,
  lines_unknown int not null,
  applied_at timestamptz not null,
  applied_by text not null,
  constraint one_application_per_result_file primary key (disbursement_id, content_digest)
);
alter table result_file enable row level security;
create policy reads on result_file for select using (in_city()
  or exists (select from disbursement d where d.disbursement_id = result_file.disbursement_id));
create policy adds on result_file for insert with check (in_city() or exists (select from disbursement d
  where d.disbursement_id = result_file.disbursement_id and of_agency(d.agency_code)));
grant select, insert on result_file to subsidy_service;

-- Every movement of money or of a claim to it, from one account to another; a correction is a new entry. A batch is
-- posted as one sum per quarter: the single amounts are in its lines.
create table ledger_entry (
  entry_id bigint generated always as identity primary key,
  entered_at timestamptz not null,
  operation text not null,
  agency_code text not null references agency,
  quarter calendar_quarter not null, -- of the months it moves
  disbursement_id uuid references disbursement,
  person_id uuid references person,
  application_id uuid,
  line_id uuid,
  recovery_id uuid,
  from_account text not null check (from_account in ('entitled', 'waiting', 'in-payment', 'paid',
    'recovered-before-payment', 'finance', 'unspent', 'cash-in-payment', 'cash-paid', 'returned-to-finance', 'debtor',
    'recoverable', 'repaid', 'set-off', 'settled-by-set-off')),
  to_account text not null check (to_account in ('entitled', 'waiting', 'in-payment', 'paid',
    'recovered-before-payment', 'finance', 'unspent', 'cash-in-payment', 'cash-paid', 'returned-to-finance', 'debtor',
    'recoverable', 'repaid', 'set-off', 'settled-by-set-off')),
  amount_fen bigint not null check (amount_fen > 0),
  line_count int check (line_count > 0), -- number of lines in the sum
  constraint entry_moves_something check (from_account <> to_account)
);
create index ledger_entry_by_agency on ledger_entry (agency_code, quarter);
create index ledger_entry_by_disbursement on ledger_entry (disbursement_id) where disbursement_id is not null;
create trigger append_only before update or delete on ledger_entry for each row execute function refuse_change();
alter table ledger_entry enable row level security;
create policy reads on ledger_entry for select using (in_city() or of_agency(agency_code));
create policy adds on ledger_entry for insert with check (in_city() or of_agency(agency_code));
grant select, insert on ledger_entry to subsidy_service;

-- The balance of one account of a disbursement, by quarter. Security definer: a street sees the sums, but not the
-- entries for people of other streets. Callers must also select the disbursement's row, which checks the scope.
create function balance_of_disbursement(disbursement uuid, account text)
  returns table (quarter text, balance bigint)
  stable language sql security definer set search_path = public, pg_temp as $$
  select e.quarter::text, sum(case when e.to_account = account then e.amount_fen else -e.amount_fen end)::bigint
  from ledger_entry e
  where e.disbursement_id = disbursement and (e.from_account = account or e.to_account = account)
  group by e.quarter
$$;
revoke execute on function balance_of_disbursement(uuid, text) from public;
grant execute on function balance_of_disbursement(uuid, text) to subsidy_service;

-- Analyses a table for the planner, which only its owner may do. A disbursement may write 300,000 lines in one
-- transaction, and autovacuum would analyse them a minute later; on a new database, or after a crash that lost the
-- statistics, there are none for what it reads. Its statements then exceeded the timeout. Each table is analysed in its
-- own statement, so that the times do not add up; a table that is already being analysed is skipped.
create function count_for_planner(counted text) returns void language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  if counted not in ('application', 'subsidy_month', 'recovery', 'quality_review', 'payee_change', 'payment_line',
    'payment_line_month') then
    raise exception 'no table of a gathering: %', counted;
  end if;
  execute format('analyze (skip_locked) %I', counted);
end $$;
revoke execute on function count_for_planner(text) from public;
grant execute on function count_for_planner(text) to subsidy_service;

-- Cases of other people that share an account or a phone number with these. Limited to five hundred cases per account,
-- for an account that a street lends to everyone.
create function cases_of_others_sharing(cases uuid[])
  returns table (own_case uuid, what text, person_id uuid, application_id uuid)
  stable language sql security definer set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan as $$
  with own as (
    select a.application_id, a.person_id, k.what, k.index
    from application a cross join lateral (values ('account', a.account_index), ('phone', a.phone_index)) as k (what, index)
    where a.application_id = any (cases) and a.state not in ('draft', 'withdrawn') and k.index is not null
    union
    select a.application_id, a.person_id, 'account', c.account_index
    from application a join payee_change c on c.person_id = a.person_id and c.application_id = a.application_id
    where a.application_id = any (cases) and c.account_index is not null and c.state <> 'rejected'
  )
  select own.application_id, own.what, o.person_id, o.application_id
  from own cross join lateral (
    (select a.person_id, a.application_id from application a
      where own.what = 'account' and a.account_index = own.index and a.state not in ('draft', 'withdrawn')
        and a.person_id <> own.person_id limit 500)
    union all
    (select c.person_id, c.application_id from payee_change c
      where own.what = 'account' and c.account_index = own.index and c.state <> 'rejected'
        and c.person_id <> own.person_id limit 500)
    union all
    (select a.person_id, a.application_id from application a
      where own.what = 'phone' and a.phone_index = own.index and a.state not in ('draft', 'withdrawn')
        and a.person_id <> own.person_id limit 500)
  ) o
$$;
revoke execute on function cases_of_others_sharing(uuid[]) from public;
grant execute on function cases_of_others_sharing(uuid[]) to subsidy_service;

-- For each of these cases that the caller may see, who shares its account or phone number: the newest case number of
-- each other person that the caller may see, and the number of other people.
create function sharing_of(cases uuid[])
  returns table (application_id uuid, what text, case_numbers text[], people_beyond int)
  stable language sql as $$
  with people as (
    select s.own_case, s.what, s.person_id,
      -- Security invoker: only cases that the caller may see.
      (array_agg(a.case_number order by a.application_id desc) filter (where a.application_id is not null))[1] as seen
    from cases_of_others_sharing(array(select a.application_id from application a where a.application_id = any (cases))) s
    left join application a on a.person_id = s.person_id and a.application_id = s.application_id
    group by s.own_case, s.what, s.person_id
  )
  select p.own_case, p.what, coalesce(array_agg(p.seen order by p.seen) filter (where p.seen is not null), '{}'),
    (count(*) filter (where p.seen is null))::int
  from people p group by p.own_case, p.what
$$;

-- Accounts and phone numbers that two people gave, kept by the transaction in which the second one gives it: a list of
-- cases that share one need not compare all. Stays when one of the cases is withdrawn. Names no person; the service has no
-- privilege on it, and the functions below read and write it.
create table shared_number (
  what text not null check (what in ('account', 'phone')),
  number_index bytea not null check (octet_length(number_index) = 32), -- keyed hash, as in application
  primary key (what, number_index)
);

-- Of two people who give a number at once, the second waits and sees the first.
create function mark_if_shared(giver uuid, kind text, number bytea) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(kind || encode(number, 'hex'), 0));
  insert into shared_number select kind, number
  where kind = 'account' and (
      exists (select from application a where a.account_index = number and a.state not in ('draft', 'withdrawn')
        and a.person_id <> giver)
      or exists (select from payee_change c where c.account_index = number and c.state <> 'rejected'
        and c.person_id <> giver))
    or kind = 'phone' and exists (select from application a where a.phone_index = number
      and a.state not in ('draft', 'withdrawn') and a.person_id <> giver)
  on conflict do nothing;
end $$;
create function mark_shared_numbers() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if new.account_index is not null then
    perform mark_if_shared(new.person_id, 'account', new.account_index);
  end if;
  if tg_table_name = 'application' then
    if new.phone_index is not null then
      perform mark_if_shared(new.person_id, 'phone', new.phone_index);
    end if;
  end if;
  return null;
end $$;
create trigger mark_shared_numbers after insert on application for each row
  when (new.state not in ('draft', 'withdrawn')) execute function mark_shared_numbers();
create trigger mark_changed_numbers after update of state, account_index, phone_index on application for each row
  when (new.state not in ('draft', 'withdrawn') and (old.state in ('draft', 'withdrawn')
    or (old.account_index, old.phone_index) is distinct from (new.account_index, new.phone_index)))
  execute function mark_shared_numbers();
create trigger mark_shared_numbers after insert on payee_change for each row
  when (new.state <> 'rejected') execute function mark_shared_numbers();
revoke execute on function mark_if_shared(uuid, text, bytea), mark_shared_numbers() from public;

-- All cases that share an account or phone number with another person, for filtering lists; row security of the cases
-- decides which of them the caller sees.
create function cases_sharing(what text) returns table (application_id uuid)
  stable language sql security definer set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan as $$
  with uses as materialized (
    select s.number_index, a.person_id, a.application_id
    from shared_number s join application a on a.account_index = s.number_index and a.state not in ('draft', 'withdrawn')
    where s.what = 'account' and cases_sharing.what = 'account'
    union all
    select s.number_index, c.person_id, c.application_id
    from shared_number s join payee_change c on c.account_index = s.number_index and c.state <> 'rejected'
    where s.what = 'account' and cases_sharing.what = 'account'
    union all
    select s.number_index, a.person_id, a.application_id
    from shared_number s join application a on a.phone_index = s.number_index and a.state not in ('draft', 'withdrawn')
    where s.what = 'phone' and cases_sharing.what = 'phone'
  )
  select application_id from uses
  where number_index in (select number_index from uses group by number_index having count(distinct person_id) > 1)
$$;
revoke execute on function cases_sharing(text) from public;
grant execute on function cases_sharing(text) to subsidy_service;
