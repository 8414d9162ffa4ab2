-- Appeals 行政复议、信访、申诉 against a decision on a case (a refusal to accept it included) or against a recovery.
create table appeal (
  person_id uuid not null,
  appeal_id uuid not null constraint one_row_per_appeal unique,
  application_id uuid not null,
  kind text not null check (kind in ('reconsideration', 'simple-reconsideration', 'petition', 'objection')),
  decision_id uuid,
  recovery_id uuid,
  contested_by text not null, -- who decided, or confirmed the recovery
  -- Copied from the case, which does not move any more.
  agency_code text not null references agency,
  street_code text not null references street,
  state text not null check (state in ('open', 'decided', 'withdrawn')),
  version int not null check (version >= 1), -- the ETag
  grounds text not null,
  received_on date not null, -- from which the time limit runs
  due_on date not null,
  received_at timestamptz not null,
  received_by text not null,
  outcome text check (outcome in ('kept', 'changed', 'remade')),
  -- What was done: the decision was undone, or the recovery reversed; where the money was paid already, or the case was
  -- not accepted, another application of the person takes the months.
  new_application_id uuid,
  undone_decision_id uuid generated always as (
    case when outcome <> 'kept' and new_application_id is null then decision_id end) stored,
  replaced_decision_id uuid generated always as (
    case when outcome = 'changed' and new_application_id is null then decision_id end) stored,
  reversed boolean generated always as (case when outcome <> 'kept' and recovery_id is not null then true end) stored,
  paper_id uuid, -- the paper of the outcome
  paper_kind text not null generated always as ('appeal-paper') stored, -- for the foreign key below
  reason text, -- of the outcome, or of the withdrawal
  closed_at timestamptz,
  closed_by text,
  primary key (person_id, appeal_id),
  constraint appeal_is_of_a_case foreign key (person_id, application_id) references application (person_id, application_id),
  constraint appeal_is_about_one_act check (num_nonnulls(decision_id, recovery_id) = 1),
  constraint appeal_is_about_a_decision foreign key (person_id, decision_id, contested_by)
    references decision (person_id, decision_id, officer),
  constraint appeal_is_about_a_recovery foreign key (person_id, recovery_id, contested_by)
    references recovery (person_id, recovery_id, confirmed_by),
  constraint appeal_is_decided_by_another_officer check (state <> 'decided' or closed_by <> contested_by),
  constraint changed_decision_is_undone foreign key (person_id, undone_decision_id)
    references decision_undo (person_id, decision_id),
  constraint changed_decision_is_replaced foreign key (person_id, replaced_decision_id)
    references decision (person_id, replaces_decision_id),
  constraint changed_recovery_is_reversed foreign key (person_id, recovery_id, reversed)
    references recovery (person_id, recovery_id, is_reversed),
  constraint new_application_is_the_persons foreign key (person_id, new_application_id)
    references application (person_id, application_id),
  constraint new_application_is_another check (new_application_id <> application_id),
  constraint outcome_has_a_paper foreign key (person_id, application_id, paper_id, paper_kind)
    references material (person_id, application_id, material_id, kind),
  constraint decided_appeal_has_outcome check ((state = 'decided') = (outcome is not null)
    and (outcome is null) = (paper_id is null) and (new_application_id is null or outcome <> 'kept' and decision_id is not null)),
  constraint closed_appeal_says_why check ((state = 'open') = (closed_at is null)
    and (closed_at is null) = (closed_by is null) and (closed_at is null) = (reason is null))
);
create unique index one_open_appeal_of_a_kind on appeal (person_id, coalesce(decision_id, recovery_id), kind)
  where state = 'open';
create index appeal_by_case on appeal (person_id, application_id, appeal_id);
create index appeal_by_agency on appeal (agency_code, appeal_id);
create index appeal_by_street on appeal (street_code, appeal_id);
create index appeal_open on appeal (application_id) where state = 'open';
alter table appeal enable row level security;
create policy reads on appeal for select using (in_city() or of_agency(agency_code) or of_street(street_code)
  or is_current_person(person_id) or exists (select from application a
    where a.person_id = appeal.person_id and a.application_id = appeal.application_id and of_client(a.client_id)));
create policy adds on appeal for insert with check (in_city() or of_agency(agency_code) or of_street(street_code)
  or exists (select from application a
    where a.person_id = appeal.person_id and a.application_id = appeal.application_id and of_client(a.client_id)));
create policy changes on appeal for update using (in_city() or of_agency(agency_code) or of_street(street_code)
  or exists (select from application a
    where a.person_id = appeal.person_id and a.application_id = appeal.application_id and of_client(a.client_id)));
grant select, insert on appeal to subsidy_service;
grant update (state, version, due_on, outcome, new_application_id, paper_id, reason, closed_at, closed_by) on appeal
  to subsidy_service;
