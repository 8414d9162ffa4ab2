-- What the registers said and when we learnt it. Two times on every record: the days it holds (from_day, to_day) and
-- when we believed it (learnt_at, until a later version of the same source key was learnt).

create table record_delivery (
  delivery_id uuid primary key,
  client_id text not null,
  source text not null,
  received_at timestamptz not null,
  rows_received int not null check (rows_received >= 0),
  rows_new int not null check (rows_new >= 0),
  rows_superseding int not null check (rows_superseding >= 0),
  rows_unchanged int not null check (rows_unchanged >= 0),
  rows_outdated int not null check (rows_outdated >= 0),
  rows_refused int not null check (rows_refused >= 0),
  people_to_reassess int not null check (people_to_reassess >= 0), -- granted months of theirs are looked at again
  constraint every_row_is_accounted_for
    check (rows_received = rows_new + rows_superseding + rows_unchanged + rows_outdated + rows_refused)
);

create table record_delivery_refusal (
  delivery_id uuid not null references record_delivery,
  row_number int not null check (row_number >= 1),
  source_key text,
  faults jsonb not null, -- pointer, code and what to do; never the value that was sent
  primary key (delivery_id, row_number)
);

create table record (
  person_id uuid not null references person,
  record_id uuid not null,
  kind text not null check (kind in ('household', 'unemployment-registration', 'hardship-recognition',
    'flexible-employment', 'contribution', 'unemployment-benefit', 'skills-training', 'public-post', 'imprisonment',
    'public-payroll', 'employer-insurance', 'pension', 'retirement-category', 'dishonesty', 'death', 'prior-benefit')),
  source text not null,
  source_key text not null,
  version bigint not null check (version >= 1),
  from_day date not null,
  to_day date,
  details jsonb not null,
  removed boolean not null, -- this version says that the source has deleted the record
  content_digest bytea not null,
  delivery_id uuid references record_delivery, -- null for what an officer attested
  learnt_at timestamptz not null,
  primary key (person_id, record_id),
  constraint one_row_per_record_version unique (person_id, source, kind, source_key, version),
  constraint record_ends_after_it_starts check (to_day >= from_day)
);
create index record_by_source_key on record (source, kind, source_key);
create index record_by_delivery on record (delivery_id);
create trigger append_only before update or delete on record for each row execute function refuse_change();

-- "My records of this kind are complete through that month." The newest statement of a source counts;
-- through_month null is a statement too: the source no longer vouches for anything.
create table coverage (
  coverage_id uuid primary key,
  kind text not null,
  source text not null,
  agency_code text references agency, -- null: the whole city
  person_id uuid references person, -- null: everybody; else an officer's look-up of one person
  through_month calendar_month,
  as_of timestamptz not null,
  delivery_id uuid references record_delivery,
  learnt_at timestamptz not null
);
create index coverage_by_kind on coverage (kind, as_of desc);
create trigger append_only before update or delete on coverage for each row execute function refuse_change();
