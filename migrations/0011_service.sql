-- Idempotency, keys, signing clients, and deletion of expired data.

-- The answer to a request with an idempotency key, stored in the transaction of its effect: a retry finds both or
-- neither.
create table idempotency_key (
  client_id text not null,
  key text not null,
  operation text not null,
  request_digest bytea not null,
  -- For act_without_entry: the audit must have entries of this request. Null for the answer to a batch, whose items
  -- have their own answers.
  request_id text,
  status int not null,
  headers jsonb not null,
  body_encrypted bytea not null, -- answers have whole names
  answered_at timestamptz not null,
  primary key (client_id, key)
);
alter table idempotency_key alter column body_encrypted set storage external; -- encrypted bytes do not compress
create index idempotency_key_by_age on idempotency_key (answered_at);
alter table idempotency_key enable row level security;
-- Answers are visible to the client that received them.
create policy reads on idempotency_key for select using (client_id = current_setting('subsidy.caller', true));
create policy adds on idempotency_key for insert with check (client_id = current_setting('subsidy.caller', true));
grant select, insert on idempotency_key to subsidy_service;

-- An answered request without an audit entry: its entries were deleted before they were sealed. Null if there is none.
create function act_without_entry() returns text
  volatile language sql security definer set search_path = public, pg_temp as $$
  select k.request_id from idempotency_key k
  where k.request_id is not null and not exists (select from audit_entry e where e.request_id = k.request_id)
  order by k.answered_at limit 1
$$;
revoke execute on function act_without_entry() from public;
grant execute on function act_without_entry() to subsidy_service;

-- Data keys wrapped by the master key; a ciphertext names the key that opens it. The owner creates them (npm run
-- rotate-keys).
create table data_key (
  key_id int primary key check (key_id > 0),
  purpose text not null,
  wrapped bytea not null,
  created_at timestamptz not null default now()
);
grant select on data_key to subsidy_service;

-- The first start creates the first keys with this function, which adds a key only if there is none for its purpose:
-- someone who has stolen the service's account cannot add one.
create function add_first_data_key(new_id int, new_purpose text, new_wrapped bytea, made_at timestamptz) returns boolean
  language plpgsql security definer set search_path = public, pg_temp as $$
declare its_class text := case when new_purpose like 'encrypt-%' then 'encrypt-%' else new_purpose end;
begin
  lock table data_key in share row exclusive mode; -- of two concurrent first starts, one creates the keys
  if exists (select from data_key where purpose like its_class) then return false; end if;
  insert into data_key (key_id, purpose, wrapped, created_at) values (new_id, new_purpose, new_wrapped, made_at);
  return true;
end $$;
revoke execute on function add_first_data_key(int, text, bytea, timestamptz) from public;
grant execute on function add_first_data_key(int, text, bytea, timestamptz) to subsidy_service;

-- Platforms and the provincial system, if they cannot fetch a token, sign their requests with their own key.
create table api_client (
  api_client_id text primary key check (api_client_id ~ '^[a-z][a-z0-9-]{2,39}$'),
  name text not null,
  role text not null check (role in ('platform', 'provincial-system')),
  scopes text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null,
  created_by text not null
);
grant select, insert on api_client to subsidy_service;
grant update (name) on api_client to subsidy_service; -- to lock the row; the name never changes

create table api_client_key (
  api_client_id text not null references api_client,
  key_number int not null check (key_number >= 1),
  secret_encrypted bytea not null,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz, -- null: the newest one; its predecessor expires when the overlap ends
  primary key (api_client_id, key_number)
);
create unique index one_lasting_key_per_api_client on api_client_key (api_client_id) where expires_at is null;
grant select, insert on api_client_key to subsidy_service;
grant update (expires_at) on api_client_key to subsidy_service;

-- Nonces of signed requests, kept while their timestamps would be accepted: a request is accepted once.
create table api_client_nonce (
  api_client_id text not null references api_client,
  nonce text not null,
  valid_until timestamptz not null,
  primary key (api_client_id, nonce)
);
create index api_client_nonce_by_end on api_client_nonce (valid_until);
grant select, insert, delete on api_client_nonce to subsidy_service;
grant update (valid_until) on api_client_nonce to subsidy_service;

-- Deletion of expired data. The service's account has no delete rights: these functions delete with their owner's
-- rights and enforce minimum times. There is none for money, records and decisions, which are never deleted.

-- Three years for the audit and the looks: 个人信息保护法 第五十六条 requires that for the record of handling. A month
-- for the text of questions; fifteen days for the counts, which the alarm compares.
create function kept_at_least(kind text) returns interval immutable language sql as $$
  select case when kind in ('audit', 'looks') then interval '3 years' when kind = 'questions' then interval '30 days'
    when kind = 'counts-of-questions' then interval '15 days' else interval '1 day' end
$$;

-- Deletes up to `most` rows of one kind that are older than `before`, oldest first.
create function delete_expired(kind text, before timestamptz, most int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  until timestamptz := least(before, now() - kept_at_least(kind));
  gone int;
begin
  case kind
    when 'keyed-answers' then
      delete from idempotency_key k using (
        select client_id, key from idempotency_key where answered_at < until
        order by answered_at limit most for update skip locked) old
      where (k.client_id, k.key) = (old.client_id, old.key);
    when 'nonces' then
      delete from api_client_nonce n using (
        select api_client_id, nonce from api_client_nonce where valid_until < before
        order by valid_until limit most for update skip locked) old
      where (n.api_client_id, n.nonce) = (old.api_client_id, old.nonce);
    when 'delivery-refusals' then
      delete from record_delivery_refusal r using (
        select delivery_id, row_number from record_delivery_refusal join record_delivery using (delivery_id)
        where received_at < until limit most) old
      where (r.delivery_id, r.row_number) = (old.delivery_id, old.row_number);
    when 'looks' then
      -- Kept until a day after the audit entry with their digest is no longer compared with them.
      delete from look l using (
        select look_id from look where at < until - interval '1 day' order by at limit most) old
      where l.look_id = old.look_id;
    when 'questions' then
      delete from question q using (
        select question_id from question where asked_at < until order by asked_at limit most) old
      where q.question_id = old.question_id;
    when 'counts-of-questions' then
      -- An asker's day is deleted with the people it counted.
      delete from asked_day d using (
        select asker, day from asked_day where day < (until at time zone 'Asia/Shanghai')::date limit most) old
      where (d.asker, d.day) = (old.asker, old.day);
    when 'webhook-secrets' then
      delete from webhook_secret s using (
        select webhook_id, secret_number from webhook_secret where expires_at < before limit most) old
      where (s.webhook_id, s.secret_number) = (old.webhook_id, old.secret_number);
    when 'webhook-deliveries' then
      delete from webhook_delivery d using (
        select delivery_id from webhook_delivery where settled_at < until order by settled_at limit most) old
      where d.delivery_id = old.delivery_id;
    else raise exception 'nothing of the kind % may be deleted', kind;
  end case;
  get diagnostics gone = row_count;
  return gone;
end $$;

create function refuse_change_but_expiry() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and old.at < now() - kept_at_least('looks') then return old; end if;
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $$;
create trigger append_only before update or delete on look for each row execute function refuse_change_but_expiry();

-- Audit entries can only be cut from the beginning: an entry is deleted with everything before it.
create function refuse_change_but_cut() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('subsidy.audit_cut', true) = 'on'
    and exists (select from audit_entry where entry_id = old.entry_id and at < now() - kept_at_least('audit'))
  then return old; end if;
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $$;
create trigger append_only before update or delete on audit_entry for each row execute function refuse_change_but_cut();
create trigger append_only before update or delete on audit_seal for each row execute function refuse_change_but_cut();

create function cut_audit(last bigint, hash bytea, statement jsonb, cut_at timestamptz) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  entries bigint[];
begin
  perform set_config('subsidy.audit_cut', 'on', true);
  select array_agg(entry_id) into entries from audit_seal where sequence <= last;
  insert into audit_cut values (last, hash, cardinality(entries), statement, cut_at);
  delete from audit_seal where sequence <= last;
  delete from audit_entry where entry_id = any(entries);
  perform set_config('subsidy.audit_cut', '', true);
  return cardinality(entries);
end $$;

revoke execute on function delete_expired(text, timestamptz, int), cut_audit(bigint, bytea, jsonb, timestamptz) from public;
grant execute on function delete_expired(text, timestamptz, int), cut_audit(bigint, bytea, jsonb, timestamptz)
  to subsidy_service;
