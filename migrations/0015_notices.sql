-- What an applicant is told, on paper and through their street: one notice for each act that they must hear of.

create table notice (
  person_id uuid not null references person,
  notice_id uuid not null constraint one_row_per_notice unique,
  notice_number text not null constraint one_notice_per_number unique, -- case number and a running number within the case
  kind text not null check (kind in ('correction', 'acceptance', 'non-acceptance', 'decision')),
  application_id uuid not null,
  agency_code text not null references agency,
  street_code text not null references street, -- whose office tells the applicant (article 五.三)
  client_id text not null, -- the platform or office that submitted the case, which is told too
  verification_code text not null constraint one_notice_per_verification_code unique,
  content text not null, -- as it was issued, masked: printed in a year it is the same paper
  content_digest bytea not null,
  issued_at timestamptz not null,
  issued_by text not null,
  tell_by date not null, -- the county looks after what has not been told by then
  told_at timestamptz, -- the first attempt that reached the applicant
  attempts int not null default 0 check (attempts between 0 and 20),
  version int not null default 1 check (version >= 1),
  primary key (person_id, notice_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint told_after_an_attempt check (told_at is null or attempts > 0)
);
create index notice_by_application on notice (person_id, application_id);
create index notice_by_street on notice (street_code, notice_id);
create index notice_by_agency on notice (agency_code, notice_id);
create index notice_by_client on notice (client_id, notice_id);
create index notice_not_told on notice (agency_code, tell_by) where told_at is null;

-- A notice says for ever what it said; only whether it was delivered is learnt later.
create function keep_notice() returns trigger language plpgsql as $$
begin
  if (new.content, new.content_digest, new.kind, new.notice_number, new.application_id, new.issued_at, new.issued_by)
    is distinct from (old.content, old.content_digest, old.kind, old.notice_number, old.application_id, old.issued_at, old.issued_by)
  then
    raise exception 'a notice is never rewritten'
      using errcode = 'check_violation', constraint = 'notice_is_never_rewritten';
  end if;
  return new;
end $$;
create trigger keep_notice before update on notice for each row execute function keep_notice();

create table notice_delivery (
  person_id uuid not null,
  notice_id uuid not null,
  attempt int not null check (attempt between 1 and 20),
  method text not null check (method in ('phone', 'in-person', 'message')),
  outcome text not null check (outcome in ('told', 'no-answer', 'number-wrong', 'moved-away')),
  attempted_at timestamptz not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  primary key (person_id, notice_id, attempt),
  foreign key (person_id, notice_id) references notice (person_id, notice_id)
);
create trigger append_only before update or delete on notice_delivery for each row execute function refuse_change();
