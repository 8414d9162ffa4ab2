-- Questions about people: who asked about whom, on what ground, and how many people each asks about in a day.

create table question (
  question_id uuid primary key,
  asked_at timestamptz not null,
  operation text not null check (operation in ('checkEligibility', 'lookUpPerson')),
  client_id text not null,
  actor text not null, -- as the audit names them
  role text not null,
  agency_code text, -- agency or street of an officer
  identity_hash bytea not null check (octet_length(identity_hash) = 32), -- the number that was asked about
  person_id uuid references person, -- whom the answer was about; null where it was nobody
  name_sealed bytea, -- the name that was given
  ground text not null check (ground in ('consent', 'scope', 'purpose')),
  authentication_method text,
  authenticated_at timestamptz,
  session_sealed bytea,
  consent_version text,
  consented_at timestamptz,
  purpose text,
  purpose_text text,
  constraint platforms_ask_with_consent check ((role = 'platform') = (ground = 'consent')),
  constraint consent_has_its_statements check (num_nonnulls(authentication_method, authenticated_at, session_sealed,
    consent_version, consented_at) = case ground when 'consent' then 5 else 0 end),
  constraint only_scope_asks_without_name check (ground = 'scope' or name_sealed is not null),
  constraint purpose_is_told check (num_nonnulls(purpose, purpose_text) = case ground when 'purpose' then 2 else 0 end)
);
create index question_by_person on question (person_id, asked_at) where person_id is not null;
create index question_by_time on question (asked_at);

-- Distinct people about whom a client, or an officer, has asked on a day: one row for each, and how many those are.
create table asked_day (
  asker text not null,
  day date not null,
  people int not null check (people >= 1),
  primary key (asker, day)
);
create table asked_person (
  asker text not null,
  day date not null,
  identity_hash bytea not null check (octet_length(identity_hash) = 32),
  primary key (asker, day, identity_hash),
  foreign key (asker, day) references asked_day on delete cascade deferrable initially deferred
);

-- Counts a person for whoever asks, once a day. Two who ask at once about two people count one after the other: the day's
-- row is held until the transaction ends.
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

revoke update on question, asked_person from subsidy_service;
call secure_rows('question',
  $$in_city() or of_client(client_id) or actor = current_setting('subsidy.actor', true)$$,
  $$actor = current_setting('subsidy.actor', true)$$);
call secure_rows('asked_day',
  $$of_client(asker) or asker = current_setting('subsidy.actor', true)$$,
  $$of_client(asker) or asker = current_setting('subsidy.actor', true)$$);
call secure_rows('asked_person',
  $$of_client(asker) or asker = current_setting('subsidy.actor', true)$$,
  $$of_client(asker) or asker = current_setting('subsidy.actor', true)$$);
do $$
declare name text;
begin
  foreach name in array array['question', 'asked_day', 'asked_person'] loop
    execute format($policy$create policy expiry on %s using (current_setting('subsidy.expiry', true) = 'on')
      with check (false)$policy$, name);
  end loop;
end $$;

-- A month at least for what was stated with a question; fifteen days for the counts, which the alarm looks back on.
create or replace function kept_at_least(kind text) returns interval immutable language sql as $$
  select case when kind in ('audit', 'looks') then interval '3 years' when kind = 'questions' then interval '30 days'
    when kind = 'counts-of-questions' then interval '15 days' else interval '1 day' end
$$;

create or replace function delete_expired(kind text, before timestamptz, most int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  until timestamptz := least(before, now() - kept_at_least(kind));
  gone int;
begin
  perform set_config('subsidy.expiry', 'on', true); -- the owner is bound by the policies too
  case kind
    when 'keyed-answers' then
      delete from idempotency_key k using (
        select client_id, key from idempotency_key where answered_at < until
        order by answered_at limit most for update skip locked) old
      where (k.client_id, k.key) = (old.client_id, old.key);
    when 'nonces' then
      delete from app_nonce n using (
        select app_id, nonce from app_nonce where valid_until < before
        order by valid_until limit most for update skip locked) old
      where (n.app_id, n.nonce) = (old.app_id, old.nonce);
    when 'delivery-refusals' then
      delete from record_delivery_refusal r using (
        select delivery_id, row_number from record_delivery_refusal join record_delivery using (delivery_id)
        where received_at < until limit most) old
      where (r.delivery_id, r.row_number) = (old.delivery_id, old.row_number);
    when 'looks' then
      -- A day later than the entry of the audit that holds their digest stops being compared with them.
      delete from look l using (
        select look_id from look where at < until - interval '1 day' order by at limit most) old
      where l.look_id = old.look_id;
    when 'questions' then
      delete from question q using (
        select question_id from question where asked_at < until order by asked_at limit most) old
      where q.question_id = old.question_id;
    when 'counts-of-questions' then
      -- A day of an asker goes with the people it counted.
      delete from asked_day d using (
        select asker, day from asked_day where day < (until at time zone 'Asia/Shanghai')::date limit most) old
      where (d.asker, d.day) = (old.asker, old.day);
    else raise exception 'nothing of the kind % may be deleted', kind;
  end case;
  get diagnostics gone = row_count;
  perform set_config('subsidy.expiry', '', true);
  return gone;
end $$;
