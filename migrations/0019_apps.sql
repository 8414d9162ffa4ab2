-- Platforms that cannot fetch a token: each signs its requests with a key of its own.

create table app (
  app_id text primary key check (app_id ~ '^[a-z][a-z0-9-]{2,39}$'),
  name text not null,
  scopes text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null,
  created_by text not null
);

create table app_key (
  app_id text not null references app,
  key_number int not null check (key_number >= 1),
  secret_sealed bytea not null,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz, -- null: the newest one; its predecessor ends when the overlap does
  primary key (app_id, key_number)
);
create unique index one_lasting_key_per_app on app_key (app_id) where expires_at is null;

-- Nonces of signed requests, for as long as their time stamps would be taken: a request is taken once.
create table app_nonce (
  app_id text not null references app,
  nonce text not null,
  valid_until timestamptz not null,
  primary key (app_id, nonce)
);
create index app_nonce_by_end on app_nonce (valid_until);
