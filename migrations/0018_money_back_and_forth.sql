-- The turns the money can take: holds released, runs cancelled, money in parts, several batches, corrected accounts,
-- payments that come back, recoveries that turn out wrong.

alter table disbursement drop constraint disbursement_state_check,
  add constraint disbursement_state_check check (state in ('verifying', 'verified', 'funds-requested', 'funded',
    'in-payment', 'settled', 'cancelled'));

-- The account to pay instead of the one that failed: proposed by one officer, confirmed by another.
create table payment_correction (
  person_id uuid not null,
  correction_id uuid not null constraint one_row_per_correction unique,
  line_id uuid not null, -- the payment that failed or came back
  application_id uuid not null,
  state text not null check (state in ('proposed', 'confirmed', 'rejected')),
  bank text not null,
  account_sealed bytea not null,
  account_masked text not null,
  reason text not null,
  proposed_at timestamptz not null,
  proposed_by text not null,
  answered_at timestamptz,
  answered_by text,
  primary key (person_id, correction_id),
  foreign key (person_id, line_id) references payment_line (person_id, line_id),
  constraint correction_answered check ((state = 'proposed') = (answered_by is null)),
  constraint two_officers_per_correction check (state <> 'confirmed' or answered_by <> proposed_by)
);
create unique index one_correction_per_line on payment_correction (line_id) where state in ('proposed', 'confirmed');
create index payment_correction_by_case on payment_correction (person_id, application_id, correction_id desc);

alter table payment_file drop constraint payment_file_pkey, drop constraint payment_file_batch_number_key,
  add primary key (batch_number), -- a corrected payment goes to the bank in a batch of its own
  add column format text not null default 'utf-8-csv';
alter table payment_file alter column format drop default;
create index payment_file_by_disbursement on payment_file (disbursement_id, batch_number);

create table payment_file_download (
  download_id uuid primary key,
  batch_number text not null references payment_file,
  downloaded_at timestamptz not null,
  downloaded_by text not null,
  reason text -- of every download but the first
);
create unique index one_download_without_reason on payment_file_download (batch_number) where reason is null;

alter table payment_line drop constraint payment_line_state_check, drop constraint held_line_has_reason,
  add constraint payment_line_state_check check (state in ('waiting', 'held', 'released', 'in-payment', 'paid', 'failed',
    'unknown', 'returned')),
  -- Once released the line still says why it was held.
  add constraint held_line_has_reason check (state <> 'held' or hold_reason is not null),
  -- Why a line left its disbursement; its months wait for the next one.
  add column release_cause text check (release_cause in ('cancelled', 'not-funded', 'hold-released', 'recovered')),
  add constraint released_line_has_cause check ((release_cause is not null) = (state = 'released')),
  add column batch_number text references payment_file,
  add constraint line_at_the_bank_has_batch check (state in ('waiting', 'held', 'released') = (batch_number is null)),
  add column correction_id uuid references payment_correction (correction_id), -- whose account is paid; null: the case's
  add constraint line_replaced_in_one_person foreign key (person_id, replaces_line_id)
    references payment_line (person_id, line_id);
-- A failed payment is replaced by one line at most; one that left its disbursement did not replace it.
create unique index one_live_replacement_per_line on payment_line (replaces_line_id) where state <> 'released';
-- States change in place: an update that moves no index entry needs room on the page.
alter table payment_line set (fillfactor = 75);

-- 退票: the bank had said "paid", and the money came back.
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

alter table fund_receipt add column is_last boolean not null default false; -- finance gives no more for this request

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

alter table result_file add column batch_number text not null references payment_file;

alter table recovery drop constraint recovery_state_check, drop constraint recovery_cause_check,
  add constraint recovery_state_check check (state in ('suspected', 'confirmed', 'repaid', 'dismissed', 'reversed')),
  add constraint recovery_cause_check check (cause in ('contradicting-record', 'false-material', 'officer')),
  add column grounds text, -- what an officer wrote; null where records speak for themselves
  add column opened_by text,
  add constraint officers_give_grounds check ((cause = 'contradicting-record') = (grounds is null)),
  -- Given back to the person, because the recovery was wrong.
  add column refunded_fen bigint not null default 0,
  add column refund_reference text,
  add column refunded_on date,
  add constraint refunded_as_repaid check (refunded_fen = case state when 'reversed' then repaid_fen else 0 end),
  add constraint refund_has_reference check ((refunded_fen > 0) = (refund_reference is not null)),
  drop constraint confirmed_after_hearing,
  add constraint confirmed_after_hearing check (state not in ('confirmed', 'repaid', 'reversed') or heard_on is not null);

-- A recovered month may be claimed once more; the new claim names what freed it.
alter table subsidy_month add column after_recovery_id uuid references recovery (recovery_id);
create unique index one_second_claim_per_person_month on subsidy_month (person_id, month)
  where after_recovery_id is not null and state in ('live', 'recovered');

-- Entries of a whole batch are sums of a quarter, not rows for each line (300,000 lines would be a million entries that
-- say what the lines say themselves); count says of how many lines.
alter table ledger_entry drop constraint ledger_entry_from_account_check, drop constraint ledger_entry_to_account_check,
  add constraint ledger_entry_from_account_check check (from_account in ('entitled', 'waiting', 'in-payment', 'paid',
    'recovered-before-payment', 'finance', 'unspent', 'cash-in-payment', 'cash-paid', 'returned-to-finance', 'debtor',
    'recoverable', 'repaid')),
  add constraint ledger_entry_to_account_check check (to_account in ('entitled', 'waiting', 'in-payment', 'paid',
    'recovered-before-payment', 'finance', 'unspent', 'cash-in-payment', 'cash-paid', 'returned-to-finance', 'debtor',
    'recoverable', 'repaid')),
  add column line_count int check (line_count > 0);
create index ledger_entry_by_disbursement on ledger_entry (disbursement_id) where disbursement_id is not null;

-- A gathering walks the people of an agency.
create index approved_application_by_person on application (agency_code, person_id, application_id) where state = 'approved';

-- `2025Q2` for the month `2025-04`: money is reckoned by the quarter of the months it is for.
create function quarter_of(month text) returns text immutable parallel safe language sql
  return left(month, 4) || 'Q' || ((right(month, 2)::int + 2) / 3);
