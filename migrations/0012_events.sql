-- What platforms and the provincial system are told of a case. Written in the transaction of what it tells of, so that
-- neither is without the other.

create table event (
  person_id uuid not null,
  event_id uuid not null constraint one_row_per_event unique, -- by which a receiver knows what it has had before
  application_id uuid not null,
  case_number text not null,
  -- Of the case, and kept here because they say who may hear of it.
  client_id text not null,
  agency_code text not null references agency,
  street_code text not null references street,
  type text not null check (type in ('application-submitted', 'application-correction-requested',
    'application-not-accepted', 'application-accepted', 'application-approved', 'application-refused',
    'application-withdrawn', 'decision-undone', 'payment-paid', 'payment-failed', 'payment-returned',
    'recovery-opened', 'recovery-confirmed', 'recovery-dismissed', 'recovery-repaid')),
  happened_at timestamptz not null,
  content jsonb not null, -- states, months and amounts; never a personal value
  -- The order of writing. Transactions commit in another order, so a reader who went by this would miss a late one.
  written bigint generated always as identity,
  -- The order of telling, given to what is committed, by one at a time. See givePositions in events/store.ts.
  position bigint constraint one_event_per_position unique check (position >= 1),
  primary key (person_id, event_id),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
create index event_without_position on event (written) where position is null;
create index event_by_client on event (client_id, position) where position is not null;
create index event_by_agency on event (agency_code, position) where position is not null;

-- An event never changes; it is only given its place, once.
create function refuse_change_of_event() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.position is null
    and to_jsonb(new) - 'position' = to_jsonb(old) - 'position' then return new; end if;
  raise exception 'event is append-only' using errcode = 'check_violation', constraint = 'event_is_append_only';
end $$;
create trigger append_only before update or delete on event for each row execute function refuse_change_of_event();
