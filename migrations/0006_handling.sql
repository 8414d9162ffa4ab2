-- Handling a case until its decision: months, materials, officers' parts, attestations and corrections.

-- One month of one application. A refused or released month may be claimed again.
create table subsidy_month (
  person_id uuid not null,
  month calendar_month not null,
  application_id uuid not null,
  state text not null check (state in ('claimed', 'live', 'refused', 'released', 'recovered')),
  amount_fen bigint check (amount_fen > 0),
  after_recovery_id uuid, -- the recovery that freed the month for this second claim; references recovery
  still_owed boolean not null default false, -- recovered, and not fully repaid
  primary key (person_id, month, application_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  -- For a foreign key of recoveries: while a recovery is owed, so is its month.
  constraint month_is_found_by_what_it_owes unique (person_id, month, application_id, still_owed),
  constraint live_month_has_amount check (state not in ('live', 'recovered') or amount_fen is not null),
  constraint owed_month_is_recovered check (not still_owed or state = 'recovered')
);
-- A month is granted once in the whole city, whatever the channel, and not again while a recovery of it is owed.
create unique index one_live_claim_per_person_month on subsidy_month (person_id, month)
  where state in ('claimed', 'live') or still_owed;
-- A recovered month may be claimed once more.
create unique index one_second_claim_per_person_month on subsidy_month (person_id, month)
  where after_recovery_id is not null and state in ('live', 'recovered');
-- Who has applied for a quarter.
create index applied_month on subsidy_month (month, person_id) where state <> 'released';
create index live_month_by_person on subsidy_month (person_id) where state = 'live';
alter table subsidy_month enable row level security;
create policy reads on subsidy_month for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = subsidy_month.person_id
    and (a.state <> 'withdrawn' or a.application_id = subsidy_month.application_id)));
create policy adds on subsidy_month for insert with check (in_city()
  or exists (select from application a
    where a.person_id = subsidy_month.person_id and a.application_id = subsidy_month.application_id
      and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy changes on subsidy_month for update using (in_city()
  or exists (select from application a
    where a.person_id = subsidy_month.person_id and a.application_id = subsidy_month.application_id
      and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on subsidy_month to subsidy_service;
grant update (state, amount_fen, after_recovery_id, still_owed) on subsidy_month to subsidy_service;

-- Everybody who has applied for one of these months, for lists of those who have not; row security of the cases decides
-- which of them the caller sees.
create function people_who_applied(months text[]) returns table (person_id uuid)
  stable language sql security definer set search_path = public, pg_temp as $$
  select m.person_id from subsidy_month m where m.month = any (months) and m.state <> 'released'
$$;
revoke execute on function people_who_applied(text[]) from public;
grant execute on function people_who_applied(text[]) to subsidy_service;

-- The counter for the cap, changed once by each statement. Rejected: summing rows, which exceeds the cap when transactions
-- race, even under REPEATABLE READ.
create function count_live_months() returns trigger language plpgsql as $$
declare changed record;
begin
  for changed in
    select person_id, sum(months)::int as months from (
      select person_id, 1 as months from after_it where state = 'live' or still_owed
      union all select person_id, -1 from before_it where state = 'live' or still_owed) as each
    group by person_id having sum(months) <> 0 order by person_id
  loop
    update term set live_months = live_months + changed.months where person_id = changed.person_id;
    if not found then
      raise exception 'a month cannot be live without a term'
        using errcode = 'check_violation', constraint = 'live_month_has_term';
    end if;
  end loop;
  return null;
end $$;
create trigger count_live_months after update on subsidy_month referencing old table as before_it new table as after_it
  for each statement execute function count_live_months();
-- A month that is live when it is inserted, as in an import; the service inserts claims, which count nothing.
create function count_inserted_month() returns trigger language plpgsql as $$
begin
  update term set live_months = live_months + 1 where person_id = new.person_id;
  if not found then
    raise exception 'a month cannot be live without a term'
      using errcode = 'check_violation', constraint = 'live_month_has_term';
  end if;
  return null;
end $$;
create trigger count_inserted_month after insert on subsidy_month for each row
  when (new.state = 'live' or new.still_owed) execute function count_inserted_month();

create table material (
  person_id uuid not null,
  material_id uuid not null,
  application_id uuid not null,
  kind text not null check (kind in ('identity-card', 'household-booklet', 'flexible-employment-proof',
    'contribution-proof', 'power-of-attorney', 'signed-undertaking', 'set-off-consent', 'death-certificate', 'kinship-proof',
    'notarised-document', 'appeal-paper')),
  media_type text not null check (media_type in ('image/jpeg', 'image/png', 'application/pdf')),
  byte_length int not null check (byte_length between 1 and 5242880),
  digest bytea not null,
  content_encrypted bytea not null,
  supersedes uuid, -- the superseded material of the same kind; both are kept
  added_at timestamptz not null,
  added_by text not null,
  primary key (person_id, material_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint superseded_once unique (person_id, supersedes),
  constraint supersedes_a_material foreign key (person_id, supersedes) references material (person_id, material_id),
  -- For a foreign key of set-offs: the material is a consent.
  constraint material_is_of_a_case_and_a_kind unique (person_id, application_id, material_id, kind)
);
create index material_by_application on material (person_id, application_id);
create index material_by_digest on material (digest); -- finds the same file in other cases
alter table material enable row level security;
create policy reads on material for select using (in_city() or exists (select from application a
  where a.person_id = material.person_id and a.application_id = material.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on material for insert with check (in_city() or exists (select from application a
  where a.person_id = material.person_id and a.application_id = material.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy changes on material for update using (in_city() or exists (select from application a
  where a.person_id = material.person_id and a.application_id = material.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy deletes on material for delete using (in_city() or exists (select from application a
  where a.person_id = material.person_id and a.application_id = material.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
-- Only materials of drafts are deleted.
grant select, insert, delete on material to subsidy_service;
grant update (content_encrypted) on material to subsidy_service; -- re-encrypted with a newer key

-- Materials are superseded, never overwritten. Only re-encryption changes the content, which the digest still verifies.
create function keep_material() returns trigger language plpgsql as $$
begin
  if (new.person_id, new.material_id, new.application_id, new.kind, new.media_type, new.byte_length, new.digest, new.added_at,
      new.added_by, new.supersedes)
    is distinct from (old.person_id, old.material_id, old.application_id, old.kind, old.media_type, old.byte_length,
      old.digest, old.added_at, old.added_by, old.supersedes)
  then
    raise exception 'a material is never rewritten'
      using errcode = 'check_violation', constraint = 'material_is_never_rewritten';
  end if;
  return new;
end $$;
create trigger keep_material before update on material for each row execute function keep_material();

-- The number of other people's cases with the same file: a hint at traded papers that names nobody.
create function count_others_with_material(person uuid, digests bytea[]) returns int
  stable language sql security definer set search_path = public, pg_temp as $$
  select count(distinct m.application_id)::int from material m join application a using (person_id, application_id)
  where m.digest = any (digests) and m.person_id <> person and a.state <> 'draft'
$$;
revoke execute on function count_others_with_material(uuid, bytea[]) from public;
grant execute on function count_others_with_material(uuid, bytea[]) to subsidy_service;

-- Which officer acted in which part on which case. The primary key allows an officer one part per case.
create table case_part (
  person_id uuid not null,
  application_id uuid not null,
  officer text not null,
  part text not null check (part in ('handler', 'reviewer', 'second-reviewer', 'payer')),
  agency_code text not null,
  acted_at timestamptz not null,
  constraint one_part_per_officer_on_a_case primary key (person_id, application_id, officer),
  foreign key (person_id, application_id) references application (person_id, application_id)
);
alter table case_part enable row level security;
create policy reads on case_part for select using (in_city() or exists (select from application a
  where a.person_id = case_part.person_id and a.application_id = case_part.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on case_part for insert with check (in_city() or exists (select from application a
  where a.person_id = case_part.person_id and a.application_id = case_part.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy changes on case_part for update using (in_city() or exists (select from application a
  where a.person_id = case_part.person_id and a.application_id = case_part.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on case_part to subsidy_service;
grant update (part) on case_part to subsidy_service; -- allows locking the row; the part never changes

-- Attestations 核实: what an officer found in a material or another system. The finding is a record, or the coverage of
-- one person, of source 'officer'; this table has who found it, for which case and on what evidence.
create table attestation (
  person_id uuid not null,
  attestation_id uuid not null,
  application_id uuid not null,
  record_id uuid,
  coverage_id uuid references coverage,
  officer text not null,
  agency_code text not null references agency,
  role text not null check (role in ('handler', 'reviewer')),
  material_id uuid,
  look_up_system text,
  look_up_at timestamptz,
  look_up_reference text,
  attested_at timestamptz not null,
  primary key (person_id, attestation_id),
  foreign key (person_id, application_id) references application (person_id, application_id),
  foreign key (person_id, record_id) references record (person_id, record_id),
  foreign key (person_id, material_id) references material (person_id, material_id),
  constraint attestation_is_of_one_finding check (num_nonnulls(record_id, coverage_id) = 1),
  constraint attestation_rests_on_one_evidence check (num_nonnulls(material_id, look_up_system) = 1),
  constraint look_up_is_described
    check (num_nonnulls(look_up_system, look_up_at, look_up_reference) in (0, 3))
);
create index attestation_by_application on attestation (person_id, application_id);
create index attestation_by_record on attestation (person_id, record_id);
create trigger append_only before update or delete on attestation for each row execute function refuse_change();
alter table attestation enable row level security;
create policy reads on attestation for select using (in_city() or is_current_person(person_id)
  or exists (select from application a where a.person_id = attestation.person_id
    and (a.state <> 'withdrawn' or a.application_id = attestation.application_id)));
create policy adds on attestation for insert with check (in_city() or exists (select from application a
  where a.person_id = attestation.person_id and a.application_id = attestation.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on attestation to subsidy_service;

-- What is missing or defective, notified once 一次性告知 (article 五.三). A later round may contain only what could not have
-- been seen before; `seen` and the items' `basis` let the database check that.
create table correction (
  person_id uuid not null,
  correction_id uuid not null,
  application_id uuid not null,
  notice_id uuid not null,
  round int not null check (round between 1 and 20),
  seen uuid[] not null, -- every material, record and coverage statement on file then
  requested_at timestamptz not null,
  requested_by text not null,
  closed_at timestamptz, -- answered, or the case was withdrawn
  primary key (person_id, correction_id),
  constraint one_correction_per_round unique (person_id, application_id, round),
  foreign key (person_id, application_id) references application (person_id, application_id),
  foreign key (person_id, notice_id) references notice (person_id, notice_id)
);
create unique index one_open_correction_per_application on correction (person_id, application_id) where closed_at is null;
alter table correction enable row level security;
create policy reads on correction for select using (in_city() or exists (select from application a
  where a.person_id = correction.person_id and a.application_id = correction.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy adds on correction for insert with check (in_city() or exists (select from application a
  where a.person_id = correction.person_id and a.application_id = correction.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
create policy changes on correction for update using (in_city() or exists (select from application a
  where a.person_id = correction.person_id and a.application_id = correction.application_id
    and (of_agency(a.agency_code) or of_street(a.street_code) or of_client(a.client_id))));
grant select, insert on correction to subsidy_service;
grant update (closed_at) on correction to subsidy_service;

create table correction_item (
  person_id uuid not null,
  correction_id uuid not null,
  item int not null check (item between 1 and 60),
  subject text not null check (subject in ('identity-card', 'household-booklet', 'flexible-employment-proof',
    'contribution-proof', 'power-of-attorney', 'signed-undertaking', 'applicant', 'household', 'months', 'account', 'work', 'undertaking')),
  problem text not null,
  remedy text not null,
  basis uuid, -- the material, record or coverage that showed it; required from the second round on
  answered_at timestamptz,
  primary key (person_id, correction_id, item),
  foreign key (person_id, correction_id) references correction (person_id, correction_id)
);
alter table correction_item enable row level security;
create policy reads on correction_item for select using (in_city() or exists (select from correction c
  where c.person_id = correction_item.person_id and c.correction_id = correction_item.correction_id));
create policy adds on correction_item for insert with check (in_city() or exists (select from correction c
  where c.person_id = correction_item.person_id and c.correction_id = correction_item.correction_id));
create policy changes on correction_item for update using (in_city() or exists (select from correction c
  where c.person_id = correction_item.person_id and c.correction_id = correction_item.correction_id));
grant select, insert on correction_item to subsidy_service;
grant update (answered_at) on correction_item to subsidy_service;

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

-- While a correction is open, no transition other than its answer or a withdrawal is possible.
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
