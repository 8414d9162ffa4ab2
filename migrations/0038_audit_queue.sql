-- No entry of the audit stays out of the chain unseen: each waits in a queue until its seal is written, nobody but the
-- sequence chooses its id, and every kept answer names the request whose entries must be there.

-- Entries that wait for their seal. Written and emptied by triggers with their owner's rights: the service can neither add
-- to it nor take from it. The foreign key keeps an entry from being deleted before it is sealed.
create table audit_unsealed (
  entry_id bigint primary key references audit_entry,
  since timestamptz not null default now() -- by the database's clock
);
revoke insert, update on audit_unsealed from subsidy_service;
insert into audit_unsealed (entry_id)
  select entry_id from audit_entry e where not exists (select from audit_seal s where s.entry_id = e.entry_id);

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

-- Every column but the id: with it, an entry could be written where no sealer looks.
revoke insert on audit_entry from subsidy_service;
grant insert (at, operation, actor, client_id, role, agency_code, target_kind, target_id, person_id, change, request_id,
  source_address) on audit_entry to subsidy_service;

-- A second witness of each act: the kept answer names its request, and the audit has entries of it. Null for the answer to
-- a batch, whose items have answers of their own.
alter table idempotency_key add column request_id text;
create index audit_entry_by_request on audit_entry (request_id);

-- A request that was answered and has no entry: its entries were deleted before they were sealed. Null when there is none.
-- The owner is bound by the policies too, so it says that it looks beyond them.
create function act_without_entry() returns text
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  before text := coalesce(current_setting('subsidy.audit', true), '');
  missing text;
begin
  perform set_config('subsidy.expiry', 'on', true);
  perform set_config('subsidy.audit', 'read', true);
  select k.request_id into missing from idempotency_key k
    where k.request_id is not null and not exists (select from audit_entry e where e.request_id = k.request_id)
    order by k.answered_at limit 1;
  perform set_config('subsidy.expiry', '', true);
  perform set_config('subsidy.audit', before, true);
  return missing;
end $$;
revoke execute on function act_without_entry() from public;
grant execute on function act_without_entry() to subsidy_service;
