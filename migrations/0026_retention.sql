-- What is deleted once its time is over, and nothing else. The service's own account deletes nothing of it: these functions
-- do, with their owner's rights, and hold the shortest times whatever they are asked. Money, records and decisions have no
-- function here: nothing deletes them.

-- Where the audit begins since its oldest entries were deleted: the chain goes on from this hash.
create table audit_cut (
  sequence bigint primary key check (sequence >= 1), -- of the last entry that is gone
  hash bytea not null check (octet_length(hash) = 32),
  entries int not null check (entries > 0),
  statement jsonb not null, -- a signed checkpoint of that place: nobody without the key can make one up
  cut_at timestamptz not null
);
create trigger append_only before update or delete on audit_cut for each row execute function refuse_change();

-- Three years for the audit: 个人信息保护法 第五十六条 asks for as long of the record of handling.
create function kept_at_least(kind text) returns interval immutable language sql
  return case kind when 'audit' then interval '3 years' else interval '1 day' end;

-- Deletes up to `most` of one kind that are older than `before`, oldest first.
create function delete_expired(kind text, before timestamptz, most int) returns int
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
    else raise exception 'nothing of the kind % may be deleted', kind;
  end case;
  get diagnostics gone = row_count;
  perform set_config('subsidy.expiry', '', true);
  return gone;
end $$;

-- The audit goes from its beginning only, in whole: an entry is deleted with everything before it.
create or replace function refuse_change_but_cut() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('subsidy.audit_cut', true) = 'on'
    and exists (select from audit_entry where entry_id = old.entry_id and at < now() - kept_at_least('audit'))
  then return old; end if;
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $$;
drop trigger append_only on audit_entry;
drop trigger append_only on audit_seal;
create trigger append_only before update or delete on audit_entry for each row execute function refuse_change_but_cut();
create trigger append_only before update or delete on audit_seal for each row execute function refuse_change_but_cut();

create function cut_audit(last bigint, hash bytea, statement jsonb, cut_at timestamptz) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  entries bigint[];
begin
  perform set_config('subsidy.audit_cut', 'on', true);
  perform set_config('subsidy.expiry', 'on', true);
  select array_agg(entry_id) into entries from audit_seal where sequence <= last;
  insert into audit_cut values (last, hash, cardinality(entries), statement, cut_at);
  delete from audit_seal where sequence <= last;
  delete from audit_entry where entry_id = any(entries);
  perform set_config('subsidy.audit_cut', '', true);
  perform set_config('subsidy.expiry', '', true);
  return cardinality(entries);
end $$;

revoke execute on function delete_expired(text, timestamptz, int), cut_audit(bigint, bytea, jsonb, timestamptz) from public;
