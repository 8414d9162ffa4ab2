-- Notices to applicants on paper, and events to platforms and the provincial system.

-- One notice per act that the applicant must be notified of; their street delivers it.
create table notice (
  person_id uuid not null references person,
  notice_id uuid not null constraint one_row_per_notice unique,
  notice_number text not null constraint one_notice_per_number unique, -- case number and a consecutive number within the case
  kind text not null check (kind in ('correction', 'acceptance', 'non-acceptance', 'transfer', 'decision', 'decision-undone',
    'recovery', 'recovery-reversed', 'bar', 'bar-lifted', 'payee-change', 'appeal', 'payment-failed')),
  application_id uuid not null,
  agency_code text not null references agency,
  street_code text not null references street, -- whose office delivers the notice (article 五.三)
  client_id text not null, -- the platform or office that submitted the case, which is notified too
  verification_code text not null constraint one_notice_per_verification_code unique,
  content text not null, -- masked and never changed, so that a later printing is the same paper
  name_encrypted bytea not null, -- the whole name on the paper; the service may not update it
  content_digest bytea not null,
  issued_at timestamptz not null,
  issued_by text not null,
  tell_by date not null, -- the delivery deadline; after it the county sees the notice as overdue
  told_at timestamptz, -- the first attempt that reached the applicant
  told_with uuid, -- the later notice that tells this one too, which is not told by itself any more
  attempts int not null default 0 check (attempts between 0 and 20),
  version int not null default 1 check (version >= 1), -- the ETag
  primary key (person_id, notice_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint told_after_an_attempt check (told_at is null or attempts > 0),
  constraint told_with_a_notice_of_the_person foreign key (person_id, told_with) references notice (person_id, notice_id),
  constraint told_by_itself_or_with_a_later_one check (told_with is null or told_at is null and kind = 'acceptance')
);
-- By case without its person too: lists are asked for with the id of the case alone.
create index notice_by_case on notice (application_id, notice_id);
create index notice_by_street on notice (street_code, notice_id);
create index notice_by_agency on notice (agency_code, notice_id);
create index notice_by_client on notice (client_id, notice_id);
-- Undelivered notices: overdue ones of an agency, with what row security asks, so that they are counted here alone; listed
-- first for a street and an agency.
create index notice_not_told on notice (agency_code, tell_by) include (street_code, client_id)
  where told_at is null and told_with is null;
create index notice_not_told_in_street on notice (street_code, notice_id) where told_at is null and told_with is null;
create index notice_not_told_in_agency on notice (agency_code, notice_id) where told_at is null and told_with is null;
alter table notice enable row level security;
create policy reads on notice for select using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
-- The agency that transfers a case also notifies the street that takes it.
create policy adds on notice for insert with check (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id) or exists (select from case_transfer t
    where t.person_id = notice.person_id and t.application_id = notice.application_id
      and t.to_street = notice.street_code and of_agency(t.from_agency)));
create policy changes on notice for update using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
grant select, insert on notice to subsidy_service;
grant update (tell_by, version, attempts, told_at, told_with) on notice to subsidy_service;

-- Only the delivery of a notice changes, never its content.
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

-- The number of notices of a case from all its agencies, so that the next number follows them. Each restore that the case
-- has lived through counts as twenty: the papers that are lost here keep their numbers.
create function count_notices(person uuid, application uuid) returns int
  stable language sql security definer set search_path = public, pg_temp as $$
  select (count(*) + 20 * (select count(*) from restore r join application a
      on a.person_id = person and a.application_id = application and a.created_at <= r.moment))::int
  from notice n where n.person_id = person and n.application_id = application
$$;
revoke execute on function count_notices(uuid, uuid) from public;
grant execute on function count_notices(uuid, uuid) to subsidy_service;

-- The newest notice of a kind about a person, a case or a month, from all agencies: a later notice says that it is void.
create function earlier_notice(person uuid, wanted text, application uuid, of_month text)
  returns table (notice_number text, issued_at timestamptz)
  stable language sql security definer set search_path = public, pg_temp as $$
  select n.notice_number, n.issued_at from notice n
    where n.person_id = person and n.kind = wanted and (application is null or n.application_id = application)
      and (of_month is null or n.content::jsonb #> '{subject,months}' = jsonb_build_array(of_month))
    order by n.notice_id desc limit 1
$$;
revoke execute on function earlier_notice(uuid, text, uuid, text) from public;
grant execute on function earlier_notice(uuid, text, uuid, text) to subsidy_service;

-- What an anonymous holder of a paper notice may learn about it.
create function notice_of_code(code text)
  returns table (kind text, notice_number text, issued_at timestamptz, content_digest bytea, agency_code text,
    is_overruled boolean)
  stable language sql security definer set search_path = public, pg_temp as $$
  select n.kind, n.notice_number, n.issued_at, n.content_digest, n.agency_code,
      case n.kind
        -- Of a decision that was undone since, whether or not there is another one by now.
        when 'decision' then exists (select from notice later
          where later.person_id = n.person_id and later.application_id = n.application_id
            and later.kind = 'decision-undone' and later.notice_id > n.notice_id)
        -- Of a recovery that was reversed since: of the same month, for a case may have one of each.
        when 'recovery' then exists (select from notice later
          where later.person_id = n.person_id and later.application_id = n.application_id
            and later.kind = 'recovery-reversed' and later.notice_id > n.notice_id
            and later.content::jsonb #> '{subject,months}' = n.content::jsonb #> '{subject,months}')
        -- Of a bar that was lifted since; a person has one at a time.
        when 'bar' then exists (select from notice later
          where later.person_id = n.person_id and later.kind = 'bar-lifted' and later.notice_id > n.notice_id)
        else false
      end
    from notice n
    where n.verification_code = code
$$;
revoke execute on function notice_of_code(text) from public;
grant execute on function notice_of_code(text) to subsidy_service;

create table notice_delivery (
  person_id uuid not null,
  notice_id uuid not null,
  attempt int not null check (attempt between 1 and 20),
  method text not null check (method in ('phone', 'in-person', 'message', 'shown-online')),
  outcome text not null check (outcome in ('told', 'no-answer', 'number-wrong', 'moved-away')),
  attempted_at timestamptz not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  primary key (person_id, notice_id, attempt),
  constraint shown_online_is_told check (method <> 'shown-online' or outcome = 'told'),
  foreign key (person_id, notice_id) references notice (person_id, notice_id)
);
create trigger append_only before update or delete on notice_delivery for each row execute function refuse_change();
alter table notice_delivery enable row level security;
create policy reads on notice_delivery for select using (in_city() or exists (select from notice n
  where n.person_id = notice_delivery.person_id and n.notice_id = notice_delivery.notice_id));
create policy adds on notice_delivery for insert with check (in_city() or exists (select from notice n
  where n.person_id = notice_delivery.person_id and n.notice_id = notice_delivery.notice_id));
grant select, insert on notice_delivery to subsidy_service;

-- Events about cases for platforms and the provincial system, written in the transaction of the act they report.
create table event (
  person_id uuid not null,
  event_id uuid not null constraint one_row_per_event unique, -- by which a receiver recognises repeated events
  application_id uuid not null,
  case_number text not null,
  -- Copied from the case: they decide who may read the event.
  client_id text not null,
  agency_code text not null references agency,
  street_code text not null references street,
  type text not null check (type in ('application-submitted', 'application-correction-requested',
    'application-not-accepted', 'application-accepted', 'application-transferred', 'application-approved',
    'application-refused', 'application-withdrawn', 'decision-confirmed', 'decision-undone', 'payment-paid', 'payment-failed', 'payment-returned',
    'recovery-opened', 'recovery-confirmed', 'recovery-dismissed', 'recovery-repaid', 'recovery-repaid-in-part',
    'recovery-reversed',
    'applicant-barred', 'bar-lifted', 'recovery-set-off', 'recovery-set-off-reversed',
    'quarter-claimable', 'term-ending', 'appeal-opened', 'appeal-decided', 'appeal-withdrawn')),
  happened_at timestamptz not null,
  content jsonb not null, -- states, months and amounts; never a personal value
  -- The order of writing. Transactions commit in another order, so a reader using it as a cursor would miss a late one.
  written bigint generated always as identity,
  -- The order of reading, assigned to committed events by one transaction at a time. See givePositions in
  -- events/store.ts.
  position bigint constraint one_event_per_position unique check (position >= 1),
  primary key (person_id, event_id),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
-- Told once each, whatever runs twice.
create unique index one_event_per_claimable_quarter on event (person_id, (content ->> 'quarter'))
  where type = 'quarter-claimable';
create unique index one_event_per_ending_term on event (person_id) where type = 'term-ending';
create index event_without_position on event (written) where position is null;
create index event_by_client on event (client_id, position) where position is not null;
create index event_by_agency on event (agency_code, position) where position is not null;
alter table event enable row level security;
create policy reads on event for select using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
create policy adds on event for insert with check (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id) or exists (select from case_transfer t
    where t.person_id = event.person_id and t.application_id = event.application_id
      and t.to_street = event.street_code and of_agency(t.from_agency)));
create policy changes on event for update using (in_city() or of_agency(agency_code) or of_street(street_code)
  or of_client(client_id));
grant select, insert on event to subsidy_service;
grant update (position) on event to subsidy_service;

-- An event never changes, except that its position is assigned once.
create function refuse_change_of_event() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.position is null
    and to_jsonb(new) - 'position' = to_jsonb(old) - 'position' then return new; end if;
  raise exception 'event is append-only' using errcode = 'check_violation', constraint = 'event_is_append_only';
end $$;
create trigger append_only before update or delete on event for each row execute function refuse_change_of_event();
