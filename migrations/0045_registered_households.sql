-- Where a household is as the registers know it, which decides who handles a case.

-- The street of this city in which a register has a person's household on a day: of several the one that began last. Null
-- where no register has spoken, or only of a street that was no longer open then. What officers attest is no register.
create function registered_street(person uuid, on_day date) returns text
  stable language sql set search_path = public, pg_temp as $$
  with newest as (
    select distinct on (source, source_key) details ->> 'street' as street_code, from_day, to_day, removed, learnt_at, record_id
    from record where person_id = person and kind = 'household' and source <> 'officer'
    order by source, source_key, version desc
  )
  select street_code from newest join street using (street_code)
  where not removed and from_day <= on_day and coalesce(to_day, 'infinity') >= on_day
    and valid_from <= on_day and coalesce(valid_to, 'infinity') >= on_day
  order by from_day desc, learnt_at desc, record_id desc limit 1
$$;

-- What is known of a household that a form puts into a street: `confirmed` by a register or, where none has spoken, by an
-- officer; `elsewhere` by a register; `unconfirmed` by nobody.
create function household_standing(person uuid, street text, on_day date) returns text
  stable language sql set search_path = public, pg_temp as $$
  select case when registered = street then 'confirmed'
    when registered is not null then 'elsewhere'
    when exists (
      with newest as (
        select distinct on (source, source_key) details, from_day, to_day, removed
        from record where person_id = person and kind = 'household'
        order by source, source_key, version desc
      )
      select from newest where not removed and details ->> 'street' = street
        and from_day <= on_day and coalesce(to_day, 'infinity') >= on_day
    ) then 'confirmed'
    else 'unconfirmed' end
  from registered_street(person, on_day) as registered
$$;
