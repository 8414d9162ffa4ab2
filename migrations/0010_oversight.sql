-- The audit, looks at personal data, and questions about people.

-- One entry per action, written in its transaction. Entries never change; the oldest may be cut (cut_audit).
create table audit_entry (
  entry_id bigint generated always as identity primary key,
  at timestamptz not null,
  operation text not null,
  actor text not null,
  client_id text not null,
  role text not null,
  agency_code text,
  target_kind text not null,
  target_id text not null,
  person_id uuid,
  change jsonb not null, -- states, counts and digests; never a personal value
  request_id text not null,
  source_address text not null
);
create index audit_entry_by_target on audit_entry (target_kind, target_id);
create index audit_entry_by_person on audit_entry (person_id, entry_id) where person_id is not null;
create index audit_entry_by_actor on audit_entry (actor, operation, at);
create index audit_entry_by_request on audit_entry (request_id);
alter table audit_entry enable row level security;
-- Officers count their own entries for the limits on reveals. An auditor of an agency reads entries of its officers, of
-- its streets' officers, and about people with a case there. The current person, who asks for an access report, sees
-- entries about themselves and about disbursements that paid them.
create policy reads on audit_entry for select using (actor = current_setting('subsidy.actor', true)
  or current_setting('subsidy.audit', true) = 'read' and (
    in_city() or of_agency(agency_code) or is_current_person(person_id)
    or exists (select from street_agency s where s.street_code = audit_entry.agency_code and of_agency(s.agency_code))
    or exists (select from application a where a.person_id = audit_entry.person_id)
    or target_kind = 'disbursement' and exists (select from payment_line l
      where l.disbursement_id::text = audit_entry.target_id and is_current_person(l.person_id))));
create policy adds on audit_entry for insert with check (actor = current_setting('subsidy.actor', true));
grant select on audit_entry to subsidy_service;
-- Every column but the id: an entry with a chosen id could be missed by the sealer.
grant insert (at, operation, actor, client_id, role, agency_code, target_kind, target_id, person_id, change, request_id,
  source_address) on audit_entry to subsidy_service;

-- The names 姓名 that officers' tokens gave, each from its first act on: account and moment of an act give the name at that
-- time. Kept with the audit entry of the act, or with a look.
create table officer_name (
  account text not null, -- as in audit_entry.actor and in every signature
  since timestamptz not null,
  name text, -- null since the issuer gives none any more
  primary key (account, since)
);
create trigger append_only before update or delete on officer_name for each row execute function refuse_change();
alter table officer_name enable row level security;
-- Platforms are not told which officer acted.
create policy reads on officer_name for select
  using (is_identified() and coalesce(current_setting('subsidy.client', true), '') = '');
create policy adds on officer_name for insert
  with check (current_setting('subsidy.actor', true) in (account, 'urn:subsidy|service'));
grant select, insert on officer_name to subsidy_service;

-- Who acted, with the name at that time; null where nobody did.
create function officer_at(officer text, moment timestamptz) returns jsonb stable language sql
  return case when officer is not null then jsonb_build_object('account', officer, 'name', (
    select n.name from officer_name n where n.account = officer and n.since <= moment order by n.since desc limit 1)) end;

-- The same of the administrators who proposed and answered changes of the policy. Security definer: an administrator's
-- transaction has the scope of a client, which is told no officer's name.
create function administrator_at(officer text, moment timestamptz) returns jsonb
  stable language sql security definer set search_path = public, pg_temp as $$
  select officer_at(officer, moment)
  where exists (select from policy_proposal p where officer in (p.proposed_by, p.answered_by))
$$;
revoke execute on function administrator_at(text, timestamptz) from public;
grant execute on function administrator_at(text, timestamptz) to subsidy_service;

-- The hash chain over the audit. A worker seals entries a second after they were written: a chain written within the
-- actions would allow only one commit at a time.
create table audit_seal (
  sequence bigint primary key check (sequence >= 1),
  entry_id bigint not null constraint one_seal_per_audit_entry unique references audit_entry,
  algorithm text not null check (algorithm in ('sha256', 'sm3')),
  -- How the entry was serialised: as JSON, or as its columns one after another, which takes the database half the time.
  -- The text is built by the verifier (src/oversight/audit/store.ts) and not by a database function, because someone
  -- who alters an entry could alter the function too.
  form text not null check (form in ('json', 'columns')),
  hash bytea not null check (octet_length(hash) = 32) -- of the previous hash and the entry's text
);
alter table audit_seal enable row level security;
create policy reads on audit_seal for select using (current_setting('subsidy.audit', true) = 'read');
create policy adds on audit_seal for insert with check (current_setting('subsidy.audit', true) = 'read' and in_city());
grant select, insert on audit_seal to subsidy_service;

-- Entries that wait to be sealed. Triggers insert and delete with their owner's rights; the service can do neither. The
-- foreign key prevents deleting an unsealed entry.
create table audit_unsealed (
  entry_id bigint primary key references audit_entry,
  since timestamptz not null default now() -- by the database's clock
);
grant select on audit_unsealed to subsidy_service;

create function queue_for_seal() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into audit_unsealed (entry_id) select entry_id from written;
  return null;
end $$;
create trigger queue_for_seal after insert on audit_entry referencing new table as written
  for each statement execute function queue_for_seal();

create function leave_seal_queue() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from audit_unsealed q using written where q.entry_id = written.entry_id;
  return null;
end $$;
create trigger leave_seal_queue after insert on audit_seal referencing new table as written
  for each statement execute function leave_seal_queue();
revoke execute on function queue_for_seal(), leave_seal_queue() from public;

-- Where the audit begins after its oldest entries were deleted: the chain continues from this hash.
create table audit_cut (
  sequence bigint primary key check (sequence >= 1), -- of the last deleted entry
  hash bytea not null check (octet_length(hash) = 32),
  entries int not null check (entries > 0),
  statement jsonb not null, -- a signed checkpoint of that place, which cannot be forged without the key
  cut_at timestamptz not null
);
create trigger append_only before update or delete on audit_cut for each row execute function refuse_change();
alter table audit_cut enable row level security;
create policy reads on audit_cut for select using (current_setting('subsidy.audit', true) = 'read');
grant select on audit_cut to subsidy_service;

-- Each look at facts of a person: who read which groups of facts, when and why. Written before the answer is sent, one
-- row per person in it. An audit entry holds the digest of each batch, so that the chain covers them.
create table look (
  look_id bigint generated always as identity primary key,
  person_id uuid not null,
  at timestamptz not null,
  operation text not null,
  actor text not null,
  client_id text not null,
  role text not null,
  agency_code text,
  facts text[] not null check (cardinality(facts) > 0), -- groups of facts by name, never a value
  purpose text not null,
  request_id text not null,
  source_address text not null,
  unique (person_id, request_id)
);
create index look_by_at on look (at);
alter table look enable row level security;
-- Written by the service in its own name; read by those who may read the audit.
create policy reads on look for select using (current_setting('subsidy.audit', true) = 'read' and (
  in_city() or of_agency(agency_code) or is_current_person(person_id)
  or exists (select from application a where a.person_id = look.person_id)));
create policy adds on look for insert with check (current_setting('subsidy.actor', true) = 'urn:subsidy|service');
grant select on look to subsidy_service;
-- Every column but the id, which determines a look's batch.
grant insert (person_id, at, operation, actor, client_id, role, agency_code, facts, purpose, request_id, source_address)
  on look to subsidy_service;

-- What an audit entry records of the looks after one id through another.
create function digest_of_looks(after bigint, through bigint) returns text stable language sql
  return (select encode(sha256(convert_to(coalesce(string_agg(json_build_array(look_id, person_id,
      to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), operation, actor, client_id, role, agency_code, facts,
      purpose, request_id, source_address)::text, e'\n' order by look_id), ''), 'UTF8')), 'hex')
    from look where look_id > after and look_id <= through);

-- Questions about people: who asked about whom and on what ground, including people logged in at a platform who ask for
-- their own access report.
create table question (
  question_id uuid primary key,
  asked_at timestamptz not null,
  operation text not null check (operation in ('checkEligibility', 'lookUpPerson', 'followApplication', 'askAccessReport')),
  client_id text not null,
  actor text not null, -- as in the audit
  role text not null,
  agency_code text, -- agency or street of an officer
  identity_hash bytea not null check (octet_length(identity_hash) = 32), -- the number that was asked about
  person_id uuid references person, -- whom the answer was about; null if it was nobody
  name_encrypted bytea, -- the name that was given
  ground text not null check (ground in ('consent', 'scope', 'purpose')),
  authentication_method text,
  authenticated_at timestamptz,
  session_encrypted bytea,
  consent_version text,
  consented_at timestamptz,
  purpose text,
  purpose_text text,
  constraint platforms_ask_with_consent check ((role = 'platform') = (ground = 'consent')),
  constraint consent_has_its_statements check (num_nonnulls(authentication_method, authenticated_at, session_encrypted,
    consent_version, consented_at) = case ground when 'consent' then 5 else 0 end),
  constraint only_scope_asks_without_name check (ground = 'scope' or name_encrypted is not null),
  constraint purpose_is_told check (num_nonnulls(purpose, purpose_text) = case ground when 'purpose' then 2 else 0 end)
);
create index question_by_person on question (person_id, asked_at) where person_id is not null;
create index question_by_time on question (asked_at);
alter table question enable row level security;
create policy reads on question for select using (in_city() or of_client(client_id)
  or actor = current_setting('subsidy.actor', true));
create policy adds on question for insert with check (actor = current_setting('subsidy.actor', true));
grant select, insert on question to subsidy_service;

-- The number of people that a client or an officer has asked about on a day.
create table asked_day (
  asker text not null,
  day date not null,
  people int not null check (people >= 1),
  primary key (asker, day)
);
alter table asked_day enable row level security;
create policy reads on asked_day for select using (of_client(asker) or asker = current_setting('subsidy.actor', true));
create policy adds on asked_day for insert with check (of_client(asker) or asker = current_setting('subsidy.actor', true));
create policy changes on asked_day for update using (of_client(asker) or asker = current_setting('subsidy.actor', true));
grant select, insert on asked_day to subsidy_service;
grant update (people) on asked_day to subsidy_service;

-- Each of those people once a day, by the keyed hash of their identity number.
create table asked_person (
  asker text not null,
  day date not null,
  identity_hash bytea not null check (octet_length(identity_hash) = 32),
  primary key (asker, day, identity_hash),
  foreign key (asker, day) references asked_day on delete cascade deferrable initially deferred
);
alter table asked_person enable row level security;
create policy reads on asked_person for select using (of_client(asker) or asker = current_setting('subsidy.actor', true));
create policy adds on asked_person for insert with check (of_client(asker) or asker = current_setting('subsidy.actor', true));
grant select, insert on asked_person to subsidy_service;

-- Counts a person for an asker, once a day. Concurrent questions of one asker are serialised: the day's row is locked
-- until the transaction ends.
create function count_asked(asking text, on_day date, identity bytea) returns table (people int, is_new boolean)
language plpgsql set search_path = public, pg_temp as $$
declare
  was_new boolean;
  so_many int;
begin
  insert into asked_person values (asking, on_day, identity) on conflict do nothing;
  was_new := found;
  if was_new then
    insert into asked_day as d values (asking, on_day, 1)
      on conflict (asker, day) do update set people = d.people + 1 returning d.people into so_many;
  else
    select d.people into so_many from asked_day d where d.asker = asking and d.day = on_day;
  end if;
  return query select so_many, was_new;
end $$;
