-- What follows from a delivery for cases that are not closed yet, and what an officer says where registers are silent.

-- A register that repeats a statement says nothing new: the same delivery again leaves no second row.
create unique index one_row_per_coverage_statement
  on coverage (kind, source, agency_code, person_id, through_month, as_of) nulls not distinct
  where delivery_id is not null;

-- A streamed delivery is taken in portions, each a transaction of its own, and taken up again where it broke off.
alter table record_delivery
  -- open: more rows are expected, whether its body is arriving now or broke off
  add column state text not null default 'complete' check (state in ('open', 'complete')),
  add column stream_key text, -- the Idempotency-Key under which its body is sent, again if need be; null in one piece
  add column rows_digest bytea check (octet_length(rows_digest) = 32), -- SHA-256 of the lines taken so far
  add column taken_at timestamptz, -- when the last portion was taken
  add constraint one_delivery_per_stream_key unique (client_id, stream_key);
alter table record_delivery alter column state drop default;

-- Since when the records say something else of an open case than its handler or reviewer last saw; null: nothing new.
alter table application
  add column records_changed_at timestamptz,
  -- of the assessment that was told last, so that a second look at the same records tells nothing twice
  add column records_told_digest bytea check (octet_length(records_told_digest) = 32);
create index application_by_records_changed on application (agency_code, application_id)
  where records_changed_at is not null;
create index open_application_by_person on application (person_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index live_month_by_person on subsidy_month (person_id) where state = 'live';

-- 核实: what an officer found in a material or in another system. The finding itself is a record, or a coverage of one
-- person, of source 'officer'; here stands who found it, for which case and in what.
create table attestation (
  person_id uuid not null,
  attestation_id uuid not null,
  application_id uuid not null,
  record_id uuid,
  coverage_id uuid references coverage,
  officer text not null,
  officer_name text,
  agency_code text not null references agency,
  role text not null check (role in ('handler', 'reviewer')),
  material_id uuid,
  look_up_system text,
  look_up_at timestamptz,
  look_up_reference text,
  attested_at timestamptz not null,
  primary key (person_id, attestation_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  foreign key (person_id, record_id) references record (person_id, record_id),
  foreign key (person_id, material_id) references material (person_id, material_id),
  constraint attestation_is_of_one_finding check (num_nonnulls(record_id, coverage_id) = 1),
  constraint attestation_rests_on_one_evidence check (num_nonnulls(material_id, look_up_system) = 1),
  constraint look_up_is_described
    check (num_nonnulls(look_up_system, look_up_at, look_up_reference) in (0, 3))
);
create index attestation_by_application on attestation (person_id, application_id);
create index attestation_by_record on attestation (person_id, record_id);
create trigger append_only before update or delete on attestation for each row execute function refuse_change();
