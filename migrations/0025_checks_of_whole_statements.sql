-- Lines are written and moved by hundred thousands, and a foreign key looks up each row by itself: that was more than half
-- of the time of a disbursement. These look at all rows of a statement at once. What they point at is never deleted and
-- never gets another key, which a foreign key would have seen to as well. Like a foreign key they see the whole city.

create trigger kept before delete or update of person_id, month, application_id on subsidy_month
  for each row execute function refuse_deletion();
create trigger kept before delete or update of person_id, line_id on payment_line
  for each row execute function refuse_deletion();
create trigger kept before delete or update of disbursement_id, street_code on roster
  for each row execute function refuse_deletion();
create trigger kept before delete or update of batch_number on payment_file
  for each row execute function refuse_deletion();

create function check_lines() returns trigger language plpgsql as $$
declare before text := widen_sight();
begin
  if exists (
    select from written l
    left join roster r on r.disbursement_id = l.disbursement_id and r.street_code = l.street_code
    left join application a on a.person_id = l.person_id and a.application_id = l.application_id
    where r.disbursement_id is null or a.application_id is null
  ) then
    raise exception 'a line of no roster or of no case'
      using errcode = 'foreign_key_violation', constraint = 'line_is_of_a_roster_and_a_case';
  end if;
  perform narrow_sight(before);
  return null;
end $$;
create trigger check_inserted after insert on payment_line referencing new table as written
  for each statement execute function check_lines();

create function check_batches() returns trigger language plpgsql as $$
declare before text := widen_sight();
begin
  if exists (
    select from (select distinct batch_number, disbursement_id from written where batch_number is not null) l
    left join payment_file f using (batch_number, disbursement_id)
    where f.made_at is null
  ) then
    raise exception 'a line in a batch that is not of its disbursement'
      using errcode = 'foreign_key_violation', constraint = 'line_is_in_a_batch_of_its_disbursement';
  end if;
  perform narrow_sight(before);
  return null;
end $$;
create trigger check_inserted_batches after insert on payment_line referencing new table as written
  for each statement execute function check_batches();
create trigger check_moved_batches after update on payment_line referencing new table as written
  for each statement execute function check_batches();

create function check_line_months() returns trigger language plpgsql as $$
declare before text := widen_sight();
begin
  if exists (
    select from written m
    left join payment_line l on l.person_id = m.person_id and l.line_id = m.line_id
    left join subsidy_month s
      on s.person_id = m.person_id and s.month = m.month and s.application_id = m.application_id
    where l.line_id is null or s.state is null
  ) then
    raise exception 'a paid month of no line or of no case'
      using errcode = 'foreign_key_violation', constraint = 'paid_month_is_of_a_line_and_a_case';
  end if;
  perform narrow_sight(before);
  return null;
end $$;
create trigger check_inserted after insert on payment_line_month referencing new table as written
  for each statement execute function check_line_months();

alter table payment_line drop constraint payment_line_person_id_fkey, -- the case is of the person
  drop constraint payment_line_disbursement_id_street_code_fkey,
  drop constraint payment_line_person_id_application_id_fkey,
  drop constraint payment_line_batch_number_fkey;
alter table payment_line_month drop constraint payment_line_month_person_id_line_id_fkey,
  drop constraint payment_line_month_person_id_month_application_id_fkey;
create trigger kept before delete or update of person_id, line_id, month, application_id on payment_line_month
  for each row execute function refuse_deletion();

-- Said by the cause and not by the state: a column in the condition of an index is a column of it, and every move of a line
-- would have to enter it in every index anew.
drop index one_live_replacement_per_line;
create unique index one_live_replacement_per_line on payment_line (replaces_line_id) where release_cause is null;
