-- A case that belongs elsewhere is handed over 移送, with its clock, its materials and its months.

create table case_transfer (
  person_id uuid not null,
  transfer_id uuid not null,
  application_id uuid not null,
  from_agency text not null references agency,
  from_street text not null references street,
  to_agency text not null references agency,
  to_street text not null references street,
  reason text not null,
  transferred_at timestamptz not null,
  transferred_by text not null,
  primary key (person_id, transfer_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint transferred_elsewhere check (from_street <> to_street)
);
create index case_transfer_by_application on case_transfer (person_id, application_id);
create trigger append_only before update or delete on case_transfer for each row execute function refuse_change();
revoke update on case_transfer from subsidy_service;
-- Whoever handed a case over still sees that they did; the case itself they see no more.
call secure_rows('case_transfer',
  'in_city() or of_agency(from_agency) or of_street(from_street) or exists (select from application a
    where a.person_id = case_transfer.person_id and a.application_id = case_transfer.application_id)',
  'in_city() or of_agency(from_agency)');

-- What was decided stays where it was decided, and is paid from there.
create function keep_place() returns trigger language plpgsql as $$
begin
  raise exception 'a case is transferred before its decision'
    using errcode = 'check_violation', constraint = 'transferred_before_decision';
end $$;
create trigger keep_place before update of street_code, agency_code on application for each row
  when ((old.street_code, old.agency_code) is distinct from (new.street_code, new.agency_code)
    and old.state not in ('draft', 'submitted', 'correction-requested', 'accepted'))
  execute function keep_place();

-- How many notices a case has had, from whichever agency: the next one's number follows them all.
create function count_notices(person uuid, application uuid) returns int
  stable language plpgsql set search_path = public, pg_temp as $$
declare
  before text := widen_sight();
  notices int := (select count(*) from notice n where n.person_id = person and n.application_id = application);
begin
  perform narrow_sight(before);
  return notices;
end $$;

alter table event drop constraint event_type_check, add constraint event_type_check check (type in (
  'application-submitted', 'application-correction-requested', 'application-not-accepted', 'application-accepted',
  'application-transferred', 'application-approved', 'application-refused', 'application-withdrawn', 'decision-undone',
  'payment-paid', 'payment-failed', 'payment-returned', 'recovery-opened', 'recovery-confirmed', 'recovery-dismissed',
  'recovery-repaid', 'recovery-reversed', 'applicant-barred', 'bar-lifted'));
alter table notice drop constraint notice_kind_check,
  add constraint notice_kind_check check (kind in ('correction', 'acceptance', 'non-acceptance', 'transfer', 'decision',
    'recovery', 'recovery-reversed', 'bar', 'bar-lifted'));
alter table correction_item drop constraint correction_item_subject_check,
  add constraint correction_item_subject_check check (subject in ('identity-card', 'household-booklet',
    'flexible-employment-proof', 'contribution-proof', 'applicant', 'household', 'months', 'account', 'work', 'undertaking'));
