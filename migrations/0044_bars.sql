-- 取消申请补贴资格: whoever was granted months on false material gives them back, and is approved for nothing until they have
-- and a reviewer who had no part in the false case lifts the bar (undertaking 2).

create table bar (
  person_id uuid not null references person,
  bar_id uuid not null constraint one_row_per_bar unique,
  application_id uuid not null, -- whose material was reported first
  agency_code text not null references agency,
  street_code text not null references street,
  state text not null check (state in ('proposed', 'in-force', 'lifted', 'dismissed')),
  version int not null check (version >= 1),
  proposed_at timestamptz not null,
  proposed_by text not null,
  heard_on date, -- the person was heard before it came into force
  heard_how text,
  confirmed_at timestamptz,
  confirmed_by text,
  closed_at timestamptz,
  closing_reason text,
  lifted_by text,
  lifter text not null default 'lifter' check (lifter = 'lifter'), -- the part in which lifted_by acted
  primary key (person_id, bar_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint in_force_after_hearing
    check (state = 'dismissed' or (state = 'proposed') = (num_nonnulls(heard_on, heard_how, confirmed_at, confirmed_by) = 0)),
  constraint two_officers_per_bar check (confirmed_by <> proposed_by),
  constraint bar_is_closed_with_reason check ((state in ('lifted', 'dismissed')) = (num_nonnulls(closed_at, closing_reason) = 2)),
  constraint bar_is_lifted_by_somebody check ((state = 'lifted') = (lifted_by is not null))
);
create unique index one_open_bar_per_person on bar (person_id) where state in ('proposed', 'in-force');
create index bar_by_agency on bar (agency_code, state, bar_id);

-- Who took which part: whoever handled, decided or paid a case that used the material, reported it or confirmed it cannot
-- be the one who lifts.
create table bar_part (
  person_id uuid not null,
  bar_id uuid not null,
  officer text not null,
  part text not null check (part in ('case-officer', 'reporter', 'confirmer', 'lifter')),
  constraint one_part_per_officer_in_a_bar primary key (person_id, bar_id, officer),
  constraint one_row_per_part_in_a_bar unique (person_id, bar_id, officer, part),
  foreign key (person_id, bar_id) references bar (person_id, bar_id)
);
alter table bar add constraint bar_is_lifted_by_an_officer_without_part
  foreign key (person_id, bar_id, lifted_by, lifter) references bar_part (person_id, bar_id, officer, part);

-- What was reported of a case: which of its materials, or a paper that only the counter saw.
create table false_material_report (
  person_id uuid not null,
  report_id uuid not null,
  bar_id uuid not null,
  application_id uuid not null,
  grounds text not null,
  reported_at timestamptz not null,
  reported_by text not null,
  primary key (person_id, report_id),
  foreign key (person_id, bar_id) references bar (person_id, bar_id),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
create index false_material_report_by_bar on false_material_report (person_id, bar_id);
create table false_material (
  person_id uuid not null,
  report_id uuid not null,
  material_id uuid not null,
  primary key (person_id, report_id, material_id),
  foreign key (person_id, report_id) references false_material_report (person_id, report_id),
  foreign key (person_id, material_id) references material (person_id, material_id)
);
create index material_by_digest on material (digest);

do $$
declare name text;
begin
  foreach name in array array['bar_part', 'false_material_report', 'false_material'] loop
    execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', name);
    execute format('revoke update on %I from subsidy_service', name);
    -- An officer of any agency that used the material takes part, once they hold the person.
    call secure_rows(name::regclass,
      format('in_city() or in_hand(person_id) or exists (select from application a where a.person_id = %I.person_id)', name),
      'in_city() or in_hand(person_id)');
  end loop;
end $$;
call secure_rows('bar',
  'in_city() or of_agency(agency_code) or of_street(street_code) or in_hand(person_id)',
  'in_city() or of_agency(agency_code) or in_hand(person_id)');

alter table recovery
  add column bar_id uuid,
  add constraint recovery_is_of_a_bar foreign key (person_id, bar_id) references bar (person_id, bar_id),
  add constraint bars_come_of_false_material check (bar_id is null or cause = 'false-material');
create index recovery_by_bar on recovery (person_id, bar_id) where bar_id is not null;

-- A key cannot say it: what is referenced would have to stay as it was at the approval, and then nobody could be barred who
-- had been approved before. Like a key it sees the whole city, whoever decides.
create function refuse_approval_of_barred() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
  before text := widen_sight();
  is_barred boolean := exists (select from bar b where b.person_id = new.person_id and b.state = 'in-force');
begin
  perform narrow_sight(before);
  if is_barred then
    raise exception 'nobody is approved who is barred'
      using errcode = 'check_violation', constraint = 'nobody_is_approved_who_is_barred';
  end if;
  return new;
end $$;
create trigger refuse_approval_of_barred before insert on decision for each row
  when (new.outcome = 'approved') execute function refuse_approval_of_barred();

create function refuse_lifting_while_owed() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
  before text := widen_sight();
  is_open boolean := exists (select from recovery r
    where r.person_id = new.person_id and r.bar_id = new.bar_id and r.state in ('suspected', 'confirmed'));
begin
  perform narrow_sight(before);
  if is_open then
    raise exception 'a bar is lifted once all is repaid'
      using errcode = 'check_violation', constraint = 'bar_is_lifted_once_all_is_repaid';
  end if;
  return new;
end $$;
create trigger refuse_lifting_while_owed before update on bar for each row
  when (new.state = 'lifted') execute function refuse_lifting_while_owed();

-- Since when each of these people is barred, in the whole city. Only of people whom the caller may see.
create function bars_of(people uuid[]) returns table (person_id uuid, barred_since timestamptz)
  stable language plpgsql set search_path = public, pg_temp as $$
declare
  in_scope uuid[] := array(select p.person_id from person p where p.person_id = any (people));
  before text := widen_sight();
begin
  return query select b.person_id, b.confirmed_at from bar b where b.person_id = any (in_scope) and b.state = 'in-force';
  perform narrow_sight(before);
end $$;

-- Everybody who is barred, to list their cases by; which of those cases a caller sees is judged by the case.
create function people_barred() returns table (person_id uuid)
  stable language plpgsql set search_path = public, pg_temp as $$
declare before text := widen_sight();
begin
  return query select b.person_id from bar b where b.state = 'in-force';
  perform narrow_sight(before);
end $$;

-- What is still open of these bars, wherever the months were granted: months on which the person is to be heard, and what is
-- owed. Only of bars whom the caller may see.
create function open_recoveries_of_bars(bars uuid[])
  returns table (bar_id uuid, suspected_months bigint, owed_fen bigint)
  stable language plpgsql set search_path = public, pg_temp as $$
declare
  in_scope uuid[] := array(select b.bar_id from bar b where b.bar_id = any (bars));
  before text := widen_sight();
begin
  return query select b.bar_id, count(r.recovery_id) filter (where r.state = 'suspected'),
      coalesce(sum(r.amount_fen - r.repaid_fen) filter (where r.state = 'confirmed'), 0)::bigint
    from bar b left join recovery r on r.person_id = b.person_id and r.bar_id = b.bar_id
    where b.bar_id = any (in_scope) group by b.bar_id;
  perform narrow_sight(before);
end $$;

-- How many cases of other people hold the same file: a hint that somebody sells papers, which names nobody.
create function count_others_with_material(person uuid, digests bytea[]) returns int
  stable language plpgsql set search_path = public, pg_temp as $$
declare
  before text := widen_sight();
  cases int := (select count(distinct m.application_id) from material m join application a using (person_id, application_id)
    where m.digest = any (digests) and m.person_id <> person and a.state <> 'draft');
begin
  perform narrow_sight(before);
  return cases;
end $$;

alter table notice drop constraint notice_kind_check,
  add constraint notice_kind_check check (kind in ('correction', 'acceptance', 'non-acceptance', 'decision', 'recovery',
    'recovery-reversed', 'bar', 'bar-lifted'));
alter table event drop constraint event_type_check, add constraint event_type_check check (type in (
  'application-submitted', 'application-correction-requested', 'application-not-accepted', 'application-accepted',
  'application-approved', 'application-refused', 'application-withdrawn', 'decision-undone', 'payment-paid',
  'payment-failed', 'payment-returned', 'recovery-opened', 'recovery-confirmed', 'recovery-dismissed', 'recovery-repaid',
  'recovery-reversed', 'applicant-barred', 'bar-lifted'));

create or replace function notice_of_code(code text)
  returns table (kind text, notice_number text, issued_at timestamptz, content_digest bytea, agency_code text,
    is_overruled boolean)
  stable language plpgsql set search_path = public, pg_temp as $$
declare before text := widen_sight();
begin
  return query select n.kind, n.notice_number, n.issued_at, n.content_digest, n.agency_code,
      case n.kind
        -- Of a decision that was undone since, whether or not there is another one by now.
        when 'decision' then a.state not in ('approved', 'refused') or exists (select from notice later
          where later.person_id = n.person_id and later.application_id = n.application_id
            and later.kind = 'decision' and later.notice_id > n.notice_id)
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
    from notice n join application a using (person_id, application_id)
    where n.verification_code = code;
  perform narrow_sight(before);
end $$;
