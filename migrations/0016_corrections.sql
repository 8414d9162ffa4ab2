-- What is missing or defective, told once 一次性告知 (article 五.三). A later round may only carry what could not have been
-- seen in the one before; `seen` and `basis` are how the database knows.

create table correction (
  person_id uuid not null,
  correction_id uuid not null,
  application_id uuid not null,
  notice_id uuid not null,
  round int not null check (round between 1 and 20),
  seen uuid[] not null, -- every material, record and statement of coverage that was before the handler
  requested_at timestamptz not null,
  requested_by text not null,
  closed_at timestamptz, -- answered, or the case was withdrawn
  primary key (person_id, correction_id),
  constraint one_correction_per_round unique (person_id, application_id, round),
  foreign key (person_id, application_id) references application (person_id, application_id),
  foreign key (person_id, notice_id) references notice (person_id, notice_id)
);
create unique index one_open_correction_per_application on correction (person_id, application_id) where closed_at is null;

create table correction_item (
  person_id uuid not null,
  correction_id uuid not null,
  item int not null check (item between 1 and 60),
  subject text not null check (subject in ('identity-card', 'household-booklet', 'flexible-employment-proof',
    'contribution-proof', 'applicant', 'account', 'work', 'undertaking')),
  problem text not null,
  remedy text not null,
  basis uuid, -- the material, record or coverage that showed it; required from the second round on
  answered_at timestamptz,
  primary key (person_id, correction_id, item),
  foreign key (person_id, correction_id) references correction (person_id, correction_id)
);

create function tell_once() returns trigger language plpgsql as $$
declare this correction; before correction;
begin
  select * into strict this from correction where person_id = new.person_id and correction_id = new.correction_id;
  if this.round = 1 then return new; end if;
  select * into strict before from correction
    where person_id = this.person_id and application_id = this.application_id and round = this.round - 1;
  if new.basis is null or new.basis = any(before.seen) or not (
    exists (select from material where person_id = new.person_id and material_id = new.basis
      and application_id = this.application_id)
    or exists (select from record where person_id = new.person_id and record_id = new.basis)
    or exists (select from coverage where coverage_id = new.basis and (person_id is null or person_id = new.person_id)))
  then
    raise exception 'item % of round % could have been seen before', new.item, this.round
      using errcode = 'check_violation', constraint = 'missing_things_are_told_once';
  end if;
  return new;
end $$;
create trigger tell_once before insert on correction_item for each row execute function tell_once();

-- While a notice is open the case does not move on, whoever moves it.
create function wait_for_the_correction() returns trigger language plpgsql as $$
begin
  if new.state in ('submitted', 'accepted', 'not-accepted', 'approved', 'refused') and exists (
    select from correction where person_id = new.person_id and application_id = new.application_id and closed_at is null)
  then
    raise exception 'a correction is open'
      using errcode = 'check_violation', constraint = 'open_correction_holds_the_case';
  end if;
  return new;
end $$;
create trigger wait_for_the_correction before update of state on application
  for each row when (old.state is distinct from new.state) execute function wait_for_the_correction();

alter table material
  add column supersedes uuid, -- the material of the same kind that it takes the place of; both are kept
  add constraint superseded_once unique (person_id, supersedes),
  add constraint supersedes_a_material foreign key (person_id, supersedes) references material (person_id, material_id);

-- Drafts older than thirty days are found and deleted.
create index application_draft_by_age on application (created_at) where state = 'draft';
