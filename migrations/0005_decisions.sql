-- What was compared and what was signed. Snapshots are text, not jsonb: a replay must give the same bytes.

create table comparison (
  person_id uuid not null,
  comparison_id uuid not null,
  application_id uuid not null,
  compared_at timestamptz not null,
  compared_by text not null,
  policy_version text not null references policy_version,
  snapshot text not null,
  snapshot_digest bytea not null,
  assessment text not null,
  assessment_digest bytea not null,
  primary key (person_id, comparison_id),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
create index comparison_by_application on comparison (person_id, application_id, comparison_id desc);
create trigger append_only before update or delete on comparison for each row execute function refuse_change();

create table decision (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  comparison_id uuid not null,
  outcome text not null check (outcome in ('approved', 'refused')),
  approved_months calendar_month[] not null,
  amount_fen bigint not null check (amount_fen >= 0),
  officer text not null,
  agency_code text not null references agency,
  role text not null check (role = 'reviewer'),
  decided_at timestamptz not null,
  primary key (person_id, decision_id),
  constraint one_decision_per_application unique (person_id, application_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  foreign key (person_id, comparison_id) references comparison (person_id, comparison_id),
  constraint zero_is_never_paid check ((outcome = 'approved') = (amount_fen > 0 and cardinality(approved_months) > 0))
);
create trigger append_only before update or delete on decision for each row execute function refuse_change();
