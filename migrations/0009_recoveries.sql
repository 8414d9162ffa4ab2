-- Money that has to come back: recoveries of wrongly granted months, bars for false material, and set-offs.

-- 取消申请补贴资格: a person who was granted months on false material must repay them, and no case of theirs is
-- approved until they have and a reviewer with no part in the case has lifted the bar (undertaking 2).
create table bar (
  person_id uuid not null references person,
  bar_id uuid not null constraint one_row_per_bar unique,
  application_id uuid not null, -- the case whose material was reported first
  agency_code text not null references agency,
  street_code text not null references street,
  state text not null check (state in ('proposed', 'in-force', 'lifted', 'dismissed')),
  version int not null check (version >= 1), -- the ETag
  proposed_at timestamptz not null,
  proposed_by text not null,
  heard_on date, -- the person was heard before it came into force
  heard_how text,
  confirmed_at timestamptz,
  confirmed_by text,
  closed_at timestamptz,
  closing_reason text,
  lifted_by text,
  lifter text not null default 'lifter' check (lifter = 'lifter'), -- the part in which lifted_by acted
  primary key (person_id, bar_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint in_force_after_hearing
    check (state = 'dismissed' or (state = 'proposed') = (num_nonnulls(heard_on, heard_how, confirmed_at, confirmed_by) = 0)),
  constraint two_officers_per_bar check (confirmed_by <> proposed_by),
  constraint bar_is_closed_with_reason check ((state in ('lifted', 'dismissed')) = (num_nonnulls(closed_at, closing_reason) = 2)),
  constraint bar_is_lifted_by_somebody check ((state = 'lifted') = (lifted_by is not null))
);
create unique index one_open_bar_per_person on bar (person_id) where state in ('proposed', 'in-force');
create index bar_by_agency on bar (agency_code, state, bar_id);
alter table bar enable row level security;
create policy reads on bar for select using (in_city() or of_agency(agency_code) or of_street(street_code)
  or is_current_person(person_id));
create policy adds on bar for insert with check (in_city() or of_agency(agency_code) or is_current_person(person_id));
create policy changes on bar for update using (in_city() or of_agency(agency_code) or is_current_person(person_id));
grant select, insert on bar to subsidy_service;
grant update (state, version, heard_on, heard_how, confirmed_at, confirmed_by, closed_at, closing_reason, lifted_by)
  on bar to subsidy_service;

-- Each officer's part: an officer who handled, decided or paid a case that used the material, reported it or confirmed
-- it cannot lift the bar.
create table bar_part (
  person_id uuid not null,
  bar_id uuid not null,
  officer text not null,
  part text not null check (part in ('case-officer', 'reporter', 'confirmer', 'lifter')),
  constraint one_part_per_officer_in_a_bar primary key (person_id, bar_id, officer),
  constraint one_row_per_part_in_a_bar unique (person_id, bar_id, officer, part),
  foreign key (person_id, bar_id) references bar (person_id, bar_id)
);
alter table bar add constraint bar_is_lifted_by_an_officer_without_part
  foreign key (person_id, bar_id, lifted_by, lifter) references bar_part (person_id, bar_id, officer, part);
create trigger append_only before update or delete on bar_part for each row execute function refuse_change();
alter table bar_part enable row level security;
create policy reads on bar_part for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = bar_part.person_id));
-- Officers of any agency that used the material take part, once they have locked the person.
create policy adds on bar_part for insert with check (in_city() or is_current_person(person_id));
grant select, insert on bar_part to subsidy_service;

-- What was reported of a case: one of its materials, or a paper that was only shown at the counter.
create table false_material_report (
  person_id uuid not null,
  report_id uuid not null,
  bar_id uuid not null,
  application_id uuid not null,
  grounds text not null,
  reported_at timestamptz not null,
  reported_by text not null,
  primary key (person_id, report_id),
  foreign key (person_id, bar_id) references bar (person_id, bar_id),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
create index false_material_report_by_bar on false_material_report (person_id, bar_id);
create trigger append_only before update or delete on false_material_report for each row execute function refuse_change();
alter table false_material_report enable row level security;
create policy reads on false_material_report for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = false_material_report.person_id));
create policy adds on false_material_report for insert with check (in_city() or is_current_person(person_id));
grant select, insert on false_material_report to subsidy_service;

create table false_material (
  person_id uuid not null,
  report_id uuid not null,
  material_id uuid not null,
  primary key (person_id, report_id, material_id),
  foreign key (person_id, report_id) references false_material_report (person_id, report_id),
  foreign key (person_id, material_id) references material (person_id, material_id)
);
create trigger append_only before update or delete on false_material for each row execute function refuse_change();
alter table false_material enable row level security;
create policy reads on false_material for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = false_material.person_id));
create policy adds on false_material for insert with check (in_city() or is_current_person(person_id));
grant select, insert on false_material to subsidy_service;

-- A granted month that must be given back, because a later record contradicts it, its material was false, or an officer
-- found so.
create table recovery (
  person_id uuid not null,
  recovery_id uuid not null constraint one_row_per_recovery unique,
  application_id uuid not null,
  month calendar_month not null,
  agency_code text not null references agency,
  street_code text not null references street,
  state text not null check (state in ('suspected', 'confirmed', 'repaid', 'dismissed', 'reversed')),
  version int not null check (version >= 1), -- the ETag
  cause text not null check (cause in ('contradicting-record', 'false-material', 'officer')),
  findings jsonb not null, -- the checks the month now fails, each with its records
  findings_digest bytea not null,
  grounds text, -- an officer's text; null if records are the reason
  bar_id uuid,
  reason text, -- why it was dismissed or reversed
  amount_fen bigint not null check (amount_fen > 0),
  repaid_fen bigint not null default 0 check (repaid_fen >= 0),
  set_off_fen bigint not null default 0 check (set_off_fen >= 0), -- settled by months of the same person that are not paid out
  was_paid boolean, -- known after confirmation: whether money is owed or only a payment was stopped
  -- True or null, for the foreign key below.
  owes boolean generated always as (case when state = 'confirmed' and was_paid then true end) stored,
  owed_fen bigint not null generated always as (
    case when state = 'confirmed' and was_paid then amount_fen - repaid_fen - set_off_fen else 0 end) stored,
  -- Refunded to the person, because the recovery was wrong.
  refunded_fen bigint not null default 0,
  refund_reference text,
  refunded_on date,
  opened_at timestamptz not null,
  opened_by text, -- null if records opened it
  confirmed_by text,
  is_reversed boolean generated always as (case when state = 'reversed' then true end) stored, -- for appeals
  heard_on date, -- the person was heard before it was confirmed
  heard_how text,
  closed_at timestamptz,
  primary key (person_id, recovery_id),
  foreign key (person_id, month, application_id) references subsidy_month (person_id, month, application_id),
  -- A recovery with a debt must reference a month marked as owed. (The opposite error, a month marked as owed without a
  -- debt, pays nobody and is found by reconciliation.)
  constraint owed_month_says_so foreign key (person_id, month, application_id, owes)
    references subsidy_month (person_id, month, application_id, still_owed),
  constraint recovery_is_of_a_bar foreign key (person_id, bar_id) references bar (person_id, bar_id),
  -- The same contradiction opens only one recovery, even after it was dismissed.
  constraint one_recovery_per_contradiction unique (person_id, month, application_id, findings_digest),
  -- Referenced by appeals, which another officer than the one who confirmed it decides.
  constraint recovery_is_confirmed_by_an_officer unique (person_id, recovery_id, confirmed_by),
  constraint one_row_per_recovery_and_reversal unique (person_id, recovery_id, is_reversed),
  constraint officers_give_grounds check ((cause = 'contradicting-record') = (grounds is null)),
  constraint bars_come_of_false_material check (bar_id is null or cause = 'false-material'),
  constraint confirmed_after_hearing check (state not in ('confirmed', 'repaid', 'reversed') or num_nonnulls(heard_on, confirmed_by) = 2),
  constraint repaid_within_debt check (repaid_fen + set_off_fen <= amount_fen),
  constraint repaid_is_repaid_whole check (state <> 'repaid' or not was_paid or repaid_fen + set_off_fen = amount_fen),
  constraint refunded_as_repaid check (refunded_fen = case state when 'reversed' then repaid_fen else 0 end),
  constraint refund_has_reference check ((refunded_fen > 0) = (refund_reference is not null)),
  constraint nothing_set_off_when_reversed check (state <> 'reversed' or set_off_fen = 0)
);
alter table subsidy_month add foreign key (after_recovery_id) references recovery (recovery_id);
create unique index one_open_recovery_per_month on recovery (person_id, month, application_id)
  where state in ('suspected', 'confirmed', 'repaid');
create index recovery_by_agency on recovery (agency_code, state, recovery_id);
create index recovery_by_street on recovery (street_code, recovery_id);
create index recovery_by_case on recovery (application_id, recovery_id);
create index recovery_by_state on recovery (state, recovery_id); -- for those who see the whole city
create index recovery_by_bar on recovery (person_id, bar_id) where bar_id is not null;
create index debt_by_person on recovery (person_id) where state = 'confirmed' and was_paid;
alter table recovery enable row level security;
create policy reads on recovery for select using (in_city() or of_agency(agency_code) or of_street(street_code)
  or is_current_person(person_id));
create policy adds on recovery for insert with check (in_city() or of_agency(agency_code) or of_street(street_code));
create policy changes on recovery for update using (in_city() or of_agency(agency_code) or of_street(street_code));
grant select, insert on recovery to subsidy_service;
grant update (state, version, was_paid, confirmed_by, heard_on, heard_how, reason, closed_at, refund_reference, refunded_on, refunded_fen,
  repaid_fen, set_off_fen) on recovery to subsidy_service;

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
alter table repayment enable row level security;
create policy reads on repayment for select using (in_city() or exists (select from recovery r
  where r.person_id = repayment.person_id and r.recovery_id = repayment.recovery_id));
create policy adds on repayment for insert with check (in_city() or exists (select from recovery r
  where r.person_id = repayment.person_id and r.recovery_id = repayment.recovery_id and of_agency(r.agency_code)));
grant select, insert on repayment to subsidy_service;

-- Set-off 抵扣: a granted month that is not paid out settles a debt of the same person, with their written consent.
create table set_off (
  person_id uuid not null,
  set_off_id uuid not null constraint one_row_per_set_off unique,
  recovery_id uuid not null, -- the debt
  agency_code text not null references agency, -- the agency that owes the month and is owed the debt
  application_id uuid not null,
  month calendar_month not null, -- used as a whole
  amount_fen bigint not null check (amount_fen > 0),
  consent_id uuid not null, -- the consent 抵扣同意书, a material of the case whose month is used
  consent_kind text not null generated always as ('set-off-consent') stored, -- for the foreign key below
  made_at timestamptz not null,
  made_by text not null,
  reversed_at timestamptz,
  reversed_by text,
  reason text, -- why it was reversed
  primary key (person_id, set_off_id),
  foreign key (person_id, recovery_id) references recovery (person_id, recovery_id),
  foreign key (person_id, month, application_id) references subsidy_month (person_id, month, application_id),
  -- Occupies the month like a payment line: one_live_line_per_month ensures that it is paid or set off and never both.
  constraint set_off_occupies_its_month foreign key (person_id, set_off_id, month)
    references payment_line_month (person_id, line_id, month) deferrable initially deferred,
  constraint set_off_needs_written_consent foreign key (person_id, application_id, consent_id, consent_kind)
    references material (person_id, application_id, material_id, kind),
  constraint reversed_set_off_says_why check ((reversed_at is null) = (reason is null)
    and (reversed_at is null) = (reversed_by is null))
);
alter table payment_line_month add constraint set_off_month_is_of_a_set_off
  foreign key (person_id, set_off_id) references set_off (person_id, set_off_id);
create unique index one_standing_set_off_per_month on set_off (person_id, month, application_id) where reversed_at is null;
create index set_off_by_recovery on set_off (person_id, recovery_id);
create index set_off_by_agency on set_off (agency_code);
alter table set_off enable row level security;
create policy reads on set_off for select using (in_city() or of_agency(agency_code) or is_current_person(person_id)
  or exists (select from application a
    where a.person_id = set_off.person_id and a.application_id = set_off.application_id));
create policy adds on set_off for insert with check (in_city() or of_agency(agency_code));
create policy changes on set_off for update using (in_city() or of_agency(agency_code));
grant select, insert on set_off to subsidy_service;
grant update (reversed_at, reversed_by, reason) on set_off to subsidy_service;

-- What became of the money of a person's granted months, of one case or of all: the line or set-off that holds each
-- month now, and its recovery. Security definer: a platform sees this of its cases, and no payment lines or recoveries.
-- Callers select the case, or have made the person the current one.
create function money_of_months(person uuid, application uuid)
  returns table (month text, application_id uuid, line_id uuid, disbursement_id uuid, line_state text, failure text,
    settled_at timestamptz, returned_on date, return_reason text, set_off_at timestamptz, was_paid boolean, owed_fen bigint,
    recovery_closed_at timestamptz, is_closed boolean)
  stable language sql security definer set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan as $$
  select m.month, m.application_id, l.line_id, l.disbursement_id, l.state, l.failure,
    l.settled_at, b.returned_on, b.reason, s.made_at, r.was_paid, r.owed_fen, r.closed_at,
    exists (select from payee_change c where c.person_id = m.person_id and c.application_id = m.application_id
      and c.kind = 'nobody' and c.state = 'confirmed') and heir_of(m.person_id, m.application_id) is null
  from subsidy_month m
  left join payment_line_month p on p.person_id = m.person_id and p.month = m.month
    and p.application_id = m.application_id and p.live
  left join payment_line l on l.person_id = p.person_id and l.line_id = p.paying_line_id
  left join payment_return b on b.person_id = l.person_id and b.line_id = l.line_id
  left join set_off s on s.person_id = m.person_id and s.month = m.month and s.application_id = m.application_id
    and s.reversed_at is null
  left join recovery r on r.person_id = m.person_id and r.month = m.month and r.application_id = m.application_id
    and r.state in ('confirmed', 'repaid')
  where m.person_id = person and (application is null or m.application_id = application)
    and m.state in ('live', 'recovered')
$$;
revoke execute on function money_of_months(uuid, uuid) from public;
grant execute on function money_of_months(uuid, uuid) to subsidy_service;

-- In the whole city, of each of these people who has any: since when they are barred, their debt 欠款, and the agencies
-- to which it is owed. The caller may see the people.
create function conditions_of_anybody(people uuid[])
  returns table (person_id uuid, barred_since timestamptz, owed_fen bigint, agencies text[])
  stable language sql security definer set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan as $$
  select p.id, b.confirmed_at, d.owed_fen, d.agencies
  from unnest(people) as p (id)
  left join bar b on b.person_id = p.id and b.state = 'in-force'
  left join lateral (
    select sum(r.owed_fen)::bigint as owed_fen, array_agg(distinct a.name order by a.name) as agencies
    from recovery r join agency a using (agency_code)
    where r.person_id = p.id and r.state = 'confirmed' and r.was_paid
  ) as d on true
  where b.confirmed_at is not null or d.owed_fen is not null
$$;
revoke execute on function conditions_of_anybody(uuid[]) from public;
grant execute on function conditions_of_anybody(uuid[]) to subsidy_service;

-- All people with a debt, for filtering lists of cases; row security of the cases decides which of them the caller
-- sees.
create function people_in_debt() returns table (person_id uuid)
  stable language sql security definer set search_path = public, pg_temp as $$
  select distinct r.person_id from recovery r where r.state = 'confirmed' and r.was_paid
$$;
revoke execute on function people_in_debt() from public;
grant execute on function people_in_debt() to subsidy_service;

-- All barred people, for filtering lists of cases; row security of the cases decides which of them the caller sees.
create function people_barred() returns table (person_id uuid)
  stable language sql security definer set search_path = public, pg_temp as $$
  select b.person_id from bar b where b.state = 'in-force'
$$;
revoke execute on function people_barred() from public;
grant execute on function people_barred() to subsidy_service;

-- What is unresolved for these bars in the whole city: suspected months, and the debt.
create function open_recoveries_of_any_bars(bars uuid[])
  returns table (bar_id uuid, suspected_months bigint, owed_fen bigint)
  stable language sql security definer set search_path = public, pg_temp as $$
  select b.bar_id, count(r.recovery_id) filter (where r.state = 'suspected'), coalesce(sum(r.owed_fen), 0)::bigint
  from bar b left join recovery r on r.person_id = b.person_id and r.bar_id = b.bar_id
  where b.bar_id = any (bars) group by b.bar_id
$$;
revoke execute on function open_recoveries_of_any_bars(uuid[]) from public;
grant execute on function open_recoveries_of_any_bars(uuid[]) to subsidy_service;
-- The same, limited to bars that the caller may see.
create function open_recoveries_of_bars(bars uuid[])
  returns table (bar_id uuid, suspected_months bigint, owed_fen bigint)
  stable language sql as $$
  select * from open_recoveries_of_any_bars(array(select b.bar_id from bar b where b.bar_id = any (bars)))
$$;

-- Not a foreign key: the referenced value would have to stay as at the approval, and then nobody with an earlier
-- approval could be barred. Checks the whole city, like a foreign key, whatever the caller may see.
create function refuse_approval_of_barred() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if exists (select from bar b where b.person_id = new.person_id and b.state = 'in-force') then
    raise exception 'nobody is approved who is barred'
      using errcode = 'check_violation', constraint = 'nobody_is_approved_who_is_barred';
  end if;
  return new;
end $$;
create trigger refuse_approval_of_barred before insert on decision for each row
  when (new.outcome = 'approved') execute function refuse_approval_of_barred();

create function refuse_lifting_while_owed() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if exists (select from recovery r
    where r.person_id = new.person_id and r.bar_id = new.bar_id and r.state in ('suspected', 'confirmed'))
  then
    raise exception 'a bar is lifted once all is repaid'
      using errcode = 'check_violation', constraint = 'bar_is_lifted_once_all_is_repaid';
  end if;
  return new;
end $$;
create trigger refuse_lifting_while_owed before update on bar for each row
  when (new.state = 'lifted') execute function refuse_lifting_while_owed();
revoke execute on function refuse_approval_of_barred(), refuse_lifting_while_owed() from public;
