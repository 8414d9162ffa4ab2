-- Figures that are counted in the background, because counting takes longer than a question may. They hold no fact: each
-- count replaces them by what it finds.

-- A cell of what is counted, `*` in a column for all of it.
create table figure (
  subject text not null check (subject in ('cases', 'forecast', 'chain')),
  quarter text not null,
  agency_code text not null,
  street_code text not null,
  channel text not null,
  category text not null,
  outcome text not null,
  figures jsonb not null, -- name → number
  constraint one_row_per_cell primary key (subject, quarter, agency_code, street_code, channel, category, outcome)
);
alter table figure enable row level security;
create policy reads on figure for select using (in_city() or of_agency(agency_code) or of_street(street_code));
create policy adds on figure for insert with check (in_city());
create policy changes on figure for update using (in_city());
create policy deletes on figure for delete using (in_city());
grant select, insert, delete, update (figures) on figure to subsidy_service;

-- When each subject was counted last, until when nothing is known to have happened since, how long counting took, and whether
-- it is quick enough to count for each question.
create table figure_count (
  subject text primary key,
  counted_at timestamptz not null,
  as_of timestamptz not null check (as_of >= counted_at),
  took_ms int not null,
  is_quick boolean not null
);
grant select, insert, update (counted_at, as_of, took_ms, is_quick) on figure_count to subsidy_service;

-- The category of hardship of each submitted case in its quarter, also where the caller no longer sees the record. For
-- counting only.
create function hardship_of_cases() returns table (application_id uuid, category text)
  stable language sql rows 100000 security definer set search_path = public, pg_temp as $$
  with recognition as materialized (
    select person_id, from_day, to_day, details ->> 'category' as category from (
      select distinct on (person_id, source, source_key) * from record where kind = 'hardship-recognition'
      order by person_id, source, source_key, version desc) as newest
    where not removed
  ), submitted as (
    select person_id, application_id,
      make_date(left(quarter, 4)::int, right(quarter, 1)::int * 3, 1) + interval '1 month' as quarter_end
    from application where submitted_at is not null
  )
  select distinct on (s.application_id) s.application_id, r.category
  from submitted s join recognition r on r.person_id = s.person_id and r.from_day < s.quarter_end
    and (r.to_day is null or r.to_day >= s.quarter_end - interval '3 months')
  order by s.application_id, r.from_day desc, r.category
$$;

-- Where each person's newest approved case is, in the whole city, so that nobody counts at two agencies.
create function homes_of_terms() returns table (person_id uuid, agency_code text, street_code text)
  stable language sql rows 100000 security definer set search_path = public, pg_temp as $$
  select distinct on (person_id) person_id, agency_code, street_code from application
  where state = 'approved' order by person_id, application_id desc
$$;
revoke execute on function hardship_of_cases(), homes_of_terms() from public;
grant execute on function hardship_of_cases(), homes_of_terms() to subsidy_service;
