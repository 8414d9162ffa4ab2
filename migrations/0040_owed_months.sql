-- A month is not granted again while its first payment is still owed, and frees the cap only once it is repaid.

-- A recovered month of which something is still to be given back.
alter table subsidy_month add column still_owed boolean not null default false,
  add constraint owed_month_is_recovered check (not still_owed or state = 'recovered');

update subsidy_month m set still_owed = true from recovery r
  where r.person_id = m.person_id and r.month = m.month and r.application_id = m.application_id
    and r.state = 'confirmed' and r.was_paid;

-- It occupies its person-month as a claimed or live one does. (Where one was granted twice before this rule, this fails and
-- names it: let it be repaid, or reverse the wrong recovery, and migrate again.)
drop index one_live_claim_per_person_month;
create unique index one_live_claim_per_person_month on subsidy_month (person_id, month)
  where state in ('claimed', 'live') or still_owed;

-- A recovery cannot owe without its month saying so: what owes must find a month that is still owed. (The other way round,
-- a month that nobody owes any more, pays nobody, and reconciliation names it.)
alter table subsidy_month add constraint month_is_found_by_what_it_owes
  unique (person_id, month, application_id, still_owed);
alter table recovery
  add column owes boolean generated always as (case when state = 'confirmed' and was_paid then true end) stored,
  add constraint owed_month_says_so foreign key (person_id, month, application_id, owes)
    references subsidy_month (person_id, month, application_id, still_owed),
  add constraint repaid_is_repaid_whole check (state <> 'repaid' or not was_paid or repaid_fen = amount_fen);

comment on column term.live_months is 'months that count against the cap: live, or recovered and still owed';
create or replace function count_live_months() returns trigger language plpgsql as $$
declare
  change int := (new.state = 'live' or new.still_owed)::int
    - (tg_op = 'UPDATE' and (old.state = 'live' or old.still_owed))::int;
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
update term t set live_months = live_months + owed.months
  from (select person_id, count(*)::int as months from subsidy_month where still_owed group by person_id) as owed
  where owed.person_id = t.person_id;
