-- Every look at facts of a person: who read which groups of them, when and why. Written before the answer is sent, one row
-- for each person in it; an entry of the audit holds the digest of each portion, so that the chain covers them.

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
-- Every column but the id: it says in which portion a look is.
revoke insert, update on look from subsidy_service;
grant insert (person_id, at, operation, actor, client_id, role, agency_code, facts, purpose, request_id, source_address)
  on look to subsidy_service;

-- Written by the service in its own name, read by who reads the audit.
call secure_rows('look',
  $$current_setting('subsidy.audit', true) = 'read'$$, $$current_setting('subsidy.actor', true) = 'urn:subsidy|service'$$);
create policy expiry on look using (current_setting('subsidy.expiry', true) = 'on') with check (false);

create or replace function kept_at_least(kind text) returns interval immutable language sql
  return case when kind in ('audit', 'looks') then interval '3 years' else interval '1 day' end;

create function refuse_change_but_expiry() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('subsidy.expiry', true) = 'on' and old.at < now() - kept_at_least('looks')
  then return old; end if;
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $$;
create trigger append_only before update or delete on look for each row execute function refuse_change_but_expiry();

-- What an entry of the audit says of the looks after one id through another.
create function digest_of_looks(after bigint, through bigint) returns text stable language sql
  return (select encode(sha256(convert_to(coalesce(string_agg(json_build_array(look_id, person_id,
      to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), operation, actor, client_id, role, agency_code, facts,
      purpose, request_id, source_address)::text, e'\n' order by look_id), ''), 'UTF8')), 'hex')
    from look where look_id > after and look_id <= through);

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
    else raise exception 'nothing of the kind % may be deleted', kind;
  end case;
  get diagnostics gone = row_count;
  perform set_config('subsidy.expiry', '', true);
  return gone;
end $$;
