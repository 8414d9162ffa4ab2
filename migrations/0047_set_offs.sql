-- Set-off 抵扣: a granted month that is not paid out settles a debt of the same person instead, on their written consent.

-- The consent 抵扣同意书 is a paper of the case whose month is used.
alter table material drop constraint material_kind_check,
  add constraint material_kind_check check (kind in ('identity-card', 'household-booklet', 'flexible-employment-proof',
    'contribution-proof', 'set-off-consent')),
  add constraint material_is_of_a_case_and_a_kind unique (person_id, application_id, material_id, kind);

create table set_off (
  person_id uuid not null,
  set_off_id uuid not null constraint one_row_per_set_off unique,
  recovery_id uuid not null, -- the debt
  agency_code text not null references agency, -- owes the month, and is owed the debt
  application_id uuid not null,
  month calendar_month not null, -- used for it, whole
  amount_fen bigint not null check (amount_fen > 0),
  consent_id uuid not null,
  consent_kind text not null generated always as ('set-off-consent') stored,
  made_at timestamptz not null,
  made_by text not null,
  reversed_at timestamptz,
  reversed_by text,
  reason text, -- why it was reversed
  primary key (person_id, set_off_id),
  foreign key (person_id, recovery_id) references recovery (person_id, recovery_id),
  foreign key (person_id, month, application_id) references subsidy_month (person_id, month, application_id),
  -- It takes the place of a payment line: one_live_line_per_month holds that a month is paid out or set off, never both.
  constraint set_off_occupies_its_month foreign key (person_id, set_off_id, month)
    references payment_line_month (person_id, line_id, month) deferrable initially deferred,
  constraint set_off_needs_written_consent foreign key (person_id, application_id, consent_id, consent_kind)
    references material (person_id, application_id, material_id, kind),
  constraint reversed_set_off_says_why check ((reversed_at is null) = (reason is null)
    and (reversed_at is null) = (reversed_by is null))
);
create unique index one_standing_set_off_per_month on set_off (person_id, month, application_id) where reversed_at is null;
create index set_off_by_recovery on set_off (person_id, recovery_id);
create index set_off_by_agency on set_off (agency_code);
call secure_rows('set_off',
  'in_city() or of_agency(agency_code) or in_hand(person_id) or exists (select from application a
    where a.person_id = set_off.person_id and a.application_id = set_off.application_id)',
  'in_city() or of_agency(agency_code)');

-- A debt ends with the last fen that was repaid or set off. A recovery that was wrong has nothing set off any more.
alter table recovery
  add column set_off_fen bigint not null default 0 check (set_off_fen >= 0),
  add column owed_fen bigint not null generated always as (
    case when state = 'confirmed' and was_paid then amount_fen - repaid_fen - set_off_fen else 0 end) stored,
  drop constraint repaid_within_debt,
  add constraint repaid_within_debt check (repaid_fen + set_off_fen <= amount_fen),
  drop constraint repaid_is_repaid_whole,
  add constraint repaid_is_repaid_whole check (state <> 'repaid' or not was_paid or repaid_fen + set_off_fen = amount_fen),
  add constraint nothing_set_off_when_reversed check (state <> 'reversed' or set_off_fen = 0);

-- What is owed, and to which agencies: whom to turn to.
drop function debts_of(uuid[]);
create function debts_of(people uuid[]) returns table (person_id uuid, owed_fen bigint, agencies text[])
  stable language plpgsql set search_path = public, pg_temp as $$
declare
  in_scope uuid[] := array(select p.person_id from person p where p.person_id = any (people));
  before text := widen_sight();
begin
  return query select r.person_id, sum(r.owed_fen)::bigint, array_agg(distinct a.name order by a.name)
    from recovery r join agency a using (agency_code)
    where r.person_id = any (in_scope) and r.state = 'confirmed' and r.was_paid
    group by r.person_id;
  perform narrow_sight(before);
end $$;

-- What is still open of these bars, as before, less what was set off.
create or replace function open_recoveries_of_bars(bars uuid[])
  returns table (bar_id uuid, suspected_months bigint, owed_fen bigint)
  stable language plpgsql set search_path = public, pg_temp as $$
declare
  in_scope uuid[] := array(select b.bar_id from bar b where b.bar_id = any (bars));
  before text := widen_sight();
begin
  return query select b.bar_id, count(r.recovery_id) filter (where r.state = 'suspected'),
      coalesce(sum(r.owed_fen), 0)::bigint
    from bar b left join recovery r on r.person_id = b.person_id and r.bar_id = b.bar_id
    where b.bar_id = any (in_scope) group by b.bar_id;
  perform narrow_sight(before);
end $$;

-- What occupies a month is a payment line or a set-off, and the month is of a case.
create or replace function check_line_months() returns trigger language plpgsql as $$
declare before text := widen_sight();
begin
  if exists (
    select from written m
    left join payment_line l on l.person_id = m.person_id and l.line_id = m.line_id
    left join set_off o on o.person_id = m.person_id and o.set_off_id = m.line_id
    left join subsidy_month s
      on s.person_id = m.person_id and s.month = m.month and s.application_id = m.application_id
    where s.state is null or (l.line_id is null and o.set_off_id is null)
  ) then
    raise exception 'a paid month of no line or of no case'
      using errcode = 'foreign_key_violation', constraint = 'paid_month_is_of_a_line_and_a_case';
  end if;
  perform narrow_sight(before);
  return null;
end $$;

alter table ledger_entry drop constraint ledger_entry_from_account_check, drop constraint ledger_entry_to_account_check,
  add constraint ledger_entry_from_account_check check (from_account in ('entitled', 'waiting', 'in-payment', 'paid',
    'recovered-before-payment', 'finance', 'unspent', 'cash-in-payment', 'cash-paid', 'returned-to-finance', 'debtor',
    'recoverable', 'repaid', 'set-off', 'settled-by-set-off')),
  add constraint ledger_entry_to_account_check check (to_account in ('entitled', 'waiting', 'in-payment', 'paid',
    'recovered-before-payment', 'finance', 'unspent', 'cash-in-payment', 'cash-paid', 'returned-to-finance', 'debtor',
    'recoverable', 'repaid', 'set-off', 'settled-by-set-off'));

alter table event drop constraint event_type_check, add constraint event_type_check check (type in (
  'application-submitted', 'application-correction-requested', 'application-not-accepted', 'application-accepted',
  'application-transferred',
  'application-approved', 'application-refused', 'application-withdrawn', 'decision-undone', 'payment-paid',
  'payment-failed', 'payment-returned', 'recovery-opened', 'recovery-confirmed', 'recovery-dismissed', 'recovery-repaid',
  'recovery-reversed', 'applicant-barred', 'bar-lifted', 'recovery-set-off', 'recovery-set-off-reversed'));
