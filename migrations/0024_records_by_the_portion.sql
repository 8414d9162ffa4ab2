-- A delivery brings a million records. What held each row by itself holds each statement's rows together: checked one by
-- one, the two references took two fifths of the time of an insert.

alter table record drop constraint record_person_id_fkey, drop constraint record_delivery_id_fkey;

-- Sees the whole city, like a foreign key: whoever may write a record need not see the person. Holds the people as one
-- would, so that a delivery waits for whoever decides on one of them; in one order, so that two deliveries never wait for
-- each other.
create function refuse_records_of_nobody() returns trigger language plpgsql as $$
declare
  held bigint;
  before text := widen_sight();
begin
  perform from person where person_id in (select person_id from added) order by person_id for key share;
  get diagnostics held = row_count;
  if held < (select count(distinct person_id) from added) then
    raise exception 'a record is of nobody' using errcode = 'foreign_key_violation', constraint = 'record_is_of_a_person';
  end if;
  if exists (
    select from (select distinct delivery_id from added) as brought
    where delivery_id is not null
      and not exists (select from record_delivery known where known.delivery_id = brought.delivery_id)
  ) then
    raise exception 'a record came with no delivery'
      using errcode = 'foreign_key_violation', constraint = 'record_came_with_a_delivery';
  end if;
  perform narrow_sight(before);
  return null;
end $$;
create trigger refuse_records_of_nobody after insert on record referencing new table as added
  for each statement execute function refuse_records_of_nobody();

-- The other side of both references: what records name stays.
create function refuse_deletion() returns trigger language plpgsql as $$
begin
  raise exception '% is never deleted and keeps its key', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_kept';
end $$;
create trigger kept before delete or update of person_id on person
  for each row execute function refuse_deletion();
create trigger kept before delete or update of delivery_id on record_delivery
  for each row execute function refuse_deletion();

-- Nothing asks for the records of a delivery; each of a million rows would keep it up.
drop index record_by_delivery;
