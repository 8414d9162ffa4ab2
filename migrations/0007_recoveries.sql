-- Months that a later record contradicts, and the money that comes back for them.

create table recovery (
  person_id uuid not null,
  recovery_id uuid not null constraint one_row_per_recovery unique,
  application_id uuid not null,
  month calendar_month not null,
  agency_code text not null references agency,
  street_code text not null references street,
  state text not null check (state in ('suspected', 'confirmed', 'repaid', 'dismissed')),
  version int not null check (version >= 1),
  cause text not null check (cause in ('contradicting-record')),
  findings jsonb not null, -- the checks the month now fails, each with the records it rests on
  findings_digest bytea not null,
  reason text, -- why it was dismissed
  amount_fen bigint not null check (amount_fen > 0),
  repaid_fen bigint not null default 0 check (repaid_fen >= 0),
  was_paid boolean, -- known once confirmed: whether money has to come back or only a payment was stopped
  opened_at timestamptz not null,
  heard_on date, -- the person was heard before it was confirmed
  heard_how text,
  closed_at timestamptz,
  primary key (person_id, recovery_id),
  foreign key (person_id, month, application_id) references subsidy_month (person_id, month, application_id),
  -- The same contradiction opens nothing twice, not even after it was dismissed.
  constraint one_recovery_per_contradiction unique (person_id, month, application_id, findings_digest),
  constraint repaid_within_debt check (repaid_fen <= amount_fen),
  constraint confirmed_after_hearing check (state not in ('confirmed', 'repaid') or heard_on is not null)
);
create unique index one_open_recovery_per_month on recovery (person_id, month, application_id)
  where state in ('suspected', 'confirmed', 'repaid');
create index recovery_by_agency on recovery (agency_code, state, recovery_id);

create table repayment (
  person_id uuid not null,
  repayment_id uuid not null,
  recovery_id uuid not null,
  amount_fen bigint not null check (amount_fen > 0),
  reference text not null,
  received_on date not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  primary key (person_id, repayment_id),
  constraint one_repayment_per_reference unique (person_id, recovery_id, reference),
  foreign key (person_id, recovery_id) references recovery (person_id, recovery_id)
);
