-- What every later file builds on: the service's role, types, what a transaction may see, and tables that only grow.

-- The service owns nothing here and has only the rights that are granted to this role; each start checks that. Its login is
-- a member of the role. The operator makes the login and its password.
do $$
begin
  if not exists (select from pg_roles where rolname = 'subsidy_service') then
    create role subsidy_service nologin nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
  end if;
exception when duplicate_object or unique_violation then
  null; -- roles belong to the whole cluster: another database of it has just made this one
end $$;

grant select on schema_migrations to subsidy_service;

create domain calendar_month as text check (value ~ '^\d{4}-(0[1-9]|1[0-2])$');
create domain calendar_quarter as text check (value ~ '^\d{4}Q[1-4]$');

-- `2025Q2` for the month `2025-04`: money is counted by the quarter of the months it is paid for.
create function quarter_of(month text) returns text immutable parallel safe language sql
  return left(month, 4) || 'Q' || ((right(month, 2)::int + 2) / 3);

-- Row security. Each transaction states at its beginning who acts and how far they see (src/database/row-scope.ts); the
-- policies compare the rows with that. A transaction that states nothing sees no row about anybody. These functions are plain
-- comparisons, so that the planner puts their text in the place of the call.
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
-- The one person whom the transaction holds: it has seen a case of theirs or was given their whole identity number. What
-- other agencies granted this person counts against the cap, so all that is about the person may be read.
create function is_current_person(person uuid) returns boolean stable parallel safe language sql
  return person = nullif(current_setting('subsidy.person', true), '')::uuid;

-- The policies bind the service and not the owner, who migrates and makes backups. What must be answered from the whole city
-- is answered by functions with the owner's rights (security definer). Each has a fixed search_path, is granted to the service
-- alone, and answers no more than its question.

-- The trigger `append_only` of tables whose rows never change.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $$;

-- The trigger `kept` of the two tables whose rows records name without a foreign key.
create function refuse_deletion() returns trigger language plpgsql as $$
begin
  raise exception '% is never deleted and keeps its key', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_kept';
end $$;

-- The job runner made its tables before this file ran. They are under a row security of its own, for their owner alone.
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
