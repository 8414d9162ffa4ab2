-- What the service needs to keep its promises: answers already given, and who did what.

-- The answer to a keyed request, kept in the transaction of its effect: a retry finds both or neither.
create table idempotency_key (
  client_id text not null,
  key text not null,
  operation text not null,
  request_digest bytea not null,
  status int not null,
  headers jsonb not null,
  body text not null,
  answered_at timestamptz not null,
  primary key (client_id, key)
);
create index idempotency_key_by_age on idempotency_key (answered_at);

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
create trigger append_only before update or delete on audit_entry for each row execute function refuse_change();
