-- The chain over the audit. Entries are written inside each act; one worker seals them a second later, because a chain
-- written inside the acts would let only one act commit at a time.

create table audit_seal (
  sequence bigint primary key check (sequence >= 1),
  entry_id bigint not null constraint one_seal_per_audit_entry unique references audit_entry,
  algorithm text not null check (algorithm in ('sha256', 'sm3')),
  hash bytea not null check (octet_length(hash) = 32) -- of the previous hash and the entry's text
);
create trigger append_only before update or delete on audit_seal for each row execute function refuse_change();

-- What is hashed: every column, in one fixed order and form, whatever the session's settings.
create function audit_entry_text(entry audit_entry) returns text language sql stable as $$
  select json_build_array(
    entry.entry_id, to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.operation, entry.actor,
    entry.client_id, entry.role, entry.agency_code, entry.target_kind, entry.target_id, entry.person_id,
    entry.change::text, entry.request_id, entry.source_address)::text
$$;

create index audit_entry_by_person on audit_entry (person_id, entry_id) where person_id is not null;
create index audit_entry_by_actor on audit_entry (actor, operation, at);
