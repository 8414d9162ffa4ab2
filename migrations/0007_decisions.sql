-- Comparisons, decisions and quality reviews. Snapshots are text and not jsonb, because a replay must give the same
-- bytes.

create table comparison (
  person_id uuid not null,
  comparison_id uuid not null,
  application_id uuid not null,
  compared_at timestamptz not null,
  compared_by text not null,
  policy_version text not null references policy_version,
  snapshot text not null, -- without the date of birth, which a replay reads from the person
  snapshot_digest bytea not null,
  assessment text not null,
  assessment_digest bytea not null,
  primary key (person_id, comparison_id),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
-- Snapshots and assessments take most of the disk space. LZ4, if PostgreSQL was built with it, compresses them in a
-- third of the time to the same size.
do $$
begin
  alter table comparison alter column snapshot set compression lz4, alter column assessment set compression lz4;
exception when feature_not_supported then
  null;
end $$;
create index comparison_by_application on comparison (person_id, application_id, comparison_id desc);
create trigger append_only before update or delete on comparison for each row execute function refuse_change();
alter table comparison enable row level security;
create policy reads on comparison for select using (in_city() or exists (select from application a
  where a.person_id = comparison.person_id and a.application_id = comparison.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on comparison for insert with check (in_city() or exists (select from application a
  where a.person_id = comparison.person_id and a.application_id = comparison.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on comparison to subsidy_service;

-- A reviewer approves or refuses; a handler declines. Both sign the digest of a comparison.
create table decision (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  comparison_id uuid not null,
  replaces_decision_id uuid, -- the undone decision that this one replaces
  outcome text not null check (outcome in ('approved', 'refused', 'not-accepted')),
  approved_months calendar_month[] not null,
  amount_fen bigint not null check (amount_fen >= 0),
  officer text not null,
  agency_code text not null references agency,
  role text not null check (role in ('handler', 'reviewer')),
  decided_at timestamptz not null,
  primary key (person_id, decision_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  foreign key (person_id, comparison_id) references comparison (person_id, comparison_id),
  constraint one_decision_for_an_undone_one unique (person_id, replaces_decision_id),
  -- Referenced by undo and quality review, which enforce that another officer acts.
  constraint decision_is_an_officers unique (person_id, decision_id, officer),
  constraint handlers_only_decline check ((role = 'handler') = (outcome = 'not-accepted')),
  constraint zero_is_never_paid check ((outcome = 'approved') = (amount_fen > 0 and cardinality(approved_months) > 0))
);
-- A case has one current decision: the first, or the one that replaces an undone one.
create unique index one_decision_per_application on decision (person_id, application_id) where replaces_decision_id is null;
create index decision_by_application on decision (person_id, application_id, decision_id desc);
-- Decisions of a period are replayed in the order they were taken, in batches.
create index decision_by_time on decision (decided_at, decision_id);
create trigger append_only before update or delete on decision for each row execute function refuse_change();
alter table decision enable row level security;
create policy reads on decision for select using (in_city() or is_current_person(person_id) or exists (select from application a
  where a.person_id = decision.person_id and a.application_id = decision.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on decision for insert with check (in_city() or exists (select from application a
  where a.person_id = decision.person_id and a.application_id = decision.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on decision to subsidy_service;

-- A decision may be undone before anything is paid on it.
create table decision_undo (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  decided_by text not null,
  undone_by text not null,
  agency_code text not null references agency,
  undone_at timestamptz not null,
  reason text not null,
  from_quality_review boolean not null,
  ended_term jsonb, -- the term that only this decision had fixed; null if the term stays
  primary key (person_id, decision_id),
  foreign key (person_id, decision_id, decided_by) references decision (person_id, decision_id, officer),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint undone_by_another_officer check (decided_by <> undone_by)
);
alter table decision add constraint only_an_undone_decision_is_replaced
  foreign key (person_id, replaces_decision_id) references decision_undo (person_id, decision_id);
create trigger append_only before update or delete on decision_undo for each row execute function refuse_change();
alter table decision_undo enable row level security;
create policy reads on decision_undo for select using (in_city() or is_current_person(person_id) or exists (select from application a
  where a.person_id = decision_undo.person_id and a.application_id = decision_undo.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on decision_undo for insert with check (in_city() or exists (select from application a
  where a.person_id = decision_undo.person_id and a.application_id = decision_undo.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on decision_undo to subsidy_service;

-- The flags of the case that the reviewer confirmed when approving, with the reason.
create table decision_confirmation (
  person_id uuid not null,
  decision_id uuid not null,
  flag text not null,
  detail text not null, -- the text of the flag
  reason text,
  primary key (person_id, decision_id, flag),
  foreign key (person_id, decision_id) references decision (person_id, decision_id)
);
create trigger append_only before update or delete on decision_confirmation
  for each row execute function refuse_change();
alter table decision_confirmation enable row level security;
create policy reads on decision_confirmation for select using (in_city() or exists (select from decision d
  where d.person_id = decision_confirmation.person_id and d.decision_id = decision_confirmation.decision_id));
create policy adds on decision_confirmation for insert with check (in_city() or exists (select from decision d
  where d.person_id = decision_confirmation.person_id and d.decision_id = decision_confirmation.decision_id));
grant select, insert on decision_confirmation to subsidy_service;

-- The draw of every decision, stored so that anyone can verify it: draw is derived from seed alone, and selected if
-- below share.
create table quality_review (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  agency_code text not null references agency,
  outcome text not null check (outcome in ('approved', 'refused')),
  seed text not null,
  draw int not null check (draw between 0 and 9999),
  share int not null check (share between 0 and 10000), -- in 1/10,000
  state text not null check (state in ('not-drawn', 'waiting', 'confirmed', 'sent-back', 'lapsed')),
  decided_by text not null,
  reviewed_by text,
  reviewed_at timestamptz,
  primary key (person_id, decision_id),
  foreign key (person_id, decision_id, decided_by) references decision (person_id, decision_id, officer),
  constraint drawn_below_its_share check ((draw < share) = (state <> 'not-drawn')),
  constraint reviewed_by_somebody check
    ((state in ('confirmed', 'sent-back')) = (reviewed_by is not null) and (reviewed_by is null) = (reviewed_at is null)),
  constraint reviewed_by_another_officer check (reviewed_by <> decided_by)
);
create index quality_review_by_agency on quality_review (agency_code, decision_id) where state <> 'not-drawn';
create index quality_review_waiting on quality_review (person_id, application_id) where state = 'waiting';
alter table quality_review enable row level security;
create policy reads on quality_review for select using (in_city() or exists (select from application a
  where a.person_id = quality_review.person_id and a.application_id = quality_review.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on quality_review for insert with check (in_city() or exists (select from application a
  where a.person_id = quality_review.person_id and a.application_id = quality_review.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy changes on quality_review for update using (in_city() or exists (select from application a
  where a.person_id = quality_review.person_id and a.application_id = quality_review.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on quality_review to subsidy_service;
grant update (state, reviewed_by, reviewed_at) on quality_review to subsidy_service;

-- The checks that a month failed when its case was closed, as in its notice. For statistics only, which would otherwise
-- have to read every assessment.
create table refusal_reason (
  person_id uuid not null,
  application_id uuid not null,
  month calendar_month not null,
  check_code text not null,
  primary key (person_id, application_id, month, check_code),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
alter table refusal_reason enable row level security;
create policy reads on refusal_reason for select using (in_city() or exists (select from application a
  where a.person_id = refusal_reason.person_id and a.application_id = refusal_reason.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on refusal_reason for insert with check (in_city() or exists (select from application a
  where a.person_id = refusal_reason.person_id and a.application_id = refusal_reason.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy deletes on refusal_reason for delete using (in_city() or exists (select from application a
  where a.person_id = refusal_reason.person_id and a.application_id = refusal_reason.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
-- Deleted when the decision is undone.
grant select, insert, delete on refusal_reason to subsidy_service;

-- Whether something was learnt, since a rehearsal of the decisions of a period, about one of their people. As owner,
-- because administrators see no record and no decision.
create function learnt_since_rehearsal(rehearsed timestamptz, period_from timestamptz, period_before timestamptz)
  returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from record r where r.learnt_at > rehearsed and exists (select from decision d
    where d.person_id = r.person_id and d.decided_at >= period_from and d.decided_at < period_before))
$$;
revoke all on function learnt_since_rehearsal from public;
grant execute on function learnt_since_rehearsal to subsidy_service;
