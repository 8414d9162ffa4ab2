-- What registers stated, and when the service learnt it. Each record is bitemporal: the days it is valid (from_day,
-- to_day) and the time it was believed (from learnt_at until a later version of the same source key was learnt).

create table record_delivery (
  delivery_id uuid primary key,
  client_id text not null,
  source text not null,
  -- A streamed delivery is taken in batches of one transaction each, and resumes where it broke off.
  state text not null check (state in ('open', 'complete')), -- open: more rows are expected, or the body broke off
  stream_key text, -- the Idempotency-Key of a streamed body, also of its repetitions; null if sent in one piece
  rows_digest bytea check (octet_length(rows_digest) = 32), -- SHA-256 of the lines taken so far
  file_digest bytea check (octet_length(file_digest) = 32), -- SHA-256 of a file that an agency uploaded by hand
  received_at timestamptz not null,
  taken_at timestamptz, -- when the last batch was taken
  rows_received int not null check (rows_received >= 0),
  rows_new int not null check (rows_new >= 0),
  rows_superseding int not null check (rows_superseding >= 0),
  rows_unchanged int not null check (rows_unchanged >= 0),
  rows_outdated int not null check (rows_outdated >= 0),
  rows_refused int not null check (rows_refused >= 0),
  people_to_reassess int not null check (people_to_reassess >= 0), -- whose granted months or open applications are reassessed
  constraint one_delivery_per_stream_key unique (client_id, stream_key),
  constraint every_row_is_accounted_for
    check (rows_received = rows_new + rows_superseding + rows_unchanged + rows_outdated + rows_refused)
);
-- Records refer to their delivery without a foreign key (see record).
create trigger kept before delete or update of delivery_id on record_delivery
  for each row execute function refuse_deletion();
alter table record_delivery enable row level security;
-- Files uploaded by hand show whoever sees a record where it came from; a delivery names no person.
create policy reads on record_delivery for select using (in_city() or of_client(client_id)
  or file_digest is not null and is_identified());
create policy adds on record_delivery for insert with check (in_city() or of_client(client_id));
create policy changes on record_delivery for update using (in_city() or of_client(client_id));
grant select, insert on record_delivery to subsidy_service;
grant update (state, taken_at, rows_digest, rows_received, rows_new, rows_superseding, rows_unchanged, rows_outdated,
  rows_refused, people_to_reassess) on record_delivery to subsidy_service;

create table record_delivery_refusal (
  delivery_id uuid not null references record_delivery,
  row_number int not null check (row_number >= 1),
  source_key text,
  errors jsonb not null, -- pointer, code and remedy; never the value that was sent
  primary key (delivery_id, row_number)
);
alter table record_delivery_refusal enable row level security;
create policy reads on record_delivery_refusal for select using (in_city()
  or exists (select from record_delivery d where d.delivery_id = record_delivery_refusal.delivery_id));
create policy adds on record_delivery_refusal for insert with check (in_city()
  or exists (select from record_delivery d where d.delivery_id = record_delivery_refusal.delivery_id));
grant select, insert on record_delivery_refusal to subsidy_service;

-- A delivery has up to a million rows. Foreign keys to person and record_delivery would check each row separately,
-- which took two fifths of the time of an insert; the trigger below checks all rows of a statement at once.
create table record (
  person_id uuid not null,
  record_id uuid not null,
  kind text not null check (kind in ('household', 'unemployment-registration', 'hardship-recognition',
    'flexible-employment', 'contribution', 'contribution-refund', 'unemployment-benefit', 'skills-training', 'public-post',
    'imprisonment', 'public-payroll', 'employer-insurance', 'pension', 'retirement-category', 'dishonesty', 'death',
    'prior-benefit')),
  source text not null,
  source_key text not null,
  version bigint not null check (version >= 1),
  from_day date not null,
  to_day date,
  details jsonb not null,
  removed boolean not null, -- the source has deleted the record
  content_digest bytea not null,
  delivery_id uuid, -- null for an attestation of an officer
  learnt_at timestamptz not null,
  primary key (person_id, record_id),
  constraint one_row_per_record_version unique (person_id, source, kind, source_key, version),
  constraint record_ends_after_it_starts check (to_day >= from_day)
);
create index record_by_source_key on record (source, kind, source_key);
-- Records are added in the order of time; for what was learnt since a rehearsal.
create index record_by_time on record using brin (learnt_at);
-- For statistics that count the city's people by the few kinds with category and end of term.
create index record_for_counting on record (kind, person_id, source, source_key, version desc)
  where kind in ('hardship-recognition', 'retirement-category', 'pension', 'death');
create index death_record_by_person on record (person_id, source, source_key, version desc) where kind = 'death';
create trigger append_only before update or delete on record for each row execute function refuse_change();
alter table record enable row level security;
create policy reads on record for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = record.person_id and a.state <> 'withdrawn'));
create policy adds on record for insert with check (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = record.person_id));
grant select, insert on record to subsidy_service;

-- Like a foreign key: checks the whole city, because the writer of a record need not see the person, and locks the
-- people, so that a delivery waits for decisions about them. Locks in one order, so that two deliveries cannot
-- deadlock.
create function refuse_records_of_nobody() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
declare held bigint;
begin
  -- By an array: a join reads everybody on file.
  perform from person where person_id = any (array(select distinct person_id from added)) order by person_id for key share;
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
  return null;
end $$;
revoke execute on function refuse_records_of_nobody() from public;
create trigger refuse_records_of_nobody after insert on record referencing new table as added
  for each statement execute function refuse_records_of_nobody();

-- Deaths as believed now: the newest version of each source's record, unless removed.
create view death with (security_invoker = true) as
  select person_id, record_id, from_day as died_on from (
    select distinct on (person_id, source, source_key) person_id, record_id, from_day, removed, details
    from record where kind = 'death' order by person_id, source, source_key, version desc
  ) as newest
  where not removed and details ->> 'absent' is null;
grant select on death to subsidy_service;

-- Everybody who has died, for filtering cases; row security of the cases still applies.
create function people_who_died() returns table (person_id uuid)
  stable language sql security definer set search_path = public, pg_temp as $$
  select distinct d.person_id from death d
$$;
revoke execute on function people_who_died() from public;
grant execute on function people_who_died() to subsidy_service;

-- The street of this city where a register has a person's household on a day; of several the one that began last. Null
-- if no register states one, or only a street closed by then. Attestations of officers do not count.
create function registered_street(person uuid, on_day date) returns text
  stable language sql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan as $$
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

-- Whether a form's street is the household's on the day of the submission, or of the creation for drafts: `confirmed` by a
-- register or, if none states a street, by an officer; `elsewhere` by a register; `unconfirmed` without either.
create function standing_of_household(a application) returns text
  stable language sql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan as $$
  select case when registered = a.street_code then 'confirmed'
    when registered is not null then 'elsewhere'
    when exists (
      with newest as (
        select distinct on (source, source_key) details, from_day, to_day, removed
        from record where person_id = a.person_id and kind = 'household'
        order by source, source_key, version desc
      )
      select from newest where not removed and details ->> 'street' = a.street_code
        and from_day <= on_day and coalesce(to_day, 'infinity') >= on_day
    ) then 'confirmed'
    else 'unconfirmed' end
  from (select (coalesce(a.submitted_at, a.created_at) at time zone 'Asia/Shanghai')::date as on_day) as of_case,
    registered_street(a.person_id, on_day) as registered
$$;
revoke execute on function standing_of_household(application) from public;

-- Every open case says how its household stands: whoever changes the case, the records or the streets brings it up to
-- date. The lock makes a record of the same person wait, or be seen.
create function keep_household_standing() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  new.household_standing := null;
  if new.state in ('draft', 'submitted', 'correction-requested', 'accepted') then
    perform from person where person_id = new.person_id for update;
    new.household_standing := standing_of_household(new);
  end if;
  return new;
end $$;
create trigger keep_household_standing before insert or update of state, street_code, submitted_at on application
  for each row execute function keep_household_standing();

-- Fires after refuse_records_of_nobody, which locks the people.
create function restate_households() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if exists (select from added where kind = 'household') then
    update application a set household_standing = standing_of_household(a)
    where a.person_id in (select person_id from added where kind = 'household') and a.household_standing is not null
      and a.household_standing <> standing_of_household(a);
  end if;
  return null;
end $$;
create trigger restate_households after insert on record referencing new table as added
  for each statement execute function restate_households();

-- Not for a street that is inserted again, as by each migration.
create function restate_households_of_street() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  update application a set household_standing = standing_of_household(a)
  where a.household_standing is not null and exists (select from record r where r.person_id = a.person_id
      and r.kind = 'household' and r.details ->> 'street' in (old.street_code, new.street_code))
    and a.household_standing <> standing_of_household(a);
  return null;
end $$;
create trigger restate_households_of_street after insert or update or delete on street
  for each row execute function restate_households_of_street();
revoke execute on function keep_household_standing(), restate_households(), restate_households_of_street() from public;

-- Whether a person's household on a day is in the caller's agency or street; if so, makes the person the current one.
create function hold_person_by_household(person uuid, on_day date, asking text) returns boolean volatile language plpgsql
  security definer set search_path = public, pg_temp as $$
declare lives_here boolean;
begin
  with newest as (
    select distinct on (source, source_key) details ->> 'street' as street_code, from_day, to_day, removed
    from record where person_id = person and kind = 'household'
    order by source, source_key, version desc
  )
  select exists (
    select from newest join street_agency using (street_code)
    where not removed and from_day <= on_day and coalesce(to_day, 'infinity') >= on_day
      and valid_from <= on_day and coalesce(valid_to, 'infinity') >= on_day
      and (agency_code = asking and of_agency(asking) or street_code = asking and of_street(asking))
  ) into lives_here;
  if lives_here then perform set_config('subsidy.person', person::text, true); end if;
  return lives_here;
end $$;
revoke execute on function hold_person_by_household(uuid, date, text) from public;
grant execute on function hold_person_by_household(uuid, date, text) to subsidy_service;

-- A source's statement that its records of this kind are complete through a month. The newest statement of a source
-- counts.
create table coverage (
  coverage_id uuid primary key,
  kind text not null check (kind in ('household', 'unemployment-registration', 'hardship-recognition',
    'flexible-employment', 'contribution', 'contribution-refund', 'unemployment-benefit', 'skills-training', 'public-post',
    'imprisonment', 'public-payroll', 'employer-insurance', 'pension', 'retirement-category', 'dishonesty', 'death',
    'prior-benefit')),
  source text not null,
  agency_code text references agency, -- null: the whole city
  person_id uuid references person, -- null: everybody; otherwise an officer's query about one person
  through_month calendar_month, -- null: the source has withdrawn its statement
  as_of timestamptz not null,
  delivery_id uuid references record_delivery,
  learnt_at timestamptz not null
);
create index coverage_by_kind on coverage (kind, as_of desc);
-- A repeated statement adds no row.
create unique index one_row_per_coverage_statement
  on coverage (kind, source, agency_code, person_id, through_month, as_of) nulls not distinct
  where delivery_id is not null;
create trigger append_only before update or delete on coverage for each row execute function refuse_change();
alter table coverage enable row level security;
-- Coverage for everybody is public within the service; coverage for one person belongs to that person's data.
create policy reads on coverage for select using (in_city() or is_current_person(person_id) or person_id is null and is_identified()
  or exists (select from application a where a.person_id = coverage.person_id and a.state <> 'withdrawn'));
create policy adds on coverage for insert with check (in_city()
  or exists (select from application a where a.person_id = coverage.person_id));
grant select, insert on coverage to subsidy_service;
