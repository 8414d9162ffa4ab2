-- From approved months to money in an account, and the ledger under it. Integer fen everywhere.

create sequence disbursement_number_sequence;

create table disbursement (
  disbursement_id uuid primary key,
  agency_code text not null references agency,
  disbursement_number text not null unique,
  state text not null check (state in ('verifying', 'verified', 'funds-requested', 'funded', 'in-payment', 'settled')),
  version int not null check (version >= 1),
  created_at timestamptz not null,
  created_by text not null
);
create index disbursement_by_agency on disbursement (agency_code, disbursement_id);

create table roster (
  disbursement_id uuid not null references disbursement,
  street_code text not null references street,
  verified_at timestamptz,
  verified_by text,
  primary key (disbursement_id, street_code),
  check ((verified_at is null) = (verified_by is null))
);

-- One line: one person in one disbursement. A corrected payment is a new line that names the one it replaces.
create table payment_line (
  person_id uuid not null references person,
  line_id uuid not null constraint one_row_per_line unique,
  disbursement_id uuid not null,
  street_code text not null,
  application_id uuid not null, -- whose account is paid
  state text not null check (state in ('waiting', 'held', 'in-payment', 'paid', 'failed', 'unknown', 'returned')),
  amount_fen bigint not null constraint zero_is_never_paid_out check (amount_fen > 0),
  failure text check (failure in ('name-mismatch', 'no-account', 'account-closed', 'account-abnormal', 'not-activated',
    'amount-invalid', 'duplicate', 'other')),
  hold_reason text,
  replaces_line_id uuid,
  primary key (person_id, line_id),
  foreign key (disbursement_id, street_code) references roster,
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint failed_line_has_failure check ((failure is not null) = (state = 'failed')),
  constraint held_line_has_reason check ((hold_reason is not null) = (state = 'held'))
);
create index payment_line_by_disbursement on payment_line (disbursement_id, street_code, line_id);

create table payment_line_month (
  person_id uuid not null,
  line_id uuid not null,
  month calendar_month not null,
  application_id uuid not null,
  amount_fen bigint not null check (amount_fen > 0),
  live boolean not null default true, -- false once the line is held, another has replaced it, or the month is recovered
  primary key (person_id, line_id, month),
  foreign key (person_id, line_id) references payment_line (person_id, line_id),
  foreign key (person_id, month, application_id) references subsidy_month (person_id, month, application_id)
);
-- A month is in one payment at most, however many disbursements are made at once.
create unique index one_live_line_per_month on payment_line_month (person_id, month) where live;

create table fund_request (
  disbursement_id uuid primary key references disbursement,
  line_count int not null check (line_count > 0),
  amount_fen bigint not null check (amount_fen > 0),
  requested_at timestamptz not null,
  requested_by text not null
);

create table fund_receipt (
  receipt_id uuid primary key,
  disbursement_id uuid not null references disbursement,
  amount_fen bigint not null check (amount_fen > 0),
  reference text not null,
  received_on date not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  constraint one_receipt_per_reference unique (disbursement_id, reference)
);

create table payment_file (
  disbursement_id uuid primary key references disbursement,
  batch_number text not null unique,
  line_count int not null check (line_count > 0),
  amount_fen bigint not null check (amount_fen > 0),
  content_digest bytea not null,
  made_at timestamptz not null,
  made_by text not null
);

create table result_file (
  disbursement_id uuid not null references disbursement,
  content_digest bytea not null,
  lines_paid int not null,
  lines_failed int not null,
  lines_unknown int not null,
  applied_at timestamptz not null,
  applied_by text not null,
  constraint one_application_per_result_file primary key (disbursement_id, content_digest)
);

-- Every movement of money or of a claim to it, from one account to another; a correction is a new entry.
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
  from_account text not null check (from_account in ('entitled', 'waiting', 'in-payment', 'paid', 'finance', 'unspent',
    'cash-in-payment', 'cash-paid', 'recoverable', 'debtor')),
  to_account text not null check (to_account in ('waiting', 'in-payment', 'paid', 'recovered-before-payment', 'unspent',
    'cash-in-payment', 'cash-paid', 'recoverable', 'repaid')),
  amount_fen bigint not null check (amount_fen > 0),
  constraint entry_moves_something check (from_account <> to_account)
);
create index ledger_entry_by_agency on ledger_entry (agency_code, quarter);
create trigger append_only before update or delete on ledger_entry for each row execute function refuse_change();
