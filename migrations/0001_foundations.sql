-- Foundations for every later file: the service's role, types, row security, and append-only tables.

-- The service connects as a member of this role, owns nothing and has only the role's grants; each start checks that.
-- The operator creates the login and its password.
do $$
begin
  if not exists (select from pg_roles where rolname = 'subsidy_service') then
    create role subsidy_service nologin nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
  end if;
exception when duplicate_object or unique_violation then
  null; -- roles are shared by the cluster: a concurrent migration of another database has just created this one
end $$;

grant select on schema_migrations to subsidy_service;

create domain calendar_month as text check (value ~ '^\d{4}-(0[1-9]|1[0-2])$');
create domain calendar_quarter as text check (value ~ '^\d{4}Q[1-4]$');

-- `2025Q2` for the month `2025-04`: money is accounted by the quarter of the months paid for.
create function quarter_of(month text) returns text immutable parallel safe language sql
  return left(month, 4) || 'Q' || ((right(month, 2)::int + 2) / 3);

-- Row security. Each transaction first sets its actor and scope (src/platform/database/row-scope.ts), with which the
-- policies compare the rows; without them no personal row is visible. Plain SQL functions, so that the planner inlines
-- them.
create function in_city() returns boolean stable parallel safe language sql
  return current_setting('subsidy.city', true) = 'yes';
create function of_agency(code text) returns boolean stable parallel safe language sql
  return code = current_setting('subsidy.agency', true);
create function of_street(code text) returns boolean stable parallel safe language sql
  return code = current_setting('subsidy.street', true);
create function of_client(client text) returns boolean stable parallel safe language sql
  return client = current_setting('subsidy.client', true);
create function is_identified() returns boolean stable parallel safe language sql
  return current_setting('subsidy.actor', true) <> '';
-- The current person of the transaction, who has a case in scope or whose whole identity number was given. All their
-- data may be read, because other agencies' grants count against the cap.
create function is_current_person(person uuid) returns boolean stable parallel safe language sql
  return person = nullif(current_setting('subsidy.person', true), '')::uuid;

-- An instant as the service reads a timestamptz outside of JSON: UTC, of fixed width.
create function instant(at timestamptz) returns text stable parallel safe language sql
  return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- The policies apply to the service, not to the owner, who migrates and makes backups. Questions about the whole city
-- are answered by the owner's security definer functions. Each has a fixed search_path, is granted to the service
-- alone, and returns only the answer to its question. Those that are asked for each case are planned once per connection
-- (plan_cache_mode): PostgreSQL would plan them anew for each call, since an array's length is a guess in a plan for all.

-- Each restore of this database to an earlier moment, or promotion of a standby that lacked transactions: what was
-- written between the moment and then is lost, but others may have seen it. Written by `npm run after-restore` alone.
create table restore (
  -- The second in which it was done, so that of two restores to one moment each has its own. 0 was before the first.
  epoch bigint primary key check (epoch > 0),
  moment timestamptz not null, -- whose data these are
  last_position bigint not null check (last_position >= 0), -- of the events of that moment
  -- When the banks had been asked which payment files they have; null: until then none is handed out.
  bank_asked_at timestamptz,
  constraint restored_after_its_moment check (to_timestamp(epoch + 1) > moment)
);
grant select on restore to subsidy_service;

-- For the trigger `append_only` of tables whose rows never change.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $$;

-- For the trigger `kept` of the two tables that records refer to without a foreign key.
create function refuse_deletion() returns trigger language plpgsql as $$
begin
  raise exception '% is never deleted and keeps its key', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_kept';
end $$;

-- The job runner creates its tables before this file runs. Its own row security hides them from everybody but their
-- owner.
grant usage on schema graphile_worker to subsidy_service;
grant select, insert, update, delete on all tables in schema graphile_worker to subsidy_service;
grant usage on all sequences in schema graphile_worker to subsidy_service;
grant execute on all functions in schema graphile_worker to subsidy_service;
do $$
declare its record;
begin
  for its in select oid::regclass as table from pg_class
    where relnamespace = 'graphile_worker'::regnamespace and relkind = 'r' and relrowsecurity
  loop
    execute format('create policy service on %s to subsidy_service using (true)', its.table);
  end loop;
end $$;
