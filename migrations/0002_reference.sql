-- The city's agencies and streets, working days and published policies. Seeded by `npm run migrate`; dated, never
-- rewritten.

-- Handling agencies 经办机构: the county centres, and the two functional zones, which have no county codes of their own.
create table agency (
  agency_code text primary key check (agency_code ~ '^3602(\d\d|G\d)$'),
  name text not null,
  kind text not null check (kind in ('county', 'zone')),
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  finance_name text -- the finance bureau that fund requests are addressed to; null if no name is published
);
grant select on agency to subsidy_service;

create table street (
  street_code text primary key check (street_code ~ '^3602\d{5}$'),
  name text not null,
  kind text not null,
  county_code text not null references agency,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);
grant select on street to subsidy_service;

-- Which agency handles a street, and from which day: a zone may take over a street from its county.
create table street_agency (
  street_code text not null references street,
  agency_code text not null references agency,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (street_code, valid_from)
);
grant select on street_agency to subsidy_service;

create table working_calendar_year (
  year int primary key,
  announcement text not null -- the published notice of the State Council
);
grant select, insert on working_calendar_year to subsidy_service;

-- Days that differ from Monday to Friday: holidays, and weekend days worked in exchange 调休.
create table working_calendar_exception (
  day date primary key,
  year int not null references working_calendar_year check (year = extract(year from day)),
  works boolean not null,
  name text not null
);
grant select, insert on working_calendar_exception to subsidy_service;

-- One row. Every process keeps the tables above in memory, and reads them again when this version has changed.
create table reference_version (
  is_only_row boolean primary key default true check (is_only_row),
  version bigint not null
);
insert into reference_version (version) values (1);
grant select on reference_version to subsidy_service;

create function reference_changed() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update reference_version set version = version + 1;
  notify reference;
  return null;
end $$;
revoke execute on function reference_changed() from public;
create trigger reference_changed after insert or update or delete or truncate on agency
  for each statement execute function reference_changed();
create trigger reference_changed after insert or update or delete or truncate on street
  for each statement execute function reference_changed();
create trigger reference_changed after insert or update or delete or truncate on street_agency
  for each statement execute function reference_changed();
create trigger reference_changed after insert or update or delete or truncate on working_calendar_year
  for each statement execute function reference_changed();
create trigger reference_changed after insert or update or delete or truncate on working_calendar_exception
  for each statement execute function reference_changed();

-- Called by every write with the version that it knows. Another version repeats the transaction, unless it made that
-- version itself. Before it looks, the transaction marks itself by a lock that only ever is shared: who sees a newer
-- version committed also sees the marks of those that saw the older one and are under way, and can wait for them.
create function require_reference(known bigint) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared('reference_version'::regclass::int, 0);
  if exists (select from reference_version where version <> known and xmin <> pg_current_xact_id()::xid) then
    raise serialization_failure using message = 'the reference data have changed';
  end if;
end $$;
revoke execute on function require_reference(bigint) from public;
grant execute on function require_reference(bigint) to subsidy_service;

-- Changes of the policy: proposed by one administrator, rehearsed on past cases, adopted by another. Names no person.
create table policy_proposal (
  proposal_id uuid primary key,
  from_day date not null,
  changed_values jsonb not null, -- parameter → value, article, source, reason
  state text not null check (state in ('proposed', 'adopted', 'rejected')),
  proposed_at timestamptz not null,
  proposed_by text not null,
  rehearsed_at timestamptz, -- when the newest rehearsal began to read
  rehearsal jsonb, -- its report: period, cases, people and sums by agency
  answered_at timestamptz,
  answered_by text,
  rejection text, -- why it was rejected
  unique (proposal_id, state, from_day),
  constraint proposal_answered check ((state = 'proposed') = (answered_by is null)
    and (answered_by is null) = (answered_at is null) and (state = 'rejected') = (rejection is not null)),
  constraint proposal_rehearsed check ((rehearsed_at is null) = (rehearsal is null)
    and (state <> 'adopted' or rehearsal is not null)),
  constraint two_administrators_per_policy check (state <> 'adopted' or answered_by <> proposed_by),
  constraint policy_is_adopted_for_later check (state <> 'adopted'
    or from_day > (answered_at at time zone 'Asia/Shanghai')::date)
);
grant select, insert on policy_proposal to subsidy_service;
grant update (state, rehearsed_at, rehearsal, answered_at, answered_by, rejection) on policy_proposal to subsidy_service;

-- A published policy version never changes, because decisions are replayed with it years later. The versions of each
-- mode of retirement ages follow one another in time. The service publishes what two administrators adopted, and
-- nothing else; `npm run migrate` publishes the files of reference/policy.
create table policy_version (
  version text primary key,
  statutory_age text not null check (statutory_age in ('national', 'document')),
  from_day date not null,
  follows_day date, -- from_day of the version before; null: the first
  proposal_id uuid, -- null: from reference/policy
  adopted text generated always as (case when proposal_id is not null then 'adopted' end) stored, -- for the foreign key
  content text not null,
  content_digest bytea not null check (octet_length(content_digest) = 32),
  published_at timestamptz not null default now(),
  unique (statutory_age, from_day),
  foreign key (statutory_age, follows_day) references policy_version (statutory_age, from_day),
  constraint one_policy_follows_another unique nulls not distinct (statutory_age, follows_day),
  constraint policy_follows_in_time check (from_day > follows_day),
  constraint policy_was_adopted foreign key (proposal_id, adopted, from_day)
    references policy_proposal (proposal_id, state, from_day)
);
create trigger append_only before update or delete on policy_version for each row execute function refuse_change();
alter table policy_version enable row level security;
create policy reads on policy_version for select using (is_identified());
create policy adds on policy_version for insert with check (proposal_id is not null);
grant select, insert on policy_version to subsidy_service;
