-- A death that is learnt late: what the bank does not have yet is held back until an officer has decided who is paid.

create index death_record_by_person on record (person_id, source, source_key, version desc) where kind = 'death';

-- Deaths as they are believed now: the newest version of each source's record, unless it was removed.
create view death with (security_invoker = true) as
  select person_id, record_id, from_day as died_on from (
    select distinct on (person_id, source, source_key) person_id, record_id, from_day, removed, details
    from record where kind = 'death' order by person_id, source, source_key, version desc
  ) as newest
  where not removed and details ->> 'absent' is null;

-- Everybody who has died, to list their cases by; which of those cases a caller sees is judged by the case.
create function people_who_died() returns table (person_id uuid)
  stable language plpgsql set search_path = public, pg_temp as $$
declare before text := widen_sight();
begin
  return query select distinct d.person_id from death d;
  perform narrow_sight(before);
end $$;

-- An officer has found who may receive what a person who died had earned with a case; until then nothing of it is gathered
-- or sent to the bank.
create table payment_after_death (
  person_id uuid not null,
  application_id uuid not null,
  reason text not null,
  agency_code text not null references agency,
  decided_at timestamptz not null,
  decided_by text not null,
  constraint one_payment_decision_after_death primary key (person_id, application_id),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
create trigger append_only before update or delete on payment_after_death for each row execute function refuse_change();
revoke update on payment_after_death from subsidy_service;
revoke insert, update on death from subsidy_service;
call secure_rows('payment_after_death',
  'in_city() or of_agency(agency_code) or in_hand(person_id)', 'in_city() or of_agency(agency_code)');

-- A file that nobody has fetched may be taken back, and then is fetched by nobody; one that was fetched stays.
alter table payment_file
  add column is_withdrawn boolean not null default false,
  add column withdrawn_at timestamptz,
  add constraint withdrawn_file_has_time check (is_withdrawn = (withdrawn_at is not null)),
  add constraint one_row_per_file_and_withdrawal unique (batch_number, is_withdrawn);
grant update (is_withdrawn, withdrawn_at) on payment_file to subsidy_service;
alter table payment_file_download
  add column is_of_withdrawn boolean not null default false check (not is_of_withdrawn),
  add constraint fetched_files_are_not_withdrawn foreign key (batch_number, is_of_withdrawn)
    references payment_file (batch_number, is_withdrawn);
