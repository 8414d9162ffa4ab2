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

-- A published policy version never changes, because decisions are replayed with it years later.
create table policy_version (
  version text primary key,
  content text not null,
  content_digest bytea not null check (octet_length(content_digest) = 32),
  published_at timestamptz not null default now()
);
create trigger append_only before update or delete on policy_version for each row execute function refuse_change();
grant select on policy_version to subsidy_service;
