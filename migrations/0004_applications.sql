-- The case: one person, one quarter, one to three months.

create sequence case_number_sequence;

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
  client_id text not null, -- the platform or office client that created it; only it may see it as its own
  street_code text not null references street,
  agency_code text not null references agency, -- follows the household's street on the day of creation
  name_sealed bytea not null,
  phone_sealed bytea not null,
  bank text not null,
  account_sealed bytea not null,
  account_masked text not null,
  work_kind text not null,
  work_since date not null,
  work_place text not null,
  undertaking_version text not null,
  undertaking_digest bytea not null,
  undertaking_signed_at timestamptz not null,
  undertaking_signed_how text not null,
  created_at timestamptz not null,
  submitted_at timestamptz,
  accepted_at timestamptz,
  closed_at timestamptz,
  primary key (person_id, application_id),
  constraint submitted_once_past_draft check (submitted_at is not null or state in ('draft', 'withdrawn'))
);
create index application_by_agency on application (agency_code, state, application_id);
create index application_by_street on application (street_code, application_id);
create index application_by_client on application (client_id, application_id);

create table material (
  person_id uuid not null,
  material_id uuid not null,
  application_id uuid not null,
  kind text not null check (kind in ('identity-card', 'household-booklet', 'flexible-employment-proof',
    'contribution-proof')),
  media_type text not null check (media_type in ('image/jpeg', 'image/png', 'application/pdf')),
  byte_length int not null check (byte_length between 1 and 5242880),
  digest bytea not null,
  content_sealed bytea not null,
  added_at timestamptz not null,
  added_by text not null,
  primary key (person_id, material_id),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
create index material_by_application on material (person_id, application_id);

-- Who acted in which part on which case. The key is the rule: one officer, one part.
create table case_part (
  person_id uuid not null,
  application_id uuid not null,
  officer text not null,
  part text not null check (part in ('handler', 'reviewer', 'payer')),
  agency_code text not null,
  acted_at timestamptz not null,
  constraint one_part_per_officer_on_a_case primary key (person_id, application_id, officer),
  foreign key (person_id, application_id) references application (person_id, application_id)
);

-- A person's entitlement period, fixed at the first approval and never recomputed (article 三).
create table term (
  person_id uuid primary key references person,
  first_approved_on date not null,
  retirement_on date not null,
  near boolean not null,
  cap int check ((cap is null) = near),
  policy_version text not null,
  imported_months int not null check (imported_months >= 0), -- granted before this service or in another city
  live_months int not null default 0 check (live_months >= 0), -- kept by the trigger on subsidy_month
  constraint months_within_cap check (cap is null or imported_months + live_months <= cap)
);

-- One month of one application. A refused or withdrawn month leaves the person free to claim it again.
create table subsidy_month (
  person_id uuid not null,
  month calendar_month not null,
  application_id uuid not null,
  state text not null check (state in ('claimed', 'live', 'refused', 'released', 'recovered')),
  amount_fen bigint check (amount_fen > 0),
  primary key (person_id, month, application_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint live_month_has_amount check (state not in ('live', 'recovered') or amount_fen is not null)
);
-- Public money is granted once for a month, in the whole city, whatever the channel.
create unique index one_live_claim_per_person_month on subsidy_month (person_id, month) where state in ('claimed', 'live');

-- The counter under the cap. Summing rows instead overruns the cap when transactions race, even under REPEATABLE READ.
create function count_live_months() returns trigger language plpgsql as $$
declare change int := (new.state = 'live')::int - (tg_op = 'UPDATE' and old.state = 'live')::int;
begin
  if change <> 0 then
    update term set live_months = live_months + change where person_id = new.person_id;
    if not found then
      raise exception 'a month cannot be live without a term'
        using errcode = 'check_violation', constraint = 'live_month_has_term';
    end if;
  end if;
  return null;
end $$;
create trigger count_live_months after insert or update on subsidy_month for each row execute function count_live_months();
