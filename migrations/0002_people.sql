-- Who the service knows. One person per identity number, however they were first heard of.

-- Data keys wrapped by the master key; a ciphertext names the key that opens it.
create table data_key (
  key_id int primary key check (key_id > 0),
  purpose text not null,
  wrapped bytea not null,
  created_at timestamptz not null default now()
);

-- The only way from an identity number to a person: a keyed hash, so a stolen table says nothing.
-- Apart from person, because its key is the number and every other key of a person begins with person_id.
create table identity_index (
  identity_hash bytea primary key check (octet_length(identity_hash) = 32),
  person_id uuid not null constraint one_identity_per_person unique
);

create table person (
  person_id uuid primary key,
  identity_sealed bytea not null,
  identity_masked text not null check (identity_masked ~ '^\d{3}\*{11}\d{3}[0-9X]$'),
  sex text not null check (sex in ('M', 'F')),
  born date not null,
  residence_permit boolean not null, -- of Hong Kong, Macao or Taiwan residents: never a local household
  created_at timestamptz not null
);

-- Names as each source spells them; sources may differ, and the handler sees that they do.
create table person_name (
  person_id uuid not null references person,
  source text not null,
  name_hash bytea not null,
  name_sealed bytea not null,
  learnt_at timestamptz not null,
  primary key (person_id, source, name_hash)
);
