-- Webhooks: where events are sent, the secrets that sign them, and each delivery.

create table webhook (
  webhook_id uuid primary key,
  client_id text not null, -- the owner
  -- In which role the owner hears: events as listEvents shows them to it.
  role text not null check (role in ('platform', 'provincial-system')),
  number int not null constraint ten_webhooks_per_client check (number between 1 and 10),
  url text not null check (url ~ '^https?://' and length(url) <= 500),
  description text not null,
  event_types text[] not null, -- empty: all
  created_at timestamptz not null,
  created_by text not null,
  -- The position of the last event considered; later ones wait in the log.
  read_through bigint not null check (read_through >= 0),
  -- When the first attempt failed after the last success.
  failing_since timestamptz,
  disabled_at timestamptz,
  disabled_because text check (disabled_because in ('gone', 'failing')),
  constraint disabled_for_a_reason check ((disabled_at is null) = (disabled_because is null)),
  constraint one_webhook_per_client_and_url unique (client_id, url),
  constraint one_webhook_per_client_and_number unique (client_id, number)
);
alter table webhook enable row level security;
create policy reads on webhook for select using (in_city() or of_client(client_id));
create policy adds on webhook for insert with check (of_client(client_id));
create policy changes on webhook for update using (in_city() or of_client(client_id));
create policy deletes on webhook for delete using (of_client(client_id));
grant select, insert, delete on webhook to subsidy_service;
grant update (read_through, failing_since, disabled_at, disabled_because) on webhook to subsidy_service;

create table webhook_secret (
  webhook_id uuid not null references webhook on delete cascade,
  secret_number int not null check (secret_number >= 1),
  secret_encrypted bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz, -- null: the newest one; its predecessor signs as well until it expires
  primary key (webhook_id, secret_number)
);
create unique index one_lasting_secret_per_webhook on webhook_secret (webhook_id) where expires_at is null;
alter table webhook_secret enable row level security;
create policy reads on webhook_secret for select using (in_city() or exists (select from webhook w
  where w.webhook_id = webhook_secret.webhook_id));
create policy adds on webhook_secret for insert with check (exists (select from webhook w
  where w.webhook_id = webhook_secret.webhook_id));
create policy changes on webhook_secret for update using (in_city() or exists (select from webhook w
  where w.webhook_id = webhook_secret.webhook_id));
grant select, insert on webhook_secret to subsidy_service;
grant update (expires_at) on webhook_secret to subsidy_service;

-- Where a new webhook begins, and whether there is anything new.
create function last_event_position() returns bigint
  stable language sql security definer set search_path = public, pg_temp as $$
  select coalesce(max(position), 0) from event
$$;
revoke execute on function last_event_position() from public;
grant execute on function last_event_position() to subsidy_service;

-- One event for one webhook.
create table webhook_delivery (
  delivery_id uuid primary key, -- sent as webhook-id with every attempt
  webhook_id uuid not null references webhook on delete cascade,
  person_id uuid not null,
  event_id uuid not null,
  -- Copied from the event, which never changes and which its receiver may not see otherwise.
  application_id uuid not null,
  event_type text not null,
  position bigint not null, -- deliveries about one case are sent in this order
  state text not null check (state in ('waiting', 'delivered', 'dead')),
  attempts int not null check (attempts between 0 and 10), -- since it was last asked for
  -- While an attempt is under way, when it is taken for interrupted.
  next_attempt_at timestamptz,
  attempt_until timestamptz,
  last_attempt_at timestamptz,
  last_status int check (last_status between 100 and 999),
  last_cause text check (last_cause in ('status', 'redirect', 'gone', 'timeout', 'connection', 'name', 'tls', 'address',
    'interrupted')),
  created_at timestamptz not null,
  settled_at timestamptz, -- delivered or given up
  constraint one_delivery_per_webhook_and_event unique (webhook_id, event_id),
  constraint waiting_for_its_next_attempt check ((state = 'waiting') = (next_attempt_at is not null)),
  constraint settled_once_not_waiting check ((state = 'waiting') = (settled_at is null)),
  constraint attempted_while_waiting check (attempt_until is null or state = 'waiting'),
  foreign key (person_id, event_id) references event (person_id, event_id)
);
create index webhook_delivery_due on webhook_delivery (webhook_id, next_attempt_at) where state = 'waiting';
create index webhook_delivery_waiting on webhook_delivery (webhook_id, application_id, position) where state = 'waiting';
create index webhook_delivery_dead on webhook_delivery (webhook_id, position) where state = 'dead';
create index webhook_delivery_settled on webhook_delivery (settled_at) where settled_at is not null;
create index webhook_delivery_by_webhook on webhook_delivery (webhook_id, delivery_id);
alter table webhook_delivery enable row level security;
create policy reads on webhook_delivery for select using (in_city() or exists (select from webhook w
  where w.webhook_id = webhook_delivery.webhook_id));
create policy adds on webhook_delivery for insert with check (in_city());
create policy changes on webhook_delivery for update using (in_city() or exists (select from webhook w
  where w.webhook_id = webhook_delivery.webhook_id));
grant select, insert on webhook_delivery to subsidy_service;
grant update (state, attempts, next_attempt_at, attempt_until, last_attempt_at, last_status, last_cause, settled_at)
  on webhook_delivery to subsidy_service;
